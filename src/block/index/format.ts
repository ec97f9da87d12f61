// The numbers of the index file, version 2 (docs/formats/index.md), and its table of contents.
//
//   magic, version | symbols | series … | postings … | postings offset table | TOC
//
// Prometheus 3 writes no label indices any more: both of their places in the TOC point to where
// they would be. Older files have them; they are checked and otherwise left alone.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { crc32c } from '../../base/bytes/crc32c.ts';
import { damagedBlock } from '../damage.ts';

/** First four bytes of an index. */
export const INDEX_MAGIC = 0xbaaad700;
/** The version that is written. */
export const INDEX_VERSION = 2;
/** Every Prometheus since 2.55 reads this one as it reads 2; none has written it so far. */
const INDEX_VERSION_RESERVED = 3;
/** Which versions are read. */
export const INDEX_VERSIONS_READ: readonly number[] = [INDEX_VERSION, INDEX_VERSION_RESERVED];
/** Magic and version. */
export const INDEX_HEADER_BYTES = 5;
/** A series' reference is its offset divided by this. */
export const SERIES_ALIGNMENT = 16;
/** Lists begin at multiples of this. */
export const POSTINGS_ALIGNMENT = 4;
/** A checksum behind each part. */
export const CRC_BYTES = 4;
/** Six offsets of eight bytes, and the checksum. */
export const TOC_BYTES = 6 * 8 + CRC_BYTES;
/** Series references are 32 bits of 16 bytes each. */
export const INDEX_BYTES_MAX = SERIES_ALIGNMENT * 0xffff_ffff;
/** Limit of the length fields. */
export const SECTION_BYTES_MAX = 0xffff_ffff;
/** No series is near this (one of 10,000 chunks is some 100 KiB); a larger length is damage. */
export const SERIES_BYTES_MAX = 16 * 1024 * 1024;
/** The symbols are held in memory by whoever reads an index; 1 GiB is some 30 million of them. */
export const SYMBOLS_BYTES_MAX = 1024 * 1024 * 1024;
/** Pairs of name and value in a postings offset table's entry. */
export const POSTINGS_KEYS = 2;

const TWO_32 = 0x1_0000_0000;

/** Where the sections begin, in bytes from the start of the file; 0 says there is none. */
export interface Toc {
  readonly symbols: number;
  readonly series: number;
  readonly labelIndices: number;
  readonly labelIndicesTable: number;
  readonly postings: number;
  readonly postingsTable: number;
}

/** The six offsets in the file's order. */
function tocOffsets(toc: Toc): readonly number[] {
  return [
    toc.symbols,
    toc.series,
    toc.labelIndices,
    toc.labelIndicesTable,
    toc.postings,
    toc.postingsTable,
  ];
}

/** Appends the table of contents with its checksum. */
export function writeToc(into: ByteWriter, toc: Toc): void {
  const start = into.length;
  for (const offset of tocOffsets(toc)) into.i64be(offset);
  into.u32be(crc32c(into.view().subarray(start)));
}

/**
 * Reads the table of contents from the last TOC_BYTES of a file of `fileBytes`. Throws
 * `damaged_block` when its checksum is wrong or an offset lies outside of the file.
 */
export function readToc(file: string, bytes: Uint8Array, fileBytes: number): Toc {
  const base = fileBytes - TOC_BYTES;
  const reader = new ByteReader().reset(bytes);
  const offsets: number[] = [];
  for (let i = 0; i < 6; i++) {
    reader.u64be();
    offsets.push(reader.high * TWO_32 + reader.low);
  }
  if (reader.u32be() !== crc32c(bytes.subarray(0, TOC_BYTES - CRC_BYTES)))
    throw damagedBlock(file, base, 'the checksum of the table of contents does not match');
  for (const [i, offset] of offsets.entries()) {
    if (offset > base || (offset > 0 && offset < INDEX_HEADER_BYTES))
      throw damagedBlock(file, base + 8 * i, `the section at ${offset} is outside of the file`);
  }
  const [symbols = 0, series = 0, labelIndices = 0, labelIndicesTable = 0] = offsets;
  const [postings = 0, postingsTable = 0] = offsets.slice(4);
  return { symbols, series, labelIndices, labelIndicesTable, postings, postingsTable };
}

/** Sections must all be there, and follow each other in the order in which they are written. */
export function sectionsAreInOrder(toc: Toc): boolean {
  const order = [toc.symbols, toc.series, toc.labelIndices, toc.postings].filter((o) => o > 0);
  order.push(toc.labelIndicesTable || toc.postingsTable, toc.postingsTable);
  const isOrdered = order.every((offset, i) => i === 0 || offset >= (order.at(i - 1) ?? 0));
  const isThere = toc.symbols > 0 && toc.series > 0 && toc.postings > 0 && toc.postingsTable > 0;
  return isOrdered && isThere;
}

/** The bytes that Go's uvarint takes for a whole number up to 2^53. */
export function uvarintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
