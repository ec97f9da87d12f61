// Numbers the pairs of label name and value of a block, each given as two symbol numbers, in the
// order of first sight. Open addressing over typed arrays; no object per pair.

import { U32Column } from '../../base/bytes/columns.ts';

const FIRST_SLOTS = 1024;

/** Pair (name, value) → number. */
export class PairTable {
  readonly #names = new U32Column(512);
  readonly #values = new U32Column(512);
  /** Pair number + 1; 0 is an empty slot. */
  #slots = zeroed(FIRST_SLOTS);
  #mask = FIRST_SLOTS - 1;

  get count(): number {
    return this.#names.length;
  }

  nameOf(pair: number): number {
    return this.#names.at(pair);
  }

  valueOf(pair: number): number {
    return this.#values.at(pair);
  }

  /** Is `pair` this name and value? */
  is(pair: number, name: number, value: number): boolean {
    return this.#names.at(pair) === name && this.#values.at(pair) === value;
  }

  /** The number of this pair, a new one if it was not seen before. */
  numberOf(name: number, value: number): number {
    let slot = hash(name, value) & this.#mask;
    for (;;) {
      const filled = this.#slots.at(slot);
      if (filled === 0) break;
      if (this.is(filled - 1, name, value)) return filled - 1;
      slot = (slot + 1) & this.#mask;
    }
    const pair = this.count;
    this.#names.push(name);
    this.#values.push(value);
    this.#slots.set(slot, pair + 1);
    if (this.count * 2 > this.#mask) this.#grow();
    return pair;
  }

  #grow(): void {
    const slots = (this.#mask + 1) * 2;
    this.#slots = zeroed(slots);
    this.#mask = slots - 1;
    for (let pair = 0; pair < this.count; pair++) {
      let slot = hash(this.nameOf(pair), this.valueOf(pair)) & this.#mask;
      while (this.#slots.at(slot) !== 0) slot = (slot + 1) & this.#mask;
      this.#slots.set(slot, pair + 1);
    }
  }
}

/** A column used as an array of `length` zeros. */
function zeroed(length: number): U32Column {
  return new U32Column(length);
}

function hash(name: number, value: number): number {
  let mixed = Math.imul(name, 0x9e3779b1) ^ Math.imul(value, 0x85ebca6b);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
