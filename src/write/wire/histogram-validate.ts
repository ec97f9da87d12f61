// Is a native histogram consistent? The rules are those of Prometheus (model/histogram: Validate of
// Histogram and FloatHistogram), so that nothing is refused here that it would store, and two of
// our own: integer counts stay below 2^53, bucket indexes within 32 bits.

import type { F64Column, U32Column } from '../../base/bytes/columns.ts';
import { CUSTOM_BUCKETS_SCHEMA, type HistogramValue } from '../../base/chunk/histogram-value.ts';
import {
  FAULT_BOUNDS_NOT_FINITE,
  FAULT_BOUNDS_TOO_FEW,
  FAULT_BOUNDS_UNEXPECTED,
  FAULT_BOUNDS_UNSORTED,
  FAULT_BUCKET_INDEX,
  FAULT_COUNT,
  FAULT_COUNT_TOO_SMALL,
  FAULT_CUSTOM_EXTRAS,
  FAULT_INEXACT,
  FAULT_NEGATIVE_BUCKET,
  FAULT_NEGATIVE_COUNT,
  FAULT_NONE,
  FAULT_SCHEMA,
  FAULT_SPAN_OFFSET,
  FAULT_SPANS,
} from './histogram-fault.ts';

/** Exponential schemas that senders may use; those above 8 are stored as 8. */
const SCHEMA_MIN = -4;
const SCHEMA_MAX = 52;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const INDEX_MAX = 2 ** 31 - 1;

/** FAULT_NONE, or the first rule that `value` breaks. */
export function validateHistogram(value: HistogramValue): number {
  const layout =
    value.schema === CUSTOM_BUCKETS_SCHEMA ? customLayout(value) : exponentialLayout(value);
  if (layout !== FAULT_NONE) return layout;
  return value.isFloat ? floatCounts(value) : integerCounts(value);
}

function exponentialLayout(value: HistogramValue): number {
  if (value.schema < SCHEMA_MIN || value.schema > SCHEMA_MAX) return FAULT_SCHEMA;
  if (value.customValues.length > 0) return FAULT_BOUNDS_UNEXPECTED;
  const positive = spans(value.positiveSpanOffsets, value.positiveSpanLengths);
  if (positive < 0) return -positive;
  if (positive !== value.positiveBuckets.length) return FAULT_SPANS;
  const negative = spans(value.negativeSpanOffsets, value.negativeSpanLengths);
  if (negative < 0) return -negative;
  return negative === value.negativeBuckets.length ? FAULT_NONE : FAULT_SPANS;
}

/** How many buckets the spans stand for; a fault's number, negative, when they are wrong. */
function spans(offsets: F64Column, lengths: U32Column): number {
  let buckets = 0;
  let index = 0;
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets.at(i);
    if (i > 0 && offset < 0) return -FAULT_SPAN_OFFSET;
    buckets += lengths.at(i);
    index += offset + lengths.at(i);
    if (Math.abs(index) > INDEX_MAX) return -FAULT_BUCKET_INDEX;
  }
  return buckets;
}

function customLayout(value: HistogramValue): number {
  const bounds = value.customValues;
  for (let i = 0; i < bounds.length; i++) {
    const bound = bounds.at(i);
    if (Number.isNaN(bound) || bound === Number.POSITIVE_INFINITY) return FAULT_BOUNDS_NOT_FINITE;
    if (i > 0 && bound <= bounds.at(i - 1)) return FAULT_BOUNDS_UNSORTED;
  }
  if (value.positiveSpanOffsets.length > 0 && value.positiveSpanOffsets.at(0) < 0) {
    return FAULT_SPAN_OFFSET;
  }
  const buckets = spans(value.positiveSpanOffsets, value.positiveSpanLengths);
  if (buckets < 0) return -buckets;
  if (buckets !== value.positiveBuckets.length) return FAULT_SPANS;
  let reach = buckets;
  for (let i = 0; i < value.positiveSpanOffsets.length; i++) {
    reach += value.positiveSpanOffsets.at(i);
  }
  // One more bucket than bounds: the one up to +Inf.
  if (reach > bounds.length + 1) return FAULT_BOUNDS_TOO_FEW;
  const extras =
    value.zeroCount !== 0 ||
    value.zeroThreshold !== 0 ||
    value.negativeSpanOffsets.length > 0 ||
    value.negativeBuckets.length > 0;
  return extras ? FAULT_CUSTOM_EXTRAS : FAULT_NONE;
}

/** Float counts need not add up: rounding could make a right histogram look wrong. */
function floatCounts(value: HistogramValue): number {
  if (value.zeroCount < 0 || value.count < 0) return FAULT_NEGATIVE_COUNT;
  return anyNegative(value.positiveBuckets) || anyNegative(value.negativeBuckets)
    ? FAULT_NEGATIVE_BUCKET
    : FAULT_NONE;
}

function anyNegative(counts: F64Column): boolean {
  for (let i = 0; i < counts.length; i++) if (counts.at(i) < 0) return true;
  return false;
}

function integerCounts(value: HistogramValue): number {
  if (value.count > COUNT_MAX || value.zeroCount > COUNT_MAX) return FAULT_INEXACT;
  const positive = sumOfDeltas(value.positiveBuckets);
  if (positive < 0) return -positive;
  const negative = sumOfDeltas(value.negativeBuckets);
  if (negative < 0) return -negative;
  const observed = positive + negative + value.zeroCount;
  if (observed > COUNT_MAX) return FAULT_INEXACT;
  if (observed === value.count) return FAULT_NONE;
  // Observed NaNs are in the count but in no bucket; the sum is NaN then.
  if (!isNaNPattern(value.sumLow, value.sumHigh)) return FAULT_COUNT;
  return observed > value.count ? FAULT_COUNT_TOO_SMALL : FAULT_NONE;
}

/** The sum of the counts that `deltas` stand for; a fault's number, negative, when one is wrong. */
function sumOfDeltas(deltas: F64Column): number {
  let count = 0;
  let sum = 0;
  for (let i = 0; i < deltas.length; i++) {
    count += deltas.at(i);
    // Not finite: a delta beyond ±2^53, whose exact value is lost.
    if (!Number.isFinite(count) || count > COUNT_MAX) return -FAULT_INEXACT;
    if (count < 0) return -FAULT_NEGATIVE_BUCKET;
    sum += count;
    if (sum > COUNT_MAX) return -FAULT_INEXACT;
  }
  return sum;
}

function isNaNPattern(low: number, high: number): boolean {
  const exponent = high & 0x7ff00000;
  return exponent === 0x7ff00000 && ((high & 0x000fffff) !== 0 || low !== 0);
}
