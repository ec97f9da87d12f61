// A histogram that can be reckoned with: counts as doubles at bucket indexes
// (prometheus/prometheus model/histogram FloatHistogram has the meaning of each operation).
//
// Invariant: who adds or subtracts has made sure that both are of one schema, zero threshold and
// custom bounds (histogram-kind.ts), so nothing has to be reconciled and no count is lost.

import { F64Column } from '../base/bytes/columns.ts';
import { countsOf, indexesOf, spansOf } from '../base/chunk/bucket-fit.ts';
import { negativeSpans, positiveSpans } from '../base/chunk/histogram-fit.ts';
import { copyColumn } from '../base/chunk/histogram-layout.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import { doubleOf, highBitsOf, lowBitsOf } from '../base/chunk/xor-cells.ts';
import { BucketSide } from './bucket-side.ts';

/** The bits that a sum which is no number is written with: those of XorBuilder. */
const NAN_HIGH = 0xfff8_0000;

export class BucketHistogram {
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  count = 0;
  sum = 0;
  readonly positive = new BucketSide();
  readonly negative = new BucketSide();
  readonly customValues = new F64Column(8);

  /** Takes over a histogram of either kind. */
  load(value: HistogramValue): void {
    this.#takeScale(value);
    this.zeroCount = value.zeroCount;
    this.count = value.count;
    this.sum = doubleOf(value.sumLow, value.sumHigh);
    indexesOf(positiveSpans(value), this.positive.indexes);
    indexesOf(negativeSpans(value), this.negative.indexes);
    countsOf(value.positiveBuckets, value.isFloat, this.positive.counts);
    countsOf(value.negativeBuckets, value.isFloat, this.negative.counts);
  }

  copyFrom(other: BucketHistogram): void {
    this.#takeScale(other);
    this.#takeTotals(other);
    this.positive.copyFrom(other.positive);
    this.negative.copyFrom(other.negative);
  }

  /** Becomes `other` in a schema that is not finer than its own. */
  reduceFrom(other: BucketHistogram, schema: number): void {
    const factor = 2 ** (other.schema - schema);
    this.#takeScale(other);
    this.#takeTotals(other);
    this.schema = schema;
    this.positive.reduceFrom(other.positive, factor);
    this.negative.reduceFrom(other.negative, factor);
  }

  add(other: BucketHistogram): void {
    this.zeroCount += other.zeroCount;
    this.count += other.count;
    this.sum += other.sum;
    this.positive.add(other.positive);
    this.negative.add(other.negative);
  }

  /** Becomes `current` less `previous`. */
  becomeDifference(current: BucketHistogram, previous: BucketHistogram): void {
    this.#takeScale(current);
    this.zeroCount = current.zeroCount - previous.zeroCount;
    this.count = current.count - previous.count;
    this.sum = current.sum - previous.sum;
    this.positive.becomeDifference(current.positive, previous.positive);
    this.negative.becomeDifference(current.negative, previous.negative);
  }

  /** Fills the flyweight, as a float histogram. */
  giveTo(value: HistogramValue): void {
    value.clear();
    value.isFloat = true;
    value.schema = this.schema;
    value.zeroThreshold = this.zeroThreshold;
    value.zeroCount = this.zeroCount;
    value.count = this.count;
    const isNumber = !Number.isNaN(this.sum);
    value.sumLow = isNumber ? lowBitsOf(this.sum) >>> 0 : 0;
    value.sumHigh = isNumber ? highBitsOf(this.sum) >>> 0 : NAN_HIGH;
    spansOf(this.positive.indexes, positiveSpans(value));
    spansOf(this.negative.indexes, negativeSpans(value));
    copyColumn(this.positive.counts, value.positiveBuckets);
    copyColumn(this.negative.counts, value.negativeBuckets);
    copyColumn(this.customValues, value.customValues);
  }

  #takeScale(from: BucketHistogram | HistogramValue): void {
    this.schema = from.schema;
    this.zeroThreshold = from.zeroThreshold;
    copyColumn(from.customValues, this.customValues);
  }

  #takeTotals(from: BucketHistogram): void {
    this.zeroCount = from.zeroCount;
    this.count = from.count;
    this.sum = from.sum;
  }
}
