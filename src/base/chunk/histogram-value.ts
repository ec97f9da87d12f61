// One native histogram, as every stage passes it on: wire reader, WAL records, chunks, blocks.
//
// A flyweight: one object is filled again and again (`clear`, then push), so that a batch of
// histograms costs no objects. It holds what Prometheus's histogram.Histogram and FloatHistogram
// hold (prometheus/prometheus model/histogram), with the bucket values in the wire's form:
// integer histograms carry deltas, float histograms absolute counts.
// Invariant: `sum` moves as two halves, because the stale marker is a NaN with a payload.

import { F64Column, U32Column } from '../bytes/columns.ts';

/** Counter reset hints, with the numbers that the WAL and remote write share. */
export const RESET_UNKNOWN = 0;
export const RESET_YES = 1;
export const RESET_NO = 2;
export const RESET_GAUGE = 3;

/** The schema that says: bucket bounds are in `customValues`. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

export class HistogramValue {
  isFloat = false;
  resetHint = RESET_UNKNOWN;
  /** -4…8 for exponential buckets (newer: up to 52), or CUSTOM_BUCKETS_SCHEMA. */
  schema = 0;
  zeroThreshold = 0;
  /** Integer histograms: whole numbers up to 2^53. Float histograms: any double. */
  zeroCount = 0;
  count = 0;
  /** The 64 bits of the sum. */
  sumLow = 0;
  sumHigh = 0;
  /** Spans as Prometheus has them; offsets are signed (stored as doubles), lengths are not. */
  readonly positiveSpanOffsets = new F64Column(8);
  readonly positiveSpanLengths = new U32Column(8);
  readonly negativeSpanOffsets = new F64Column(8);
  readonly negativeSpanLengths = new U32Column(8);
  /** Deltas (integer histograms, first one absolute) or counts (float histograms). */
  readonly positiveBuckets = new F64Column(32);
  readonly negativeBuckets = new F64Column(32);
  /** Upper bounds, only with CUSTOM_BUCKETS_SCHEMA. */
  readonly customValues = new F64Column(8);

  clear(): void {
    this.isFloat = false;
    this.resetHint = RESET_UNKNOWN;
    this.schema = 0;
    this.zeroThreshold = 0;
    this.zeroCount = 0;
    this.count = 0;
    this.sumLow = 0;
    this.sumHigh = 0;
    this.positiveSpanOffsets.clear();
    this.positiveSpanLengths.clear();
    this.negativeSpanOffsets.clear();
    this.negativeSpanLengths.clear();
    this.positiveBuckets.clear();
    this.negativeBuckets.clear();
    this.customValues.clear();
  }
}
