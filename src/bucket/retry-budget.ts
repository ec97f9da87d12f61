// How many more requests than it was asked for a bucket may send: so that an outage is not met with
// ten times the requests, which would keep the store down and be billed.
//
// Invariant: over any time, retries <= capacity + perSuccess * successes + perSecond * seconds.

import type { Clock } from '../base/runtime/clock.ts';

/** What a budget is filled by; in retries. */
export interface RetryBudgetLimits {
  /** The most that is saved up, and there at the start. */
  readonly capacity: number;
  /** Earned by each call that went well: a share of the traffic. */
  readonly perSuccess: number;
  /** Earned by time: a store that comes back is noticed when there is no other traffic. */
  readonly perSecond: number;
}

/** See the head of the file. */
export class RetryBudget {
  readonly #limits: RetryBudgetLimits;
  readonly #clock: Clock;
  #left: number;
  #filledAtMs: number;

  constructor(limits: RetryBudgetLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#left = limits.capacity;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** A call went well. */
  earn(): void {
    this.#add(this.#limits.perSuccess);
  }

  /** Takes one retry out; false when there is none. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#add((this.#limits.perSecond * (nowMs - this.#filledAtMs)) / 1000);
    this.#filledAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  #add(retries: number): void {
    this.#left = Math.min(this.#limits.capacity, this.#left + retries);
  }
}
