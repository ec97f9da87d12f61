// The operator's log about a replay.

import type { Logger } from '../base/observe/logger.ts';
import type { ReplayTally } from './replay-sink.ts';

/** Tells what a stream's replay did, and what it could not. */
export function tellReplay(
  logger: Logger,
  { seconds, tally }: { readonly seconds: number; readonly tally: ReplayTally },
): void {
  logger.info('stream opened', { seconds, ...tally });
  const { badSeries, unknownSeries } = tally;
  if (unknownSeries === 0 && badSeries === 0) return;
  // Without its series record a sample cannot be read, although it is in the log.
  const message = 'samples in the WAL belong to no series that can be read; they are left in it';
  logger.error(message, { samples: unknownSeries, badSeriesRecords: badSeries });
}
