// Which WAL references still have a series: what a checkpoint asks for every series record.
//
// Made in one walk over the series, in slices; what was given out after the walk began counts as
// live. An answer may be "live" for a series that has gone since, never the other way round.

import { HashIndex, NO_ENTRY } from '../base/bytes/hash-index.ts';

export class LiveRefs {
  readonly #index = new HashIndex();
  readonly #knownBelow: number;

  /** @param knownBelow references at or above this are live without being added */
  constructor(knownBelow: number) {
    this.#knownBelow = knownBelow;
  }

  add(walRef: number): void {
    this.#index.add(hashOf(walRef), walRef >>> 0 === NO_ENTRY ? 0 : walRef >>> 0);
  }

  has(walRef: number): boolean {
    return walRef >= this.#knownBelow || this.#index.first(hashOf(walRef)) !== NO_ENTRY;
  }
}

/** References count up from 1: nobody chooses them, so a seed is not needed. Two with one hash
 * (one in four thousand million) are taken for each other, which keeps a record too many. */
function hashOf(walRef: number): number {
  const high = Math.floor(walRef / 0x1_0000_0000);
  const mixed = Math.imul((walRef >>> 0) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
