// The operator's log about a replay.

import type { Logger } from '../base/observe/logger.ts';
import type { ReplayTally } from './replay-sink.ts';

/** Tells what a stream's replay did, and what it could not. */
export function tellReplay(
  logger: Logger,
  { seconds, tally }: { readonly seconds: number; readonly tally: ReplayTally },
): void {
  logger.info('stream opened', { seconds, ...tally });
  const { badSeries: badSeriesRecords, timelessSamples, unknownSeries: samples } = tally;
  if (samples + badSeriesRecords + timelessSamples === 0) return;
  // Without its series record, or with a time beyond ±2^53 ms, a sample stays in the log only.
  const message = 'samples in the WAL have no series or time that can be read; they are left in it';
  logger.error(message, { samples, badSeriesRecords, timelessSamples });
}
