// The layout of a histogram chunk: schema, zero threshold, spans and custom bounds, written once,
// in front of the first sample (docs/formats/chunks.md).
//
// Invariant: a layout that was read has no more buckets than there are bits behind it, so damaged
// bytes cannot make anybody allocate more than a few times the chunk's size.

import { F64Column, U32Column } from '../bytes/columns.ts';
import type { BitSink } from './bit-sink.ts';
import type { BitWindow } from './bit-window.ts';
import { CUSTOM_BUCKETS_SCHEMA, type HistogramValue } from './histogram-value.ts';
import { putVarbitInt, putVarbitUint, readVarbitInt, readVarbitUint } from './varbit.ts';
import { doubleOf, highBitsOf, lowBitsOf } from './xor-cells.ts';

/** Schemas that Prometheus knows; above 8 they are for later versions. */
const SCHEMA_MIN = -4;
const SCHEMA_MAX = 52;

/** Spans of one side: where buckets are. */
export class SpanList {
  /** Signed; the gap to the span before, or to index 0. */
  readonly offsets: F64Column;
  readonly lengths: U32Column;

  constructor(offsets = new F64Column(8), lengths = new U32Column(8)) {
    this.offsets = offsets;
    this.lengths = lengths;
  }

  clear(): void {
    this.offsets.clear();
    this.lengths.clear();
  }

  copyFrom(other: SpanList): void {
    this.clear();
    copyColumn(other.offsets, this.offsets);
    copyColumn(other.lengths, this.lengths);
  }
}

/** Replaces what is in `to` by what is in `from`. */
export function copyColumn(from: F64Column | U32Column, to: F64Column | U32Column): void {
  to.clear();
  for (let i = 0; i < from.length; i++) to.push(from.at(i));
}

/** Number of buckets that spans of these lengths cover. */
export function bucketCount(lengths: U32Column): number {
  let count = 0;
  for (let i = 0; i < lengths.length; i++) count += lengths.at(i);
  return count;
}

export class HistogramLayout {
  schema = 0;
  zeroThreshold = 0;
  readonly positive = new SpanList();
  readonly negative = new SpanList();
  readonly customValues = new F64Column(8);
  positiveCount = 0;
  negativeCount = 0;

  clear(): void {
    this.schema = 0;
    this.zeroThreshold = 0;
    this.positive.clear();
    this.negative.clear();
    this.customValues.clear();
    this.positiveCount = 0;
    this.negativeCount = 0;
  }

  /** Takes over the layout of a histogram. */
  takeFrom(value: HistogramValue): void {
    this.schema = value.schema;
    this.zeroThreshold = value.zeroThreshold;
    copyColumn(value.positiveSpanOffsets, this.positive.offsets);
    copyColumn(value.positiveSpanLengths, this.positive.lengths);
    copyColumn(value.negativeSpanOffsets, this.negative.offsets);
    copyColumn(value.negativeSpanLengths, this.negative.lengths);
    copyColumn(value.customValues, this.customValues);
    this.#countBuckets();
  }

  /** Fills the layout part of a histogram. */
  giveTo(value: HistogramValue): void {
    value.schema = this.schema;
    value.zeroThreshold = this.zeroThreshold;
    copyColumn(this.positive.offsets, value.positiveSpanOffsets);
    copyColumn(this.positive.lengths, value.positiveSpanLengths);
    copyColumn(this.negative.offsets, value.negativeSpanOffsets);
    copyColumn(this.negative.lengths, value.negativeSpanLengths);
    copyColumn(this.customValues, value.customValues);
  }

  put(sink: BitSink): void {
    putZeroThreshold(sink, this.zeroThreshold);
    putVarbitInt(sink, this.schema);
    putSpans(sink, this.positive);
    putSpans(sink, this.negative);
    if (this.schema !== CUSTOM_BUCKETS_SCHEMA) return;
    putVarbitUint(sink, this.customValues.length);
    for (let i = 0; i < this.customValues.length; i++)
      putCustomBound(sink, this.customValues.at(i));
  }

