// Reads chunks out of a block's segment files (docs/formats/chunks-segment.md), each with its
// checksum checked. Lengths are checked against the segment before a byte is fetched.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { crc32cOfRange } from '../../base/bytes/crc32c.ts';
import { type ChunkPlace, chunkCount } from '../../base/chunk/chunk-format.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { ByteSource } from '../byte-source.ts';
import { damagedBlock, readingOf } from '../damage.ts';
import {
  CHUNK_BYTES_MAX,
  CRC_BYTES,
  ENCODING_BYTES,
  LENGTH_BYTES_MAX,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
} from './format.ts';

/** A chunk as stored. `data` is a view that the next read may overwrite. */
export interface StoredChunk {
  encoding: number;
  data: Uint8Array;
  /** The first byte after the chunk's checksum, in its segment. */
  end: number;
}

/** Checks a segment's magic, version and padding; `damaged_block` when they are not right. */
export function checkSegmentHeader(source: ByteSource): void {
  const reader = new ByteReader().reset(source.read(0, SEGMENT_HEADER_BYTES));
  const magic = reader.u32be();
  if (magic !== SEGMENT_MAGIC)
    throw damagedBlock(source.name, 0, `the magic number is ${magic.toString(16)}`);
  const version = reader.u8();
  if (version !== SEGMENT_VERSION)
    throw damagedBlock(source.name, 4, `chunk segment version ${version} is not known`);
  while (reader.remaining > 0) {
    if (reader.u8() !== 0)
      throw damagedBlock(source.name, reader.position - 1, 'padding is not zero');
  }
}

/** The segments of a block, in the order of their numbers. */
export class ChunkSegmentReader {
  readonly #segments: readonly ByteSource[];
  readonly #reader = new ByteReader();

  /** Checks each segment's header. */
  constructor(segments: readonly ByteSource[]) {
    this.#segments = segments;
    for (const segment of segments) checkSegmentHeader(segment);
  }

  /**
   * Fills `into` with the chunk that begins at `offset` of segment number `segment` (from 0).
   * Throws `damaged_block` when there is none or its checksum is wrong.
   */
  read(segment: number, offset: number, into: StoredChunk): void {
    const source = this.#segments.at(segment);
    if (source === undefined)
      throw damagedBlock('chunks', offset, `there is no segment ${segment + 1}`);
    readChunk(source, offset, this.#reader, into);
  }
}

/** Fills `into` with the chunk at `offset` of one segment; `reader` is scratch. */
export function readChunk(
  source: ByteSource,
  offset: number,
  reader: ByteReader,
  into: StoredChunk,
): void {
  const left = source.sizeBytes - offset;
  if (offset < SEGMENT_HEADER_BYTES || left <= 0)
    throw damagedBlock(source.name, offset, 'no chunk begins here');
  const available = Math.min(left, LENGTH_BYTES_MAX);
  const at = source.load(offset, available);
  reader.reset(source.loaded, at, at + available);
  const length = readingOf(source.name, offset - at, () => reader.uvarint());
  const lengthBytes = reader.position - at;
  const whole = lengthBytes + ENCODING_BYTES + length + CRC_BYTES;
  if (length > CHUNK_BYTES_MAX || whole > left)
    throw damagedBlock(source.name, offset, `a chunk of ${length} bytes with ${left} left`);
  const start = source.load(offset, whole) + lengthBytes;
  const dataEnd = start + ENCODING_BYTES + length;
  reader.reset(source.loaded, start, dataEnd + CRC_BYTES);
  into.encoding = reader.u8();
  reader.take(length);
  if (reader.u32be() !== crc32cOfRange(source.loaded, start, dataEnd))
    throw damagedBlock(source.name, offset, 'the checksum of a chunk does not match');
  into.data = source.loaded.subarray(start + ENCODING_BYTES, dataEnd);
  into.end = offset + whole;
}

/** Every encoding begins with the number of its samples. */
const COUNT_BYTES = 2;

/** An empty chunk to be filled by `read`. */
export function emptyChunk(): StoredChunk {
  return { encoding: 0, data: new Uint8Array(0), end: 0 };
}

/** The chunk's data for a ChunkReader; `damaged_chunk` when they cannot even hold a count. */
export function placeOf(chunk: StoredChunk): ChunkPlace {
  const { data, encoding } = chunk;
  if (data.length < COUNT_BYTES)
    throw new VarveError('damaged_chunk', `A chunk of ${data.length} bytes has no sample count`);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return {
    encoding,
    view,
    base: 0,
    lengthBytes: data.length,
    count: chunkCount(encoding, view, 0),
  };
}
