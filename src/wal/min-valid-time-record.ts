// The record that a newer Prometheus's checkpoint begins with (type 14): how far its log was
// truncated so far. docs/formats/wal.md, "Minimum valid time".
// Varve writes none of its own; it keeps that of a Prometheus whose directory it took over.

import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { RECORD_MIN_VALID_TIME } from './format.ts';
import { DeltaReader, writeWholeTime } from './record-numbers.ts';

/** Writes the record; `timeMs` may be ±Infinity. */
export function encodeMinValidTime(timeMs: number, into: ByteWriter): void {
  into.u8(RECORD_MIN_VALID_TIME);
  writeWholeTime(timeMs, into);
}

const reader = new DeltaReader();

/** The record's time, milliseconds, ±Infinity beyond ±2^53. Throws OutOfBytes when malformed. */
export function decodeMinValidTime(record: Uint8Array): number {
  reader.reset(record, 1);
  const timeMs = reader.wholeTime();
  if (reader.remaining > 0)
    throw new OutOfBytes(`${reader.remaining} bytes behind it`, reader.position);
  return timeMs;
}
