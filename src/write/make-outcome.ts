// From what admission and commits found out to the outcome that goes to the main thread.

import { ERROR_CATALOGUE } from '../base/errors/catalogue.ts';
import type { VarveError } from '../base/errors/varve-error.ts';
import type { Admitted, StreamTally } from './admitted.ts';
import { NO_STATS, type WriteOutcome } from './outcome.ts';

/** What was in a request, for metrics. */
export interface RequestSize {
  readonly decodedBytes: number;
  readonly series: number;
}

/** What an outcome is made of beside the tallies. */
export interface OutcomeParts {
  /** Of streams that could not be opened or synced. */
  readonly errors: readonly VarveError[];
  readonly size: RequestSize;
}

/**
 * The outcome of an admitted request.
 * @param written the tallies of those streams that were synced; the others' count for nothing
 */
export function outcomeOf(
  admitted: Admitted,
  written: readonly StreamTally[],
  { errors, size }: OutcomeParts,
): WriteOutcome {
  const sum = (of: (tally: StreamTally) => number): number =>
    written.reduce((total, tally) => total + of(tally), 0);
  const error = worst(errors);
  return {
    written: {
      samples: sum((tally) => tally.samples),
      histograms: sum((tally) => tally.histograms),
      exemplars: sum((tally) => tally.exemplars),
    },
    refused: admitted.refused,
    ...(error === undefined ? {} : { error: errorOf(error) }),
    stats: {
      ...size,
      seriesCreated: sum((tally) => tally.created),
      alreadyStored: sum((tally) => tally.alreadyStored),
      exemplarsDropped: admitted.exemplarsDropped,
      startTimes: sum((tally) => tally.startTimes),
      startTimesWrong: sum((tally) => tally.startTimesWrong),
      metadata: sum((tally) => tally.metadata),
    },
  };
}

/** The outcome of a request that was refused, or failed, as a whole. */
export function failedOutcome(error: VarveError): WriteOutcome {
  return {
    written: { samples: 0, histograms: 0, exemplars: 0 },
    refused: [],
    error: errorOf(error),
    stats: NO_STATS,
  };
}

function errorOf({
  code,
  message,
  retryAfterSeconds,
}: VarveError): NonNullable<WriteOutcome['error']> {
  return { code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

/** The error with the highest status: what may succeed later wins, so the sender comes again. */
function worst(errors: readonly VarveError[]): VarveError | undefined {
  let found: VarveError | undefined;
  for (const error of errors) {
    const isWorse =
      found === undefined ||
      ERROR_CATALOGUE[error.code].httpStatus > ERROR_CATALOGUE[found.code].httpStatus;
    if (isWorse) found = error;
  }
  return found;
}
