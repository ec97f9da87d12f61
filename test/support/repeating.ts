// What timers make of `after`: the same for every clock of the tests.

import type { Cancel, Timers } from '../../src/base/runtime/timers.ts';

type After = Pick<Timers, 'after'>;

/** `Timers.every`: the next turn begins `periodMs` after the last one has ended. */
export function everyAfter(
  timers: After,
  periodMs: number,
  run: () => void | Promise<void>,
): Cancel {
  let cancelled = false;
  let cancelWait: Cancel;
  const turn = async (): Promise<void> => {
    try {
      await run();
    } finally {
      if (!cancelled) cancelWait = timers.after(periodMs, turn);
    }
  };
  cancelWait = timers.after(periodMs, turn);
  return () => {
    cancelled = true;
    cancelWait();
  };
}

/** `Timers.sleep`: rejects with the signal's reason when that aborts. */
export function sleepAfter(timers: After, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const stop = (): void => {
      wake();
      reject(signal?.reason);
    };
    const wake = timers.after(delayMs, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
