// The buckets of one side of a histogram, positive or negative, as counts at rising indexes: what
// adding, subtracting and comparing histograms comes down to. Memory is used again.

import { F64Column } from '../base/bytes/columns.ts';
import { copyColumn } from '../base/chunk/histogram-layout.ts';

export class BucketSide {
  /** Rising. */
  indexes = new F64Column(32);
  /** Absolute, one for each index; may be 0. */
  counts = new F64Column(32);
  #spareIndexes = new F64Column(32);
  #spareCounts = new F64Column(32);

  clear(): void {
    this.indexes.clear();
    this.counts.clear();
  }

  copyFrom(other: BucketSide): void {
    copyColumn(other.indexes, this.indexes);
    copyColumn(other.counts, this.counts);
  }

  /**
   * Becomes `other` in a coarser schema: of `factor` (a power of two) indexes, the last of which is
   * a multiple of it, one is made.
   */
  reduceFrom(other: BucketSide, factor: number): void {
    this.clear();
    for (let i = 0; i < other.indexes.length; i++) {
      const index = Math.ceil(other.indexes.at(i) / factor);
      const last = this.indexes.length - 1;
      if (last >= 0 && this.indexes.at(last) === index) {
        this.counts.set(last, this.counts.at(last) + other.counts.at(i));
      } else {
        this.indexes.push(index);
        this.counts.push(other.counts.at(i));
      }
    }
  }

  /** Adds counts; buckets that are not there yet are made. */
  add(other: BucketSide): void {
    if (this.#hasIndexesOf(other)) {
      for (let i = 0; i < this.counts.length; i++)
        this.counts.set(i, this.counts.at(i) + other.counts.at(i));
      return;
    }
    this.#merge(other, 1);
  }

  /** Becomes `current` less `previous`, with the buckets of both. */
  becomeDifference(current: BucketSide, previous: BucketSide): void {
    this.copyFrom(current);
    if (this.#hasIndexesOf(previous)) {
      for (let i = 0; i < this.counts.length; i++)
        this.counts.set(i, this.counts.at(i) - previous.counts.at(i));
      return;
    }
    this.#merge(previous, -1);
  }

  /** Did a bucket count less than `previous` says, or is gone that had counted? */
  isBelow(previous: BucketSide): boolean {
    let at = 0;
    for (let i = 0; i < previous.indexes.length; i++) {
      const index = previous.indexes.at(i);
      while (at < this.indexes.length && this.indexes.at(at) < index) at++;
      const isThere = at < this.indexes.length && this.indexes.at(at) === index;
      const before = previous.counts.at(i);
      if (isThere ? this.counts.at(at) < before : before !== 0) return true;
    }
    return false;
  }

  #hasIndexesOf(other: BucketSide): boolean {
    if (this.indexes.length !== other.indexes.length) return false;
    for (let i = 0; i < this.indexes.length; i++)
      if (this.indexes.at(i) !== other.indexes.at(i)) return false;
    return true;
  }

  #merge(other: BucketSide, sign: number): void {
    const indexes = this.#spareIndexes;
    const counts = this.#spareCounts;
    indexes.clear();
    counts.clear();
    let a = 0;
    let b = 0;
    while (a < this.indexes.length || b < other.indexes.length) {
      const own = a < this.indexes.length ? this.indexes.at(a) : Number.POSITIVE_INFINITY;
      const others = b < other.indexes.length ? other.indexes.at(b) : Number.POSITIVE_INFINITY;
      indexes.push(Math.min(own, others));
      let count = 0;
      if (own <= others) count = this.counts.at(a++);
      if (others <= own) count += sign * other.counts.at(b++);
      counts.push(count);
    }
    [this.indexes, this.#spareIndexes] = [indexes, this.indexes];
    [this.counts, this.#spareCounts] = [counts, this.counts];
  }
}
