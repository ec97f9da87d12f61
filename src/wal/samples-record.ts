// Float sample records (type 2; type 11, with start timestamps, is read only).
// docs/formats/wal.md, "Samples".
// Values are 64-bit patterns in two halves: a stale marker is a NaN whose payload must survive.

import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { RECORD_SAMPLES, RECORD_SAMPLES_ST } from './format.ts';
import { baseTimeFor, DeltaReader, writeDelta } from './record-numbers.ts';

/** Float samples, a cell of each column per sample. */
export interface SampleColumns {
  /** WAL references of the series. */
  readonly refs: F64Column;
  /** Milliseconds. */
  readonly times: F64Column;
  readonly lows: U32Column;
  readonly highs: U32Column;
}

/** Empty columns. */
export function makeSampleColumns(): SampleColumns {
  return {
    refs: new F64Column(1024),
    times: new F64Column(1024),
    lows: new U32Column(1024),
    highs: new U32Column(1024),
  };
}

/** Empties the columns and keeps their memory. */
export function clearSamples(columns: SampleColumns): void {
  columns.refs.clear();
  columns.times.clear();
  columns.lows.clear();
  columns.highs.clear();
}

/** Writes a record of samples `[start, end)`. */
export function encodeSamples(
  columns: SampleColumns,
  into: ByteWriter,
  { start = 0, end = columns.refs.length }: { readonly start?: number; readonly end?: number } = {},
): void {
  const { refs, times, lows, highs } = columns;
  into.u8(RECORD_SAMPLES);
  if (start >= end) return;
  const baseRef = refs.at(start);
  const baseTime = baseTimeFor(times.at(start));
  into.i64be(baseRef);
  into.i64be(baseTime);
  for (let i = start; i < end; i++) {
    writeDelta(refs.at(i), baseRef, into);
    writeDelta(times.at(i), baseTime, into);
    into.u64be(lows.at(i), highs.at(i));
  }
}

const reader = new DeltaReader();

/**
 * Replaces what is in `into` by the record's samples, of either type; times beyond ±2^53 are
 * ±Infinity. Throws OutOfBytes for a malformed record.
 */
export function decodeSamples(record: Uint8Array, into: SampleColumns): void {
  clearSamples(into);
  reader.reset(record, 0);
  const type = reader.u8();
  if (reader.remaining === 0) return;
  if (type === RECORD_SAMPLES_ST) readWithStarts(into);
  else readSamples(into);
}

function readSamples({ refs, times, lows, highs }: SampleColumns): void {
  reader.readBase();
  while (reader.remaining > 0) {
    refs.push(reader.deltaRef());
    times.push(reader.deltaTime());
    reader.u64Into(lows, highs);
  }
}

function readWithStarts({ refs, times, lows, highs }: SampleColumns): void {
  refs.push(reader.readFirst());
  times.push(reader.baseTime);
  reader.u64Into(lows, highs);
  while (reader.remaining > 0) {
    refs.push(reader.nextRef());
    times.push(reader.deltaTime());
    reader.skipStart();
    reader.u64Into(lows, highs);
  }
}