  /** @throws VarveError damaged_chunk */
  read(bits: BitWindow): void {
    this.clear();
    this.zeroThreshold = readZeroThreshold(bits);
    this.schema = readVarbitInt(bits);
    bits.check('its layout');
    const exponential = this.schema >= SCHEMA_MIN && this.schema <= SCHEMA_MAX;
    if (!exponential && this.schema !== CUSTOM_BUCKETS_SCHEMA)
      throw bits.damaged('is of an unknown histogram schema');
    readSpans(bits, this.positive);
    readSpans(bits, this.negative);
    this.#countBuckets();
    if (this.positiveCount + this.negativeCount > bits.endBits - bits.position)
      throw bits.damaged('has more buckets in its spans than bits');
    if (this.schema !== CUSTOM_BUCKETS_SCHEMA) return;
    const count = readListLength(bits);
    for (let i = 0; i < count; i++) {
      this.customValues.push(readCustomBound(bits));
      bits.check('its layout');
    }
  }

  #countBuckets(): void {
    this.positiveCount = bucketCount(this.positive.lengths);
    this.negativeCount = bucketCount(this.negative.lengths);
  }
}

function putSpans(sink: BitSink, spans: SpanList): void {
  putVarbitUint(sink, spans.offsets.length);
  for (let i = 0; i < spans.offsets.length; i++) {
    putVarbitUint(sink, spans.lengths.at(i));
    putVarbitInt(sink, spans.offsets.at(i));
  }
}

function readSpans(bits: BitWindow, into: SpanList): void {
  const count = readListLength(bits);
  for (let i = 0; i < count; i++) {
    const length = readVarbitUint(bits);
    const offset = readVarbitInt(bits);
    bits.check('its layout');
    if (length > 0xffff_ffff || offset !== (offset | 0))
      throw bits.damaged('has a span beyond 32 bits');
    into.lengths.push(length);
    into.offsets.push(offset);
  }
}

/** The length of a list, each entry of which takes at least a bit. */
function readListLength(bits: BitWindow): number {
  const count = readVarbitUint(bits);
  bits.check('its layout');
  if (count > bits.endBits - bits.position) throw bits.damaged('has a list longer than itself');
  return count;
}

/** Exponents of two that fit the threshold's byte, and what is added to them. */
const EXPONENT_MIN = -243;
const EXPONENT_MAX = 10;
const EXPONENT_BIAS = 244;

/** The byte that says: the threshold follows in 64 bits. */
const THRESHOLD_RAW = 255;

function putZeroThreshold(sink: BitSink, threshold: number): void {
  if (threshold === 0) {
    sink.put(0, 8);
    return;
  }
  const low = lowBitsOf(threshold);
  const high = highBitsOf(threshold);
  // A power of two has no mantissa; the sign bit makes the exponent too large.
  const exponent = (high >>> 20) - 1023;
  const powerOfTwo = low === 0 && (high & 0xf_ffff) === 0;
  if (powerOfTwo && exponent >= EXPONENT_MIN && exponent <= EXPONENT_MAX) {
    sink.put(exponent + EXPONENT_BIAS, 8);
    return;
  }
  sink.put(THRESHOLD_RAW, 8);
  sink.put64(low, high);
}

function readZeroThreshold(bits: BitWindow): number {
  const byte = bits.read(8);
  if (byte === 0) return 0;
  if (byte !== THRESHOLD_RAW) return 2 ** (byte - EXPONENT_BIAS);
  const high = bits.read(32);
  return doubleOf(bits.read(32), high);
}

/** Thousandths up to here are written as whole numbers. */
const BOUND_THOUSANDTHS_MAX = 33_554_430;

function putCustomBound(sink: BitSink, bound: number): void {
  const thousandths = bound * 1000;
  const whole = Math.round(thousandths);
  if (!(thousandths >= 0 && thousandths <= BOUND_THOUSANDTHS_MAX) || whole / 1000 !== bound) {
    sink.put(0, 1);
    sink.put64(lowBitsOf(bound), highBitsOf(bound));
    return;
  }
  putVarbitUint(sink, whole + 1);
}

function readCustomBound(bits: BitWindow): number {
  const coded = readVarbitUint(bits);
  if (coded !== 0) return (coded - 1) / 1000;
  const high = bits.read(32);
  return doubleOf(bits.read(32), high);
}
