// Are two histograms the same sample? By content, bit by bit: spans may be cut differently and may
// cover empty buckets, because a chunk widens them; the counter reset hint is not part of it.

import { F64Column, type U32Column } from '../base/bytes/columns.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import { isStale } from '../base/chunk/stale.ts';

/** True when both are the same histogram; stale markers of one kind are all the same. */
export function histogramsEqual(a: HistogramValue, b: HistogramValue): boolean {
  if (a.isFloat !== b.isFloat) return false;
  if ((a.sumLow ^ b.sumLow) !== 0 || (a.sumHigh ^ b.sumHigh) !== 0) return false;
  // Of a stale marker chunks keep nothing but the sum.
  if (isStale(a.sumLow, a.sumHigh)) return true;
  return (
    a.schema === b.schema &&
    sameBits(a.zeroThreshold, b.zeroThreshold) &&
    sameBits(a.zeroCount, b.zeroCount) &&
    sameBits(a.count, b.count) &&
    sameCells(a.customValues, b.customValues) &&
    sameCells(positive(a), positive(b)) &&
    sameCells(negative(a), negative(b))
  );
}

function positive(value: HistogramValue): F64Column {
  const { positiveSpanOffsets, positiveSpanLengths, positiveBuckets, isFloat } = value;
  return filled(positiveSpanOffsets, positiveSpanLengths, { buckets: positiveBuckets, isFloat });
}

function negative(value: HistogramValue): F64Column {
  const { negativeSpanOffsets, negativeSpanLengths, negativeBuckets, isFloat } = value;
  return filled(negativeSpanOffsets, negativeSpanLengths, { buckets: negativeBuckets, isFloat });
}

/** Index and absolute count of each bucket that is not empty. */
function filled(
  offsets: F64Column,
  lengths: U32Column,
  { buckets, isFloat }: { readonly buckets: F64Column; readonly isFloat: boolean },
): F64Column {
  const result = new F64Column(32);
  let index = 0;
  let at = 0;
  let count = 0;
  for (let span = 0; span < offsets.length; span++) {
    index += offsets.at(span);
    for (let i = 0; i < lengths.at(span) && at < buckets.length; i++, at++, index++) {
      count = isFloat ? buckets.at(at) : count + buckets.at(at);
      // A chunk that is widened has +0 where there was no bucket; -0 is a value of its own.
      if (Object.is(count, 0)) continue;
      result.push(index);
      result.push(count);
    }
  }
  return result;
}

function sameCells(a: F64Column, b: F64Column): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameBits(a.at(i), b.at(i))) return false;
  return true;
}

const double = new DataView(new ArrayBuffer(16));

/** Bit by bit: a NaN is the same as itself, and not as one with another payload. */
function sameBits(a: number, b: number): boolean {
  double.setFloat64(0, a);
  double.setFloat64(8, b);
  return (
    double.getUint32(0) === double.getUint32(8) && double.getUint32(4) === double.getUint32(12)
  );
}
