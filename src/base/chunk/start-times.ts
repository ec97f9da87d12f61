// The start timestamps in newer chunks (encodings 4 to 6): where they stand, so that a reader gets
// past them. They are not kept (docs/formats/chunks.md, "Start timestamps").

import type { BitWindow } from './bit-window.ts';
import { readVarint } from './go-varint.ts';
import { skipVarbit } from './varbit.ts';

/** In the header's byte: the first sample has one. */
const FIRST_KNOWN_BIT = 0x80;
/** In the header's byte: the number of the sample from which on each has one; 0: none has. */
const CHANGES_FROM_MASK = 0x7f;

/** Steps over the start timestamps of one chunk after the other. */
export class StartTimes {
  #firstKnown = false;
  #changesFrom = 0;

  /** Begins a chunk. `header` is its byte about start timestamps; 0 for one that has none. */
  reset(header: number): void {
    this.#firstKnown = (header & FIRST_KNOWN_BIT) !== 0;
    this.#changesFrom = header & CHANGES_FROM_MASK;
  }

  /**
   * Steps over what stands behind sample number `index`, counted from 0.
   *
   * @throws VarveError damaged_chunk
   */
  skip(bits: BitWindow, index: number): void {
    if (index === 0) {
      if (!this.#firstKnown) return;
      readVarint(bits);
    } else {
      if (this.#changesFrom === 0 || index < this.#changesFrom) return;
      skipVarbit(bits);
    }
    bits.check('a start timestamp');
  }
}
