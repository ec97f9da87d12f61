// Jobs that failed and are tried again later, each after its own time: twice as long after each
// failure. In memory: a process that starts anew tries all of them at once.

import type { Clock } from '../../base/runtime/clock.ts';

const FIRST_MS = 60_000;
const LONGEST_MS = 6 * 3_600_000;

interface Failures {
  readonly count: number;
  /** By the monotonic clock. */
  readonly untilMs: number;
}

/** See the head of the file. */
export class Later {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Jobs that failed and have not succeeded since. */
  get size(): number {
    return this.#failures.size;
  }

  isDue(id: string): boolean {
    const found = this.#failures.get(id);
    return found === undefined || found.untilMs <= this.#clock.monotonicMs();
  }

  failed(id: string): void {
    const count = (this.#failures.get(id)?.count ?? 0) + 1;
    const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(count - 1, 20));
    this.#failures.set(id, { count, untilMs: this.#clock.monotonicMs() + waitMs });
  }

  succeeded(id: string): void {
    this.#failures.delete(id);
  }

  /** Forgets all but these, the jobs of the newest plan. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#failures.keys()) if (!ids.has(id)) this.#failures.delete(id);
  }
}
