// The timers of one simulated process: they run on the machine's time and end with the process, as
// a kill ends whatever it waited for.

import type { Cancel, Timers } from '../../src/base/runtime/timers.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { everyAfter, sleepAfter } from '../support/repeating.ts';

/** See the head of the file. */
export class LifeTimers implements Timers {
  readonly #clock: ManualClock;
  readonly #open = new Set<Cancel>();
  /** What repeats comes this many times as seldom: a busy machine, and a cheaper history. */
  readonly #stretch: number;
  #ended = false;

  constructor(clock: ManualClock, stretch: number) {
    this.#clock = clock;
    this.#stretch = stretch;
  }

  /** The process is gone: nothing of it runs any more. */
  end(): void {
    this.#ended = true;
    for (const cancel of this.#open) cancel();
    this.#open.clear();
  }

  after(delayMs: number, run: () => void): Cancel {
    if (this.#ended) return () => undefined;
    const stop = this.#clock.after(delayMs, () => {
      this.#open.delete(cancel);
      run();
    });
    const cancel = (): void => {
      this.#open.delete(cancel);
      stop();
    };
    this.#open.add(cancel);
    return cancel;
  }

  every(periodMs: number, run: () => void | Promise<void>): Cancel {
    return everyAfter(this, periodMs * this.#stretch, run);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepAfter(this, delayMs, signal);
  }

  yieldNow(): Promise<void> {
    return this.#clock.yieldNow();
  }
}
