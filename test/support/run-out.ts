// Runs what waits for a ManualClock to its end, moving time to whatever falls due next.

import type { ManualClock } from './manual-clock.ts';

/** The result of `run`, however long it takes; no time but that it waits for passes. */
export async function runOut<T>(clock: ManualClock, run: () => Promise<T>): Promise<T> {
  let isOver = false;
  const result = run().finally(() => {
    isOver = true;
  });
  // Told to the caller below; here it only has to be handled before it is awaited.
  result.catch(() => undefined);
  await clock.advance(0);
  while (!isOver) {
    const next = clock.nextDueMs();
    if (next === undefined) throw new Error('it waits for something that no timer brings');
    await clock.advance(next);
  }
  return result;
}
