// One series as the index holds it, in a reused object: label symbols and the places of its chunks
// (docs/formats/index.md, Series). Encoding and decoding of the entry's body, between its length
// and its checksum.
//
// Times and references are deltas. Chunk references are 64 bits: segment number in the upper half,
// byte offset in the lower.

import type { ByteReader } from '../../base/bytes/byte-reader.ts';
import { OutOfBytes } from '../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { F64Column, U32Column } from '../../base/bytes/columns.ts';

const TWO_32 = 0x1_0000_0000;

/** A series of an index. Filled again and again; nothing of it outlives the next fill. */
export class SeriesEntry {
  /** The series' number in postings: its offset in the index divided by 16. */
  ref = 0;
  /** Name, value, name, value …: symbol numbers, by name. */
  readonly labels = new U32Column(32);
  /** First and last sample's time of each chunk, milliseconds, both inclusive. */
  readonly chunkMinTimes = new F64Column(16);
  readonly chunkMaxTimes = new F64Column(16);
  /** Number of the chunk's segment (0 is the file 000001) and the chunk's offset in it. */
  readonly chunkSegments = new U32Column(16);
  readonly chunkOffsets = new U32Column(16);

  get chunkCount(): number {
    return this.chunkOffsets.length;
  }

  clear(): void {
    this.ref = 0;
    this.labels.clear();
    this.chunkMinTimes.clear();
    this.chunkMaxTimes.clear();
    this.chunkSegments.clear();
    this.chunkOffsets.clear();
  }

  /** Appends a chunk's place. */
  addChunk(minTimeMs: number, maxTimeMs: number, segment: number, offset: number): void {
    this.chunkMinTimes.push(minTimeMs);
    this.chunkMaxTimes.push(maxTimeMs);
    this.chunkSegments.push(segment);
    this.chunkOffsets.push(offset);
  }
}

/** Appends the body of `entry`. Its times must not go back, nor its chunk places. */
export function encodeSeries(entry: SeriesEntry, into: ByteWriter): void {
  into.uvarint(entry.labels.length / 2);
  for (let i = 0; i < entry.labels.length; i++) into.uvarint(entry.labels.at(i));
  const count = entry.chunkCount;
  into.uvarint(count);
  for (let i = 0; i < count; i++) {
    const minTimeMs = entry.chunkMinTimes.at(i);
    const segment = entry.chunkSegments.at(i);
    const offset = entry.chunkOffsets.at(i);
    if (i === 0) {
      into.varint(minTimeMs);
      into.uvarint(entry.chunkMaxTimes.at(i) - minTimeMs);
      into.uvarint64(offset, segment);
    } else {
      into.uvarint(minTimeMs - entry.chunkMaxTimes.at(i - 1));
      into.uvarint(entry.chunkMaxTimes.at(i) - minTimeMs);
      const segments = segment - entry.chunkSegments.at(i - 1);
      into.varint(segments * TWO_32 + (offset - entry.chunkOffsets.at(i - 1)));
    }
  }
}

/**
 * Fills `into` from an entry's body, all of which must be used. Throws OutOfBytes where it is not
 * as the format demands, before anything larger than the body is allocated.
 */
export function decodeSeries(body: ByteReader, symbolCount: number, into: SeriesEntry): void {
  const labels = boundedCount(body, 2);
  body.symbolsInto(into.labels, 2 * labels, symbolCount);
  const chunks = boundedCount(body, 3);
  for (let i = 0; i < chunks; i++) decodeChunk(body, i, into);
  if (body.remaining !== 0) throw new OutOfBytes('bytes are left over in a series', body.position);
}

function decodeChunk(body: ByteReader, i: number, into: SeriesEntry): void {
  const at = body.position;
  const minTimeMs = i === 0 ? body.varint() : into.chunkMaxTimes.at(i - 1) + signed(body);
  const maxTimeMs = minTimeMs + signed(body);
  if (!Number.isSafeInteger(minTimeMs) || !Number.isSafeInteger(maxTimeMs))
    throw new OutOfBytes('a time is beyond 2^53', at);
  if (i === 0) {
    body.uvarint64();
    into.addChunk(minTimeMs, maxTimeMs, body.high, body.low);
  } else {
    body.varint();
    const low = into.chunkOffsets.at(i - 1) + body.low;
    const carry = low >= TWO_32 ? 1 : 0;
    const high = (into.chunkSegments.at(i - 1) + body.high + carry) >>> 0;
    into.addChunk(minTimeMs, maxTimeMs, high, low >>> 0);
  }
}

/** Prometheus writes differences as unsigned; one that goes back comes as its two's complement. */
function signed(body: ByteReader): number {
  body.uvarint();
  return (body.high | 0) * TWO_32 + body.low;
}

/** A count of things that take at least `bytesEach`, so it cannot be larger than what is left. */
function boundedCount(body: ByteReader, bytesEach: number): number {
  const at = body.position;
  const count = body.uvarint();
  if (count * bytesEach > body.remaining) throw new OutOfBytes(`a count of ${count}`, at);
  return count;
}
