// Waiting, with Node's timers. All are unref'd: what keeps the process alive is its work (sockets,
// threads), never a timer, so that a drain that is finished ends the process.

import type { Cancel, Timers } from './timers.ts';

/**
 * setTimeout takes at most 2^31 - 1 ms and fires at once above; longer waits are cut into pieces.
 */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** Node's timers, unref'd. */
export class NodeTimers implements Timers {
  after(delayMs: number, run: () => void): Cancel {
    let handle: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, LONGEST_WAIT_MS);
      const next = pieceMs === leftMs ? run : () => wait(leftMs - pieceMs);
      handle = setTimeout(next, pieceMs).unref();
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(handle);
  }

  every(periodMs: number, run: () => void | Promise<void>): Cancel {
    let cancelled = false;
    let cancelWait: Cancel;
    const next = (): void => {
      cancelWait = this.after(periodMs, turn);
    };
    // An error that `run` does not handle leaves here unhandled and ends the thread: it is our bug.
    const turn = async (): Promise<void> => {
      try {
        await run();
      } finally {
        if (!cancelled) next();
      }
    };
    next();
    return () => {
      cancelled = true;
      cancelWait();
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const wake = this.after(delayMs, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      const stop = (): void => {
        wake();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  yieldNow(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
