// The series cache as the 1.0 reader asks it (wire/known-labels.ts): one comparison of a series'
// bytes both passes over its labels and finds it.
//
// Only bytes that were label fields of an admitted series are in the cache, so what is equal needs
// no check. While many series are new, hashing them here, too, would be for nothing: after each
// miss more series are left to admission.

import { NOT_CACHED, type SeriesCache } from './series-cache.ts';
import type { KnownLabels } from './wire/known-labels.ts';

/** After misses in a row, so many series are passed over before the next is looked up. */
const PASSED_OVER_MAX = 64;

export class KnownSeries implements KnownLabels {
  /** Number of the entry. */
  token = 0;
  readonly #cache: SeriesCache;
  #owner = 0;
  #passOver = 0;
  #toPassOver = 0;

  constructor(cache: SeriesCache) {
    this.#cache = cache;
  }

  /** A request of this owner of keys comes next. */
  begin(owner: number): void {
    this.#owner = owner;
    this.#passOver = 0;
    this.#toPassOver = 0;
    this.#cache.begin();
  }

  expect(view: DataView, start: number, end: number): number {
    const cache = this.#cache;
    const guess = cache.guess(this.#owner);
    if (guess === NOT_CACHED) return 0;
    const length = cache.keyLength(guess);
    if (start + length > end || !cache.hasKey(guess, view, start, length)) return 0;
    this.token = cache.accept(guess);
    return length;
  }

  find(view: DataView, start: number, end: number): boolean {
    if (start === end) return false;
    if (this.#toPassOver > 0) {
      this.#toPassOver--;
      return false;
    }
    const entry = this.#cache.findByHash(this.#owner, view, start, end - start);
    if (entry === NOT_CACHED) {
      this.#passOver = Math.min(PASSED_OVER_MAX, this.#passOver * 2 + 1);
      this.#toPassOver = this.#passOver;
      this.#cache.begin();
      return false;
    }
    this.#passOver = 0;
    this.token = entry;
    return true;
  }
}
