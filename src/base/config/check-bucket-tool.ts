// Rules over several options of `varve bucket …`, and what must be given.

import { configError } from './config-error.ts';
import type { LoadedBucketTool } from './load-config.ts';

/** @throws VarveError `bad_config` */
export function checkBucketTool(loaded: LoadedBucketTool): void {
  const { command, config } = loaded;
  if (command === 'verify' && config.dryRun && !config.repair)
    throw configError(
      '--dry-run',
      'has a meaning with --repair only: without it nothing is written',
    );
  if (command !== 'mark' && command !== 'unmark') return;
  if (config.ids.length === 0) throw configError('--id', 'is needed: the ULID of a block');
  if (command === 'unmark') return;
  if (config.marker === undefined)
    throw configError('--marker', 'is needed: which mark, such as no-compact-mark.json');
  if (!config.remove && config.details === '')
    throw configError(
      '--details',
      'is needed: why the block is marked, for whoever finds the mark',
    );
}
