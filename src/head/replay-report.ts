// The operator's log about a replay.

import type { Logger } from '../base/observe/logger.ts';
import type { ReplayTally } from './replay-sink.ts';

/** Tells what a stream's replay did, and what it could not. */
export function tellReplay(
  logger: Logger,
  { seconds, tally }: { readonly seconds: number; readonly tally: ReplayTally },
): void {
  logger.info('stream opened', { seconds, ...tally });
  const { timelessSamples } = tally;
  if (timelessSamples === 0) return;
  logger.error('times in the WAL beyond ±2^53 ms; they are left in it', { timelessSamples });
}
