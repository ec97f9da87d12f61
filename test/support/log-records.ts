// Records of a write-ahead log made by hand, and logs made of them: what a real writer never writes
// can be written too.

import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { beginExemplar, beginExemplarsRecord } from '../../src/wal/exemplars-record.ts';
import { beginMetadataRecord, writeMetadata } from '../../src/wal/metadata-record.ts';
import { encodeSamples, makeSampleColumns } from '../../src/wal/samples-record.ts';
import { beginSeries, beginSeriesRecord, writeLabel } from '../../src/wal/series-record.ts';
import { WalLog } from '../../src/wal/wal-log.ts';
import { ManualClock } from './manual-clock.ts';
import type { MemoryDisk } from './memory-disk.ts';

const text = new TextEncoder();

type Text = string | Uint8Array;

/** A series of a record: its reference and its labels in the order in which they are to stand. */
export type SeriesRow = readonly [ref: number, labels: readonly (readonly [Text, Text])[]];

export function record(write: (into: ByteWriter) => void): Uint8Array {
  const into = new ByteWriter();
  write(into);
  return into.view().slice();
}

export function seriesRecord(...rows: readonly SeriesRow[]): Uint8Array {
  return record((into) => {
    beginSeriesRecord(into);
    for (const [ref, labels] of rows) {
      beginSeries(ref, labels.length, into);
      for (const [name, value] of labels) writeLabel(bytesOf(name), bytesOf(value), into);
    }
  });
}

/** A series whose only label is its name. */
export function named(ref: number, name: string): SeriesRow {
  return [ref, [['__name__', name]]];
}

export type SampleRow = readonly [ref: number, timeMs: number, value: number];

export function samplesRecord(...rows: readonly SampleRow[]): Uint8Array {
  const columns = makeSampleColumns();
  const bits = new DataView(new ArrayBuffer(8));
  for (const [ref, timeMs, value] of rows) {
    bits.setFloat64(0, value);
    columns.refs.push(ref);
    columns.times.push(timeMs);
    columns.lows.push(bits.getUint32(4));
    columns.highs.push(bits.getUint32(0));
  }
  return record((into) => encodeSamples(columns, into));
}

/** One float sample with any 64 bits for its time. */
export function sampleAtRecord(ref: number, time: bigint, value: number): Uint8Array {
  const bytes = Buffer.alloc(27);
  bytes.writeUInt8(2, 0);
  bytes.writeBigUInt64BE(BigInt(ref), 1);
  bytes.writeBigInt64BE(time, 9);
  bytes.writeDoubleBE(value, 19);
  return bytes;
}

/** An integer histogram of one bucket that claims `count` observations. */
export function histogramRecord(ref: number, timeMs: number, count: number, bucket = count) {
  return record((into) => {
    into.u8(7);
    into.i64be(ref);
    into.i64be(timeMs);
    into.varint(0);
    into.varint(0);
    into.u8(0);
    into.varint(0); // schema
    into.f64be(0.001);
    into.uvarint(0);
    into.uvarint(count);
    into.f64be(3);
    into.uvarint(1);
    into.varint(0);
    into.uvarint(1);
    into.uvarint(0);
    into.uvarint(1);
    into.varint(bucket);
    into.uvarint(0);
  });
}

export function metadataRecord(ref: number, help: string, type = 1): Uint8Array {
  return record((into) => {
    beginMetadataRecord(into);
    writeMetadata({ ref, type, unit: text.encode('s'), help: text.encode(help) }, into);
  });
}

export function exemplarRecord(ref: number, timeMs: number): Uint8Array {
  return record((into) => {
    const base = { ref, timeMs };
    beginExemplarsRecord(base, into);
    beginExemplar({ ref, timeMs, low: 0, high: 0x3ff00000, labelCount: 0 }, base, into);
  });
}

/** Appends each list of records as a segment of its own. */
export async function writeLog(
  disk: MemoryDisk,
  dir: string,
  segments: readonly (readonly Uint8Array[])[],
  firstSegment = 0,
): Promise<void> {
  const log = new WalLog({ disk, dir, clock: new ManualClock(), firstSegment });
  for (const records of segments) {
    for (const one of records) log.append(one);
    await log.sync();
    log.nextSegment();
  }
  await log.close();
}

/** Puts a file there, whatever was there before. */
export function putFile(disk: MemoryDisk, path: string, bytes: Uint8Array): void {
  disk.makeDir(path.slice(0, path.lastIndexOf('/')));
  disk.removeFile(path);
  const file = disk.openSync(path, 'create');
  if (bytes.length > 0) file.write(bytes, 0);
  file.close();
}

/** Changes a file's bytes in place. */
export function changeFile(disk: MemoryDisk, path: string, change: (bytes: Buffer) => void): void {
  const bytes = Buffer.from(disk.readFile(path));
  change(bytes);
  putFile(disk, path, bytes);
}

function bytesOf(from: Text): Uint8Array {
  return typeof from === 'string' ? text.encode(from) : from;
}
