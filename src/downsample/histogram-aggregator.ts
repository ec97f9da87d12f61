// Adds up histograms, one after the other: the sum of each window, and the counter since the
// beginning (docs/formats/aggregate-chunks.md, "Histograms").
//
// The order of operations is Thanos's, so that float counts agree to the last bit.

import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import { RESET_GAUGE, RESET_YES } from '../base/chunk/histogram-value.ts';
import { BucketHistogram } from './bucket-histogram.ts';

export class HistogramAggregator {
  /** Histograms in the window. */
  count = 0;
  /** Their sum. */
  readonly sum = new BucketHistogram();
  /** The first histogram and all that was counted since; of gauges, the last histogram. */
  readonly counter = new BucketHistogram();
  #total = 0;
  #schema = 0;
  /** The histogram at hand and the one before, as they came and in the schema of the result. */
  #current = new BucketHistogram();
  #previous = new BucketHistogram();
  #reduced = new BucketHistogram();
  #previousReduced = new BucketHistogram();
  readonly #difference = new BucketHistogram();

  /** Begins anew; no histogram that follows has a coarser schema. */
  begin(schema: number): void {
    this.#schema = schema;
    this.#total = 0;
    this.count = 0;
  }

  /** Begins a window. */
  beginWindow(): void {
    this.count = 0;
  }

  add(value: HistogramValue): void {
    const current = this.#current;
    const reduced = this.#reduced;
    current.load(value);
    if (current.schema === this.#schema) reduced.copyFrom(current);
    else reduced.reduceFrom(current, this.#schema);
    if (this.#total === 0) {
      this.counter.copyFrom(reduced);
    } else if (this.#isReset(value)) {
      this.counter.add(reduced);
    } else {
      this.#difference.becomeDifference(reduced, this.#previousReduced);
      this.counter.add(this.#difference);
    }
    if (this.count === 0) this.sum.copyFrom(reduced);
    else this.sum.add(reduced);
    this.count++;
    this.#total++;
    [this.#current, this.#previous] = [this.#previous, current];
    [this.#reduced, this.#previousReduced] = [this.#previousReduced, reduced];
  }

  /**
   * Did the counter begin again since the histogram before? Both are compared as they came, because
   * in a coarser schema a finer one looks like a reset each time, or hides one. That a chunk says
   * there was none is not trusted: a counter that falls cannot be written.
   */
  #isReset(value: HistogramValue): boolean {
    if (value.resetHint === RESET_GAUGE) return false;
    if (value.resetHint === RESET_YES) return true;
    const current = this.#current;
    const previous = this.#previous;
    if (current.count < previous.count || current.zeroCount < previous.zeroCount) return true;
    if (current.schema > previous.schema) return true;
    if (current.schema < previous.schema) {
      this.#difference.reduceFrom(previous, current.schema);
      return this.#isBelow(this.#difference);
    }
    return this.#isBelow(previous);
  }

  #isBelow(previous: BucketHistogram): boolean {
    const { positive, negative } = this.#current;
    return positive.isBelow(previous.positive) || negative.isBelow(previous.negative);
  }
}
