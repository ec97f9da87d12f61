// A native histogram as Prometheus's tools print it: `{count:9, sum:9.19, (0.5,1]:3}`, buckets from
// the lowest to the highest, empty ones left out (prometheus/prometheus model/histogram).
//
// Exponential bounds are computed, not taken from Prometheus's tables: their last digit may differ.

import type { F64Column, U32Column } from '../bytes/columns.ts';
import { CUSTOM_BUCKETS_SCHEMA, type HistogramValue } from '../chunk/histogram-value.ts';
import { goFloat } from './go-text.ts';

interface Bucket {
  readonly index: number;
  readonly count: number;
}

const halves = new DataView(new ArrayBuffer(8));

/** The text of `value`. */
export function histogramText(value: HistogramValue): string {
  const parts = [`count:${goFloat(value.count)}`, `sum:${goFloat(sumOf(value))}`];
  const { schema, isFloat } = value;
  const bound = (index: number): string => goFloat(2 ** (index / 2 ** schema));
  const negative = bucketsOf(
    value.negativeSpanOffsets,
    value.negativeSpanLengths,
    countsOf(value.negativeBuckets, isFloat),
  );
  for (const { index, count } of negative.reverse())
    parts.push(`[-${bound(index)},-${bound(index - 1)}):${goFloat(count)}`);
  if (value.zeroCount !== 0) {
    const threshold = goFloat(value.zeroThreshold);
    parts.push(`[-${threshold},${threshold}]:${goFloat(value.zeroCount)}`);
  }
  const positive = bucketsOf(
    value.positiveSpanOffsets,
    value.positiveSpanLengths,
    countsOf(value.positiveBuckets, isFloat),
  );
  for (const { index, count } of positive) {
    const range =
      schema === CUSTOM_BUCKETS_SCHEMA
        ? customRange(value.customValues, index)
        : `(${bound(index - 1)},${bound(index)}]`;
    parts.push(`${range}:${goFloat(count)}`);
  }
  return `{${parts.join(', ')}}`;
}

function sumOf(value: HistogramValue): number {
  halves.setUint32(0, value.sumHigh);
  halves.setUint32(4, value.sumLow);
  return halves.getFloat64(0);
}

/** Absolute counts: integer histograms carry differences. */
function countsOf(buckets: F64Column, isFloat: boolean): readonly number[] {
  let count = 0;
  return Array.from(buckets.view(), (bucket) => {
    count = isFloat ? bucket : count + bucket;
    return count;
  });
}

/** The buckets that are not empty, each with its index. */
function bucketsOf(
  offsets: F64Column,
  lengths: U32Column,
  counts: readonly number[],
): readonly Bucket[] & { reverse(): Bucket[] } {
  const buckets: Bucket[] = [];
  const rest = counts[Symbol.iterator]();
  let index = 0;
  for (let span = 0; span < offsets.length; span++) {
    index += offsets.at(span);
    for (let i = 0; i < lengths.at(span); i++, index++) {
      const next = rest.next();
      if (next.done === true) return buckets;
      if (next.value !== 0) buckets.push({ index, count: next.value });
    }
  }
  return buckets;
}

/** Custom buckets: upper bounds in a list; the first begins at -Inf, the last has none. */
function customRange(bounds: F64Column, index: number): string {
  const upper = index < bounds.length ? goFloat(bounds.at(index)) : '+Inf';
  if (index === 0) return `[-Inf,${upper}]`;
  return `(${goFloat(bounds.at(index - 1))},${upper}]`;
}
