// Lets segments go after a cut: ends the one that is written to, so that a tenant of little traffic
// does not keep its log for ever, and makes a checkpoint of the older ones.

import { type CheckpointOptions, type CheckpointReport, writeCheckpoint } from './checkpoint.ts';
import { listWal } from './directory.ts';
import { planTruncate } from './plan-truncate.ts';
import type { WalLog } from './wal-log.ts';

/** Undefined when there are too few segments for a checkpoint to be worth it. */
export async function truncateWal(
  log: WalLog,
  options: Omit<CheckpointOptions, 'through'>,
): Promise<CheckpointReport | undefined> {
  log.nextSegment();
  const through = planTruncate(listWal(options.disk, options.dir));
  // The log knows which segment it still writes to; what the directory shows is only a guess.
  if (through === undefined || through >= log.syncedPosition().segment) return undefined;
  return writeCheckpoint({ ...options, through });
}
