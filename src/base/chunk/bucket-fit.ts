// How the buckets of a histogram and those of a chunk fit together: which of them the other side
// lacks, and whether a count went down (prometheus/prometheus tsdb/chunkenc has the rules; they are
// in docs/formats/chunks.md).
//
// Spans are expanded into lists of bucket indexes, so that everything here is a merge of two sorted
// lists. All lists are columns that are used again.

import { F64Column, type U32Column } from '../bytes/columns.ts';
import type { SpanList } from './histogram-layout.ts';

/** Replaces `into` by the index of every bucket that the spans cover. */
export function indexesOf(spans: SpanList, into: F64Column): void {
  into.clear();
  let index = 0;
  for (let span = 0; span < spans.offsets.length; span++) {
    index += spans.offsets.at(span);
    for (let i = spans.lengths.at(span); i > 0; i--) into.push(index++);
  }
}

/** Replaces `into` by the fewest spans that cover these buckets. */
export function spansOf(indexes: F64Column, into: SpanList): void {
  into.clear();
  let next = 0;
  for (let i = 0; i < indexes.length; i++) {
    const index = indexes.at(i);
    const last = into.lengths.length - 1;
    if (last >= 0 && index === next) {
      into.lengths.set(last, into.lengths.at(last) + 1);
    } else {
      into.offsets.push(index - next);
      into.lengths.push(1);
    }
    next = index + 1;
  }
}

/** Replaces `into` by counts: sums of deltas, or with floats the same. */
export function countsOf(buckets: F64Column | U32Column, isFloat: boolean, into: F64Column): void {
  into.clear();
  let count = 0;
  for (let i = 0; i < buckets.length; i++) {
    count = isFloat ? buckets.at(i) : count + buckets.at(i);
    into.push(count);
  }
}

/** One side, positive or negative, of a comparison. */
export class SideFit {
  /** All buckets of both. */
  readonly merged = new F64Column(32);
  /** The histogram has buckets that the chunk has not: the chunk must be recoded. */
  chunkLacks = false;
  /** The chunk has buckets that the histogram has not: the histogram must be widened. */
  histogramLacks = false;
  /** A count went down, or a bucket that had counted is gone. */
  reset = false;
  readonly chunkIndexes = new F64Column(32);
  readonly chunkCounts = new F64Column(32);
  readonly indexes = new F64Column(32);
  readonly counts = new F64Column(32);

  /** Compares what stands in the four lists. */
  compare(): void {
    this.merged.clear();
    this.chunkLacks = false;
    this.histogramLacks = false;
    this.reset = false;
    let a = 0;
    let b = 0;
    while (a < this.chunkIndexes.length || b < this.indexes.length) {
      const chunkIndex = atOrEnd(this.chunkIndexes, a);
      const index = atOrEnd(this.indexes, b);
      this.merged.push(Math.min(chunkIndex, index));
      if (chunkIndex === index) {
        if (this.chunkCounts.at(a) > this.counts.at(b)) this.reset = true;
        a++;
        b++;
      } else if (chunkIndex < index) {
        this.histogramLacks = true;
        if (this.chunkCounts.at(a) !== 0) this.reset = true;
        a++;
      } else {
        this.chunkLacks = true;
        b++;
      }
    }
  }
}

/** The entry, or what is larger than every index. */
function atOrEnd(indexes: F64Column, position: number): number {
  return position < indexes.length ? indexes.at(position) : Number.POSITIVE_INFINITY;
}

/** Buckets at some indexes, to be widened to a list that has all of them. */
export interface Widening {
  readonly from: F64Column;
  readonly to: F64Column;
  readonly isFloat: boolean;
}

/** Replaces `into` by the same buckets over more indexes; new ones count 0. */
export function widen(buckets: F64Column, widening: Widening, into: F64Column): void {
  const { from, to, isFloat } = widening;
  into.clear();
  let at = 0;
  let count = 0;
  let written = 0;
  for (let i = 0; i < to.length; i++) {
    let current = 0;
    if (at < from.length && from.at(at) === to.at(i)) {
      count = isFloat ? buckets.at(at) : count + buckets.at(at);
      current = count;
      at++;
    }
    into.push(isFloat ? current : current - written);
    written = current;
  }
}
