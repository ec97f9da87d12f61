// Rows of sample records that are well-formed bytes and yet no samples that anything here can hold.
// They are taken out of the columns; the record's other rows are as good as before. Pure.

import type { F64Column, U32Column } from '../base/bytes/columns.ts';
import { HistogramBatch } from '../base/chunk/histogram-batch.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { HistogramColumns } from './histograms-record.ts';
import type { SampleColumns } from './samples-record.ts';

/** Bucket indexes fit 32 bits, as the wire's do. */
const BUCKET_INDEX_MAX = 2 ** 31 - 1;

const scratch = new HistogramValue();

/** Takes out floats whose times are beyond ±2^53 (they came as ±Infinity); why, if any did. */
export function dropBadFloats(columns: SampleColumns): string | undefined {
  const { refs, times, lows, highs } = columns;
  const first = firstInfinite(times);
  if (first === times.length) return undefined;
  let kept = first;
  for (let row = first; row < times.length; row++) {
    if (!Number.isFinite(times.at(row))) continue;
    refs.set(kept, refs.at(row));
    times.set(kept, times.at(row));
    lows.set(kept, lows.at(row));
    highs.set(kept, highs.at(row));
    kept++;
  }
  const dropped = times.length - kept;
  for (const column of [refs, times, lows, highs]) column.length = kept;
  return `${dropped} samples with times beyond ±2^53 ms`;
}

/** The same for histograms, and those whose spans do not fit their buckets. */
export function dropBadHistograms(columns: HistogramColumns): string | undefined {
  const { refs, times, values } = columns;
  let row = 0;
  while (row < times.length && !isBad(columns, row)) row++;
  if (row === times.length) return undefined;
  const good = new HistogramBatch();
  let kept = 0;
  for (row = 0; row < times.length; row++) {
    if (isBad(columns, row)) continue;
    values.load(row, scratch);
    good.push(scratch);
    refs.set(kept, refs.at(row));
    times.set(kept, times.at(row));
    kept++;
  }
  const dropped = times.length - kept;
  refs.length = kept;
  times.length = kept;
  values.clear();
  for (row = 0; row < kept; row++) {
    good.load(row, scratch);
    values.push(scratch);
  }
  return `${dropped} histograms with times beyond ±2^53 ms, or with spans unlike their buckets`;
}

function firstInfinite(times: F64Column): number {
  let row = 0;
  while (row < times.length && Number.isFinite(times.at(row))) row++;
  return row;
}

function isBad({ times, values }: HistogramColumns, row: number): boolean {
  if (!Number.isFinite(times.at(row))) return true;
  values.load(row, scratch);
  const { positiveSpanOffsets, positiveSpanLengths, positiveBuckets } = scratch;
  const { negativeSpanOffsets, negativeSpanLengths, negativeBuckets } = scratch;
  return !(
    spansFit(positiveSpanOffsets, positiveSpanLengths, positiveBuckets.length) &&
    spansFit(negativeSpanOffsets, negativeSpanLengths, negativeBuckets.length)
  );
}

function spansFit(offsets: F64Column, lengths: U32Column, buckets: number): boolean {
  let count = 0;
  let index = 0;
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets.at(i);
    if (i > 0 && offset < 0) return false;
    count += lengths.at(i);
    index += offset + lengths.at(i);
    if (Math.abs(index) > BUCKET_INDEX_MAX) return false;
  }
  return count === buckets;
}
