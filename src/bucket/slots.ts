// A fixed number of places for what may happen at once; who finds none waits, first come first
// served.

import { VarveError } from '../base/errors/varve-error.ts';

/** Beyond this many somebody asks without end. */
const WAITING_MAX = 10_000;

/** See the head of the file. */
export class Slots {
  #free: number;
  /** A set keeps its order, and lets somebody in the middle leave. */
  readonly #waiting = new Set<() => void>();

  /** @param count `Infinity` for no limit */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs it in a place of its own; rejects with the signal's reason when that fires before. */
  async within<T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#take(signal);
    try {
      return await run();
    } finally {
      this.#give();
    }
  }

  async #take(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    if (this.#waiting.size >= WAITING_MAX) {
      const text = `more than ${WAITING_MAX} calls wait for the object store`;
      throw new VarveError('overloaded', text);
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(enter);
    });
  }

  /** The place goes to whoever waits longest. */
  #give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
