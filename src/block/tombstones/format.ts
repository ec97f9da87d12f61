// The tombstones file of a block: which times of which series are deleted
// (docs/formats/tombstones.md). A pure codec.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { crc32c } from '../../base/bytes/crc32c.ts';
import { damagedBlock, readingOf } from '../damage.ts';
import { addInterval, type Interval } from './intervals.ts';

/** First four bytes of the file. */
export const TOMBSTONES_MAGIC = 0x0130ba30;
/** The only version there is. */
export const TOMBSTONES_VERSION = 1;
const HEADER_BYTES = 5;
const CRC_BYTES = 4;
/** Deletions are made by hand; a file like this one holds millions of them. */
export const TOMBSTONES_BYTES_MAX = 256 * 1024 * 1024;

/** Deleted intervals by series reference; each list is sorted and without overlaps. */
export type Tombstones = ReadonlyMap<number, readonly Interval[]>;

/** Parses a tombstones file; `file` names it in errors, which are `damaged_block`. */
export function parseTombstones(bytes: Uint8Array, file: string): Tombstones {
  if (bytes.length < HEADER_BYTES + CRC_BYTES)
    throw damagedBlock(file, bytes.length, 'the file is shorter than an empty one');
  const reader = new ByteReader().reset(bytes);
  const magic = reader.u32be();
  if (magic !== TOMBSTONES_MAGIC)
    throw damagedBlock(file, 0, `the magic number is ${magic.toString(16)}`);
  const version = reader.u8();
  if (version !== TOMBSTONES_VERSION)
    throw damagedBlock(file, 4, `tombstones version ${version} is not known`);
  const end = bytes.length - CRC_BYTES;
  const stored = reader.reset(bytes, end).u32be();
  // The version byte is not covered: so it came to be, and so it stayed.
  if (stored !== crc32c(bytes.subarray(HEADER_BYTES, end)))
    throw damagedBlock(file, end, 'the checksum does not match');
  return readingOf(file, 0, () => readIntervals(reader.reset(bytes, HEADER_BYTES, end), file));
}

function readIntervals(reader: ByteReader, file: string): Tombstones {
  const tombstones = new Map<number, Interval[]>();
  while (reader.remaining > 0) {
    const at = reader.position;
    const ref = reader.uvarint();
    if (!Number.isSafeInteger(ref)) throw damagedBlock(file, at, 'a reference is beyond 2^53');
    const minTimeMs = reader.varint();
    const maxTimeMs = reader.varint();
    if (maxTimeMs < minTimeMs) throw damagedBlock(file, at, 'an interval ends before it begins');
    tombstones.set(ref, addInterval(tombstones.get(ref) ?? [], { minTimeMs, maxTimeMs }));
  }
  return tombstones;
}

/** The bytes of a tombstones file, series by reference. */
export function printTombstones(tombstones: Tombstones): Uint8Array {
  const writer = new ByteWriter(1024);
  writer.u32be(TOMBSTONES_MAGIC);
  writer.u8(TOMBSTONES_VERSION);
  for (const [ref, intervals] of [...tombstones].sort(([a], [b]) => a - b)) {
    for (const { minTimeMs, maxTimeMs } of intervals) {
      writer.uvarint(ref);
      writer.varint(minTimeMs);
      writer.varint(maxTimeMs);
    }
  }
  writer.u32be(crc32c(writer.view().subarray(HEADER_BYTES)));
  return writer.view().slice();
}
