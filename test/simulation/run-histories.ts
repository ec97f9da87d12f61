// Runs histories by their seeds and adds up what they did.

import { History } from './history.ts';
import { addCounts, type HistoryCounts, noCounts } from './history-counts.ts';

/** A seed whose history broke a promise, and how. */
export interface Failure {
  readonly seed: number;
  readonly why: string;
}

/** What a run of seeds came to. */
export interface Outcome {
  readonly counts: HistoryCounts;
  readonly failures: readonly Failure[];
}

/** Runs one history after the other; `trace` gets a line for every step. */
export async function runHistories(
  seeds: Iterable<number>,
  trace: (line: string) => void = () => undefined,
): Promise<Outcome> {
  const counts = noCounts();
  const failures: Failure[] = [];
  for (const seed of seeds) {
    try {
      addCounts(counts, await watched(new History(seed, trace).run()));
    } catch (thrown) {
      failures.push({ seed, why: String(thrown) });
      if (thrown instanceof Error) trace(thrown.stack ?? '');
    }
  }
  return { counts, failures };
}

/** Rejects also with what nobody caught, an assertion say: a real process would have ended. */
async function watched<T>(work: Promise<T>): Promise<T> {
  let onUncaught: (error: unknown) => void = () => undefined;
  const uncaught = new Promise<never>((_, reject) => {
    onUncaught = reject;
  });
  process.on('uncaughtException', onUncaught);
  try {
    return await Promise.race([work, uncaught]);
  } finally {
    process.off('uncaughtException', onUncaught);
  }
}
