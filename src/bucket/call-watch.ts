// Watches one call to the store: it ends when nothing moved for too long, or when its caller says
// so, whether the adapter notices or not.
//
// The time runs only while the store has to do something: not while the caller keeps a piece, nor
// while the source of an upload is being read.

import type { VarveError } from '../base/errors/varve-error.ts';
import { type LinkedAbort, linkedAbort } from '../base/runtime/linked-abort.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';

/** What a watch goes by. */
export interface WatchOptions {
  readonly timers: Timers;
  /** The longest that the store may take until something moves. */
  readonly limitMs: number;
  /** The caller's own. */
  readonly signal: AbortSignal | undefined;
  /** The error of a call that took longer. */
  readonly late: () => VarveError;
}

/** See the head of the file. Whoever makes one has to `end` it. */
export class CallWatch {
  readonly #options: WatchOptions;
  readonly #abort: LinkedAbort;
  #isAsked = false;
  #held = 0;
  #cancel: Cancel = () => undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#abort = linkedAbort(options.signal);
  }

  /** For the adapter: fires when the call is given up. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The store's answer, or the reason for which the call was given up. */
  answer<T>(answer: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    return new Promise<T>((resolve, reject) => {
      /** The next question may come at once, and its time must not be stopped. */
      const then = (settle: () => void): void => {
        this.#isAsked = false;
        this.#cancel();
        signal.removeEventListener('abort', giveUp);
        settle();
      };
      const giveUp = (): void => then(() => reject(signal.reason));
      if (signal.aborted) reject(signal.reason);
      else {
        signal.addEventListener('abort', giveUp, { once: true });
        this.#isAsked = true;
        this.#restart();
      }
      // What comes after the call was given up goes nowhere: it is settled by then.
      answer.then(
        (value) => then(() => resolve(value)),
        (thrown) => then(() => reject(thrown)),
      );
    });
  }

  /** The store waits for us. */
  hold(): void {
    this.#held++;
    this.#cancel();
  }

  /** We have given it what it waited for: something moved. */
  release(): void {
    this.#held--;
    this.#restart();
  }

  end(): void {
    this.#cancel();
    this.#abort.unlink();
  }

  #restart(): void {
    this.#cancel();
    if (!this.#isAsked || this.#held > 0) return;
    const { timers, limitMs, late } = this.#options;
    this.#cancel = timers.after(limitMs, () => this.#abort.abort(late()));
  }
}
