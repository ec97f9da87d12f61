// How many bytes a second may pass, all streams together.
//
// Invariant: over any time, bytes passed <= rate * (time + one second) + one piece.

import type { Clock } from '../base/runtime/clock.ts';
import type { Timers } from '../base/runtime/timers.ts';

/** What was not used for this long may pass at once. */
const BURST_MS = 1000;
/** Pieces pass in parts of this size, so that a slow line is slow all the time, never dead. */
const PART_BYTES = 64 * 1024;

/** See the head of the file. */
export class ByteRate {
  readonly #bytesPerSecond: number;
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** When all that has been let in will have passed. */
  #busyUntilMs = Number.NEGATIVE_INFINITY;

  constructor(bytesPerSecond: number, world: { readonly clock: Clock; readonly timers: Timers }) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = world.clock;
    this.#timers = world.timers;
  }

  /** The pieces, no faster than allowed; ends with the signal's reason when that fires. */
  async *paced(pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += PART_BYTES) {
        const part = piece.subarray(at, at + PART_BYTES);
        await this.#pass(part.length, signal);
        yield part;
      }
    }
  }

  async #pass(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const fromMs = Math.max(this.#busyUntilMs, nowMs - BURST_MS);
    this.#busyUntilMs = fromMs + (1000 * bytes) / this.#bytesPerSecond;
    const waitMs = this.#busyUntilMs - nowMs;
    if (waitMs > 0) await this.#timers.sleep(waitMs, signal);
  }
}
