// A set of small whole numbers below a fixed limit, one bit each.

export class BitSet {
  readonly limit: number;
  readonly #words: Uint32Array;

  /** @param limit numbers at or above this are never in the set, and cannot be added */
  constructor(limit: number) {
    this.limit = limit;
    this.#words = new Uint32Array((limit + 31) >>> 5);
  }

  has(number: number): boolean {
    return number < this.limit && (this.#words[number >>> 5]! & (1 << (number & 31))) !== 0;
  }

  /** False when it was there already, or is not below the limit. */
  add(number: number): boolean {
    if (number >= this.limit || this.has(number)) return false;
    this.#words[number >>> 5]! |= 1 << (number & 31);
    return true;
  }
}
