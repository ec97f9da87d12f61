// The chunks of one series as they come from several blocks, in columns: a merge goes through
// hundreds of thousands of them, most of which it only passes on.
//
// A chunk that lies in memory as blocks store it (length, encoding, data, checksum) can be passed
// on by copying those bytes; one that was made here has data only.

import { F64Column, U32Column } from '../bytes/columns.ts';
import { crc32cOfRange } from '../bytes/crc32c.ts';
import type { MadeChunk } from './chunk-builder.ts';
import type { TimedChunk } from './merge-chunks.ts';

/** Of a chunk that no file holds. */
export const NOT_STORED = 0xffff_ffff;

/** See the head of the file. Reused from series to series; its bytes live as long as the arrays. */
export class GatheredChunks {
  readonly minTimes = new F64Column(64);
  readonly maxTimes = new F64Column(64);
  readonly encodings = new U32Column(64);
  /** Samples, as the chunk's header says. */
  readonly counts = new U32Column(64);
  /** Where the data begin and end in the chunk's buffer. */
  readonly starts = new U32Column(64);
  readonly ends = new U32Column(64);
  /** Where the stored form begins and ends in the buffer; NOT_STORED when there is none. */
  readonly storedStarts = new U32Column(64);
  readonly storedEnds = new U32Column(64);
  /** Number of the source; at equal times the sample of the smallest stays. */
  readonly ranks = new U32Column(64);
  /** Where the chunk lies in its source, for whoever finds it damaged. */
  readonly segments = new U32Column(64);
  readonly offsets = new U32Column(64);
  readonly #buffers: Uint8Array[] = [];
  #dataBytes = 0;
  /** Of the buffer that was asked for last: thousands of chunks lie in one. */
  #viewed: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#viewed.buffer);

  get count(): number {
    return this.counts.length;
  }

  /** Bytes of the data of all. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  clear(): void {
    this.minTimes.clear();
    this.maxTimes.clear();
    this.encodings.clear();
    this.counts.clear();
    this.starts.clear();
    this.ends.clear();
    this.storedStarts.clear();
    this.storedEnds.clear();
    this.ranks.clear();
    this.segments.clear();
    this.offsets.clear();
    this.#buffers.length = 0;
    this.#dataBytes = 0;
  }

  /** Begins a chunk: its times. `bytes` or `made` must follow. */
  times(minTimeMs: number, maxTimeMs: number): void {
    this.minTimes.push(minTimeMs);
    this.maxTimes.push(maxTimeMs);
  }

  /** Where the chunk comes from. */
  origin(rank: number, segment: number, offset: number): void {
    this.ranks.push(rank);
    this.segments.push(segment);
    this.offsets.push(offset);
  }

  /** The chunk's data, [start, end) of `buffer`. */
  data(buffer: Uint8Array, start: number, end: number): void {
    this.#buffers.push(buffer);
    this.starts.push(start);
    this.ends.push(end);
    this.#dataBytes += end - start;
  }

  /** What the data are. */
  kind(encoding: number, count: number): void {
    this.encodings.push(encoding);
    this.counts.push(count);
  }

  /** The stored form, in the same buffer. */
  stored(start: number, end: number): void {
    this.storedStarts.push(start);
    this.storedEnds.push(end);
  }

  /** Adds a chunk that was made of others; its number. */
  addMade(chunk: Omit<MadeChunk, 'encoding'> & { readonly encoding: number }, rank = 0): number {
    this.times(chunk.minTimeMs, chunk.maxTimeMs);
    this.origin(rank, NOT_STORED, NOT_STORED);
    this.data(chunk.bytes, 0, chunk.bytes.length);
    this.kind(chunk.encoding, chunk.count);
    this.stored(NOT_STORED, NOT_STORED);
    return this.count - 1;
  }

  /** Takes the chunk away that was added last. */
  removeLast(): void {
    const last = this.count - 1;
    this.#dataBytes -= this.ends.at(last) - this.starts.at(last);
    this.#buffers.length = last;
    for (const column of [this.minTimes, this.maxTimes]) column.length = last;
    for (const column of [this.encodings, this.counts, this.starts, this.ends])
      column.length = last;
    for (const column of [this.storedStarts, this.storedEnds]) column.length = last;
    for (const column of [this.ranks, this.segments, this.offsets]) column.length = last;
  }

  isStored(chunk: number): boolean {
    return this.storedStarts.at(chunk) !== NOT_STORED;
  }

  /**
   * Is the checksum in the stored form right? It covers the encoding's byte and the data, between
   * which and the end it stands. To be asked before a chunk is decoded.
   */
  checksumHolds(chunk: number): boolean {
    if (!this.isStored(chunk)) return true;
    const end = this.ends.at(chunk);
    const stored = this.#viewOf(chunk).getUint32(end);
    return stored === crc32cOfRange(this.buffer(chunk), this.starts.at(chunk) - 1, end);
  }

  /** The array in which the chunk lies. */
  buffer(chunk: number): Uint8Array {
    return this.#buffers[chunk]!;
  }

  /** The chunk's data; a view. */
  bytes(chunk: number): Uint8Array {
    return this.buffer(chunk).subarray(this.starts.at(chunk), this.ends.at(chunk));
  }

  /** The chunk for readers of samples. */
  place(chunk: number): TimedChunk {
    const base = this.starts.at(chunk);
    return {
      encoding: this.encodings.at(chunk),
      view: this.#viewOf(chunk),
      base,
      lengthBytes: this.ends.at(chunk) - base,
      count: this.counts.at(chunk),
      minTimeMs: this.minTimes.at(chunk),
      maxTimeMs: this.maxTimes.at(chunk),
    };
  }

  #viewOf(chunk: number): DataView {
    const buffer = this.buffer(chunk);
    if (buffer !== this.#viewed) {
      this.#viewed = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    }
    return this.#view;
  }
}
