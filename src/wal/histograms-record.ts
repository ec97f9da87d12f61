// Native histogram records: integer (type 7), float (8), both with custom buckets (9, 10); those
// with start timestamps (12, 13) are read only. docs/formats/wal.md, "Histograms". A record holds
// one kind; a batch may hold all, then several records are written.

import type { ByteReader } from '../base/bytes/byte-reader.ts';
import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column, type U32Column } from '../base/bytes/columns.ts';
import { HistogramBatch } from '../base/chunk/histogram-batch.ts';
import { CUSTOM_BUCKETS_SCHEMA, HistogramValue } from '../base/chunk/histogram-value.ts';
import {
  RECORD_CUSTOM_FLOAT_HISTOGRAMS,
  RECORD_CUSTOM_HISTOGRAMS,
  RECORD_FLOAT_HISTOGRAMS,
  RECORD_FLOAT_HISTOGRAMS_ST,
  RECORD_HISTOGRAMS,
  RECORD_HISTOGRAMS_ST,
} from './format.ts';
import { baseTimeFor, DeltaReader, writeDelta } from './record-numbers.ts';

/** Histogram samples, a cell of each column per sample. */
export interface HistogramColumns {
  /** WAL references of the series. */
  readonly refs: F64Column;
  /** Milliseconds. */
  readonly times: F64Column;
  readonly values: HistogramBatch;
}

/** Empty columns. */
export function makeHistogramColumns(): HistogramColumns {
  return { refs: new F64Column(64), times: new F64Column(64), values: new HistogramBatch() };
}

/** Empties the columns and keeps their memory. */
export function clearHistograms(columns: HistogramColumns): void {
  columns.refs.clear();
  columns.times.clear();
  columns.values.clear();
}

/** The record types that histograms are written in, in the order in which to write them. */
export const HISTOGRAM_RECORD_TYPES: readonly number[] = [
  RECORD_HISTOGRAMS,
  RECORD_CUSTOM_HISTOGRAMS,
  RECORD_FLOAT_HISTOGRAMS,
  RECORD_CUSTOM_FLOAT_HISTOGRAMS,
];

/** Whether histograms stand in records of this type, written or only read. */
export function isHistogramRecord(type: number): boolean {
  return hasStarts(type) || HISTOGRAM_RECORD_TYPES.includes(type);
}

function hasStarts(type: number): boolean {
  return type === RECORD_HISTOGRAMS_ST || type === RECORD_FLOAT_HISTOGRAMS_ST;
}

function isFloatRecord(type: number): boolean {
  return (
    type === RECORD_FLOAT_HISTOGRAMS ||
    type === RECORD_CUSTOM_FLOAT_HISTOGRAMS ||
    type === RECORD_FLOAT_HISTOGRAMS_ST
  );
}

function recordTypeOf(value: HistogramValue): number {
  const isCustom = value.schema === CUSTOM_BUCKETS_SCHEMA;
  if (value.isFloat) return isCustom ? RECORD_CUSTOM_FLOAT_HISTOGRAMS : RECORD_FLOAT_HISTOGRAMS;
  return isCustom ? RECORD_CUSTOM_HISTOGRAMS : RECORD_HISTOGRAMS;
}

const scratch = new HistogramValue();

/**
 * Writes a record of those of `columns` that belong into a record of `type`, and says how many they
 * were; with none of them nothing is written.
 */
export function encodeHistograms(
  columns: HistogramColumns,
  type: number,
  into: ByteWriter,
): number {
  const { refs, times, values } = columns;
  let count = 0;
  let baseRef = 0;
  let baseTime = 0;
  for (let i = 0; i < refs.length; i++) {
    values.load(i, scratch);
    if (recordTypeOf(scratch) !== type) continue;
    if (count++ === 0) {
      baseRef = refs.at(i);
      baseTime = baseTimeFor(times.at(i));
      into.u8(type);
      into.i64be(baseRef);
      into.i64be(baseTime);
    }
    writeDelta(refs.at(i), baseRef, into);
    writeDelta(times.at(i), baseTime, into);
    writeHistogram(scratch, into);
  }
  return count;
}

