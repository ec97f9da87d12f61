// Time that stands still until a test moves it: the clock and the timers of one simulated world.

import type { Clock } from '../../src/base/runtime/clock.ts';
import type { Cancel, Timers } from '../../src/base/runtime/timers.ts';
import { everyAfter, sleepAfter } from './repeating.ts';

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock and timers that only `advance` moves. */
export class ManualClock implements Clock, Timers {
  #nowMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Somebody sets the machine's clock: time of day jumps, timers and durations do not notice. */
  setNowMs(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** Moves time on, running what falls due on the way, in order, each with what follows from it. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    await settled();
    for (let next = this.#first(); next !== undefined && next.atMs <= untilMs; ) {
      this.#waiting.delete(next);
      this.#moveTo(Math.max(next.atMs, this.#monotonicMs));
      next.run();
      await settled();
      next = this.#first();
    }
    this.#moveTo(untilMs);
  }

  /** When the next timer falls due, in milliseconds from now; undefined when none waits. */
  nextDueMs(): number | undefined {
    const next = this.#first();
    return next === undefined ? undefined : Math.max(0, next.atMs - this.#monotonicMs);
  }

  after(delayMs: number, run: () => void): Cancel {
    // Timers of a real machine fire at whole milliseconds too, and its time of day is whole.
    const atMs = this.#monotonicMs + Math.max(0, Math.ceil(delayMs));
    const waiting: Waiting = { atMs, order: this.#order++, run };
    this.#waiting.add(waiting);
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  every(periodMs: number, run: () => void | Promise<void>): Cancel {
    return everyAfter(this, periodMs, run);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepAfter(this, delayMs, signal);
  }

  yieldNow(): Promise<void> {
    return settled();
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #first(): Waiting | undefined {
    let first: Waiting | undefined;
    for (const one of this.#waiting) {
      if (first === undefined || one.atMs < first.atMs) first = one;
      else if (one.atMs === first.atMs && one.order < first.order) first = one;
    }
    return first;
  }
}

/** Resolves when every promise chain that could go on without the outside has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
