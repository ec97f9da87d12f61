// How long a reader may look at the memory of heads: as long as its lease holds. The engine ends
// the lease of a reader that takes too long, because nothing that is freed meanwhile can be used
// again; then the memory may change under the reader, who must notice.
//
// The word that says so is shared and is set before anything is used again. A reader that copies
// first and looks at the word then knows that what it copied is what it was promised.

import { VarveError } from '../base/errors/varve-error.ts';

const ENDED = 1;

/** A new word of a lease that holds. */
export function newLeaseWord(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** Ends a lease; before its epoch is closed. */
export function endLease(word: SharedArrayBuffer): void {
  Atomics.exchange(new Int32Array(word), 0, ENDED);
}

/** The reader's side. */
export class ReadLease {
  readonly #word: Int32Array;

  constructor(word: SharedArrayBuffer) {
    this.#word = new Int32Array(word);
  }

  get holds(): boolean {
    // A load alone might come before the reads that stand before it; adding nothing does not.
    return Atomics.add(this.#word, 0, 0) !== ENDED;
  }

  /**
   * What `copy` copies out of the memory of heads. When the lease has ended meanwhile, the result,
   * or whatever was thrown over bytes that had become others, counts for nothing: `overloaded`.
   */
  copied<T>(copy: () => T): T {
    let result: T;
    try {
      result = copy();
    } catch (thrown) {
      if (this.holds) throw thrown;
      throw ended(thrown);
    }
    if (!this.holds) throw ended(undefined);
    return result;
  }
}

function ended(cause: unknown): VarveError {
  const what = 'The read took too long and was ended by the engine';
  return new VarveError('overloaded', `${what}; ask for less at once, or again.`, { cause });
}