function writeHistogram(value: HistogramValue, into: ByteWriter): void {
  const { isFloat } = value;
  into.u8(value.resetHint);
  into.varint(value.schema);
  into.f64be(value.zeroThreshold);
  if (isFloat) {
    into.f64be(value.zeroCount);
    into.f64be(value.count);
  } else {
    into.uvarint(value.zeroCount);
    into.uvarint(value.count);
  }
  into.u64be(value.sumLow, value.sumHigh);
  writeSpans(value.positiveSpanOffsets, value.positiveSpanLengths, into);
  writeSpans(value.negativeSpanOffsets, value.negativeSpanLengths, into);
  writeBuckets(value.positiveBuckets, isFloat, into);
  writeBuckets(value.negativeBuckets, isFloat, into);
  if (value.schema === CUSTOM_BUCKETS_SCHEMA) writeBuckets(value.customValues, true, into);
}

function writeSpans(offsets: F64Column, lengths: U32Column, into: ByteWriter): void {
  into.uvarint(offsets.length);
  for (let i = 0; i < offsets.length; i++) {
    into.varint(offsets.at(i));
    into.uvarint(lengths.at(i));
  }
}

function writeBuckets(buckets: F64Column, isFloat: boolean, into: ByteWriter): void {
  into.uvarint(buckets.length);
  for (let i = 0; i < buckets.length; i++) {
    if (isFloat) into.f64be(buckets.at(i));
    else into.varint(buckets.at(i));
  }
}

const reader = new DeltaReader();

/**
 * Replaces what is in `into` by the record's histograms, of whichever type it is. Throws OutOfBytes
 * for a malformed record; a count beyond 2^53, which no number here holds exactly, is one.
 */
export function decodeHistograms(record: Uint8Array, into: HistogramColumns): void {
  clearHistograms(into);
  reader.reset(record, 0);
  const type = reader.u8();
  const rows = { into, isFloat: isFloatRecord(type) };
  if (reader.remaining === 0) return;
  if (!hasStarts(type)) reader.readBase();
  else {
    const ref = reader.readFirst();
    readRow(ref, reader.baseTime, rows);
  }
  while (reader.remaining > 0) {
    const ref = hasStarts(type) ? reader.nextRef() : reader.deltaRef();
    const time = reader.deltaTime();
    if (hasStarts(type)) reader.skipStart();
    readRow(ref, time, rows);
  }
}

function readRow(
  ref: number,
  time: number,
  { into, isFloat }: { readonly into: HistogramColumns; readonly isFloat: boolean },
): void {
  readHistogram(reader, isFloat, scratch);
  into.refs.push(ref);
  into.times.push(time);
  into.values.push(scratch);
}

function readHistogram(from: ByteReader, isFloat: boolean, into: HistogramValue): void {
  into.clear();
  into.isFloat = isFloat;
  into.resetHint = from.u8();
  into.schema = from.varint();
  into.zeroThreshold = from.f64be();
  into.zeroCount = isFloat ? from.f64be() : exactCount(from);
  into.count = isFloat ? from.f64be() : exactCount(from);
  from.u64be();
  into.sumLow = from.low;
  into.sumHigh = from.high;
  readSpans(from, into.positiveSpanOffsets, into.positiveSpanLengths);
  readSpans(from, into.negativeSpanOffsets, into.negativeSpanLengths);
  readBuckets(from, isFloat, into.positiveBuckets);
  readBuckets(from, isFloat, into.negativeBuckets);
  if (into.schema === CUSTOM_BUCKETS_SCHEMA) readBuckets(from, true, into.customValues);
}

function exactCount(from: ByteReader): number {
  const count = from.uvarint();
  if (count > Number.MAX_SAFE_INTEGER) {
    throw new OutOfBytes('a histogram count of 2^53 or more', from.position);
  }
  return count;
}

// The counts of spans and buckets are not trusted with an allocation: the columns grow as the
// bytes for each cell turn out to be there.
function readSpans(from: ByteReader, offsets: F64Column, lengths: U32Column): void {
  const count = from.uvarint();
  for (let i = 0; i < count; i++) {
    offsets.push(from.varint());
    lengths.push(from.uvarint());
  }
}

function readBuckets(from: ByteReader, isFloat: boolean, into: F64Column): void {
  const count = from.uvarint();
  for (let i = 0; i < count; i++) into.push(isFloat ? from.f64be() : from.varint());
}
