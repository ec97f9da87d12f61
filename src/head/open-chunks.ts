// Beginning and closing the open chunk of a series: what float and histogram writers share.

import type { PagedRecords } from '../base/bytes/paged-records.ts';
import { ENCODING_XOR } from '../base/chunk/chunk-format.ts';
import { NO_WINDOW, XOR_HEADER_BYTES } from '../base/chunk/xor-state.ts';
import * as chunk from './chunk-record.ts';
import type { EngineMemory } from './engine-memory.ts';
import * as series from './series-record.ts';

/** A chunk's first block: four usual samples fit. */
export const FIRST_BLOCK_BYTES = 64;
/** Samples after which the end of a chunk is chosen, and above which it has none (Prometheus). */
export const SPREAD_AT_SAMPLES = 30;
export const CHUNK_SAMPLES_MAX = 240;

/** What a chunk is opened for. Times are milliseconds. */
export interface NewChunk {
  readonly timeMs: number;
  readonly encoding: number;
  /** A sample at or after this time belongs to another chunk. */
  readonly limitMs: number;
  /** Bytes of its first block. */
  readonly blockBytes: number;
}

export class OpenChunks {
  readonly #memory: EngineMemory;
  readonly #records: PagedRecords;
  #count = 0;

  constructor(memory: EngineMemory, records: PagedRecords) {
    this.#memory = memory;
    this.#records = records;
  }

  /** Chunks of both lanes made and not yet forgotten. */
  get count(): number {
    return this.#count;
  }

  /** Closes the open chunk, if there is one: its record is complete and it never changes again. */
  close(slot: number): void {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    if (view.getUint8(at + series.OPEN_ENCODING) === chunk.ENCODING_NONE) return;
    const record = view.getUint32(at + series.CHUNKS, true);
    const { chunks, arena } = this.#memory;
    const recordView = chunks.view(record);
    const recordAt = chunks.offset(record);
    const address = view.getUint32(at + series.OPEN_ADDRESS, true);
    const count = view.getUint16(at + series.COUNT, true);
    const length = (view.getUint32(at + series.BITS, true) + 7) >>> 3;
    recordView.setUint32(recordAt + chunk.CHUNK_ADDRESS, address, true);
    recordView.setFloat64(
      recordAt + chunk.CHUNK_MAX_TIME,
      view.getFloat64(at + series.TIME, true),
      true,
    );
    recordView.setUint32(recordAt + chunk.CHUNK_LENGTH, length, true);
    recordView.setUint16(recordAt + chunk.CHUNK_COUNT, count, true);
    recordView.setUint8(
      recordAt + chunk.CHUNK_FLAGS,
      recordView.getUint8(recordAt + chunk.CHUNK_FLAGS) | chunk.SEALED,
    );
    // Big-endian, as chunks have it.
    arena.view(address).setUint16(arena.offset(address), count);
    view.setUint8(at + series.OPEN_ENCODING, chunk.ENCODING_NONE);
    view.setFloat64(at + series.CHUNK_LIMIT, Number.NEGATIVE_INFINITY, true);
    if (recordView.getUint8(recordAt + chunk.CHUNK_ENCODING) !== ENCODING_XOR)
      this.#memory.appenders.drop(record);
  }

  /** Closes the open chunk and begins an empty one. Returns its record. */
  open(slot: number, what: NewChunk): number {
    this.close(slot);
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const { arena } = this.#memory;
    const record = this.push(slot, series.CHUNKS, what);
    const address = arena.allocate(what.blockBytes);
    const flags = view.getUint8(at + series.FLAGS) & ~series.PUBLISHED_HISTOGRAM;
    const kind = what.encoding === ENCODING_XOR ? 0 : series.PUBLISHED_HISTOGRAM;
    view.setUint8(at + series.FLAGS, flags | kind);
    view.setUint8(at + series.OPEN_ENCODING, what.encoding);
    view.setUint8(at + series.LEADING, NO_WINDOW);
    view.setUint8(at + series.TRAILING, 0);
    view.setFloat64(at + series.CHUNK_LIMIT, what.limitMs, true);
    view.setFloat64(at + series.DELTA, 0, true);
    view.setUint32(at + series.BITS, XOR_HEADER_BYTES * 8, true);
    view.setUint16(at + series.COUNT, 0, true);
    this.place(slot, address);
    return record;
  }

  /** Adds a chunk record in front of a lane. */
  push(
    slot: number,
    lane: typeof series.CHUNKS | typeof series.LATE_CHUNKS,
    what: NewChunk,
  ): number {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot) + lane;
    const { chunks } = this.#memory;
    const record = chunks.allocate();
    const recordView = chunks.view(record);
    const recordAt = chunks.offset(record);
    recordView.setUint32(recordAt + chunk.CHUNK_NEXT, view.getUint32(at, true), true);
    recordView.setFloat64(recordAt + chunk.CHUNK_MIN_TIME, what.timeMs, true);
    recordView.setUint8(recordAt + chunk.CHUNK_ENCODING, what.encoding);
    view.setUint32(at, record, true);
    this.#count++;
    return record;
  }

  /** The open chunk's bytes are in this block from now on. */
  place(slot: number, address: number): void {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    view.setUint32(at + series.OPEN_ADDRESS, address, true);
    view.setUint16(
      at + series.CAPACITY,
      Math.min(0xffff, this.#memory.arena.capacity(address)),
      true,
    );
  }

  /** Frees a chunk that is in no lane any more. */
  forget(record: number): void {
    const { chunks, arena } = this.#memory;
    const address = chunks
      .view(record)
      .getUint32(chunks.offset(record) + chunk.CHUNK_ADDRESS, true);
    arena.free(address);
    chunks.free(record);
    this.#count--;
  }

  /** First time of the open chunk. */
  minTimeMs(slot: number): number {
    const { chunks } = this.#memory;
    const record = this.#records
      .view(slot)
      .getUint32(this.#records.offset(slot) + series.CHUNKS, true);
    return chunks.view(record).getFloat64(chunks.offset(record) + chunk.CHUNK_MIN_TIME, true);
  }
}

/**
 * Where a chunk should end so that chunks are about equally long up to `maxMs`, judged when it is a
 * quarter full (Prometheus's computeChunkEndTime, tsdb/head_append.go).
 */
export function spreadEnd(startMs: number, currentMs: number, maxMs: number): number {
  const chunks = (maxMs - startMs) / ((currentMs - startMs + 1) * 4);
  if (chunks <= 1) return maxMs;
  return Math.floor(startMs + (maxMs - startMs) / Math.floor(chunks));
}
