// Chance that repeats: the same seed gives the same numbers. (Sfc32, Chris Doty-Humphrey's small
// fast counting generator, which passes the usual batteries.)

import type { Random } from '../../src/base/runtime/random.ts';

/** A small seeded generator. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let round = 0; round < 12; round++) this.u32();
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  fraction(): number {
    return this.u32() / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.u32() >>> 24);
  }

  /** A whole number of at least `from`, below `below`. */
  between(from: number, below: number): number {
    return from + Math.floor(this.fraction() * (below - from));
  }

  /** One of them. */
  pick<T>(from: readonly T[]): T {
    const one = from[this.between(0, from.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }
}
