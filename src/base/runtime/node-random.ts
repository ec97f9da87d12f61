// The machine's randomness: the operating system's, which is fit for identifiers that outsiders
// must not guess and for hash seeds that they must not know.

import { randomFillSync } from 'node:crypto';
import type { Random } from './random.ts';

const POOL_WORDS = 256; // one call of the operating system for this many numbers
const TWO_TO_32 = 2 ** 32;

/** Randomness from the operating system, drawn in pools. */
export class NodeRandom implements Random {
  readonly #pool = new DataView(new ArrayBuffer(POOL_WORDS * 4));
  #used = POOL_WORDS;

  u32(): number {
    if (this.#used === POOL_WORDS) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    return this.#pool.getUint32(4 * this.#used++);
  }

  fraction(): number {
    return this.u32() / TWO_TO_32;
  }

  bytes(count: number): Uint8Array {
    return randomFillSync(new Uint8Array(count));
  }
}
