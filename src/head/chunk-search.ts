// Looking a sample up in the chunks of a series: what decides about a sample that is not newer than
// its series. Rare; it decodes at most the chunks whose time range has the sample.

import type { BitSet } from '../base/bytes/bit-set.ts';
import type { F64Column } from '../base/bytes/columns.ts';
import type { PagedRecords } from '../base/bytes/paged-records.ts';
import { NO_RECORD } from '../base/bytes/paged-records.ts';
import { ENCODING_XOR } from '../base/chunk/chunk-format.ts';
import { HistogramReader } from '../base/chunk/histogram-reader.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import { XorReader } from '../base/chunk/xor-reader.ts';
import * as chunk from './chunk-record.ts';
import type { EngineMemory } from './engine-memory.ts';
import * as series from './series-record.ts';

export class ChunkSearch {
  /** What `find` found. */
  isHistogram = false;
  low = 0;
  high = 0;
  readonly histogram = new HistogramValue();
  readonly #memory: EngineMemory;
  readonly #records: PagedRecords;
  readonly #xor = new XorReader();
  readonly #histogramReader = new HistogramReader();

  constructor(memory: EngineMemory, records: PagedRecords) {
    this.#memory = memory;
    this.#records = records;
  }

  /** True when a published sample of the series has that time. */
  find(slot: number, timeMs: number): boolean {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const open = view.getUint8(at + series.OPEN_ENCODING) !== chunk.ENCODING_NONE;
    let first = view.getUint32(at + series.CHUNKS, true);
    if (open) {
      if (this.#findInOpen(view, at, timeMs)) return true;
      first = this.#nextOf(first);
    }
    if (this.#findInLane(first, timeMs)) return true;
    return this.#findInLane(view.getUint32(at + series.LATE_CHUNKS, true), timeMs);
  }

  /** Adds to `found` the index of each of `times` (they ascend) that a published sample has. */
  markTimes(slot: number, times: F64Column, found: BitSet): void {
    if (times.length === 0) return;
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    let first = view.getUint32(at + series.CHUNKS, true);
    if (view.getUint8(at + series.OPEN_ENCODING) !== chunk.ENCODING_NONE) {
      const { chunks } = this.#memory;
      const record = chunks.view(first);
      const minMs = record.getFloat64(chunks.offset(first) + chunk.CHUNK_MIN_TIME, true);
      const maxMs = view.getFloat64(at + series.TIME, true);
      if (overlaps(times, minMs, maxMs)) this.#markIn(openChunk(view, at), times, found);
      first = this.#nextOf(first);
    }
    this.#markInLane(first, times, found);
    this.#markInLane(view.getUint32(at + series.LATE_CHUNKS, true), times, found);
  }

  #markInLane(record: number, times: F64Column, found: BitSet): void {
    const { chunks } = this.#memory;
    for (; record !== NO_RECORD; record = this.#nextOf(record)) {
      const view = chunks.view(record);
      const at = chunks.offset(record);
      const minMs = view.getFloat64(at + chunk.CHUNK_MIN_TIME, true);
      const maxMs = view.getFloat64(at + chunk.CHUNK_MAX_TIME, true);
      if (overlaps(times, minMs, maxMs)) this.#markIn(closedChunk(view, at), times, found);
    }
  }

  #markIn(place: ArenaChunk, times: F64Column, found: BitSet): void {
    const view = this.#memory.arena.view(place.address);
    const base = this.#memory.arena.offset(place.address);
    const isFloat = place.encoding === ENCODING_XOR;
    const reader = isFloat ? this.#xor : this.#histogramReader;
    if (isFloat) this.#xor.reset(view, base, place.lengthBytes, place.count);
    else this.#histogramReader.reset({ ...place, view, base });
    for (let i = 0; i < times.length && reader.next(); ) {
      while (i < times.length && times.at(i) < reader.timeMs) i++;
      if (i < times.length && times.at(i) === reader.timeMs) found.add(i++);
    }
  }

  #nextOf(record: number): number {
    const { chunks } = this.#memory;
    return chunks.view(record).getUint32(chunks.offset(record) + chunk.CHUNK_NEXT, true);
  }

  #findInOpen(view: DataView, at: number, timeMs: number): boolean {
    const { chunks } = this.#memory;
    const record = view.getUint32(at + series.CHUNKS, true);
    const minMs = chunks
      .view(record)
      .getFloat64(chunks.offset(record) + chunk.CHUNK_MIN_TIME, true);
    if (timeMs < minMs || timeMs > view.getFloat64(at + series.TIME, true)) return false;
    return this.#findInChunk(timeMs, openChunk(view, at));
  }

  #findInLane(record: number, timeMs: number): boolean {
    const { chunks } = this.#memory;
    for (; record !== NO_RECORD; record = this.#nextOf(record)) {
      const view = chunks.view(record);
      const at = chunks.offset(record);
      if (timeMs < view.getFloat64(at + chunk.CHUNK_MIN_TIME, true)) continue;
      if (timeMs > view.getFloat64(at + chunk.CHUNK_MAX_TIME, true)) continue;
      if (this.#findInChunk(timeMs, closedChunk(view, at))) return true;
    }
    return false;
  }

  #findInChunk(timeMs: number, place: ArenaChunk): boolean {
    const view = this.#memory.arena.view(place.address);
    const base = this.#memory.arena.offset(place.address);
    if (place.encoding === ENCODING_XOR) {
      const reader = this.#xor;
      reader.reset(view, base, place.lengthBytes, place.count);
      while (reader.next()) {
        if (reader.timeMs < timeMs) continue;
        if (reader.timeMs > timeMs) return false;
        this.isHistogram = false;
        this.low = reader.low;
        this.high = reader.high;
        return true;
      }
      return false;
    }
    const reader = this.#histogramReader;
    reader.reset({ ...place, view, base });
    while (reader.next()) {
      if (reader.timeMs < timeMs) continue;
      if (reader.timeMs > timeMs) return false;
      this.isHistogram = true;
      reader.load(this.histogram);
      return true;
    }
    return false;
  }
}

interface ArenaChunk {
  readonly encoding: number;
  readonly address: number;
  readonly lengthBytes: number;
  readonly count: number;
}

/** The open chunk of the series record at `at`. */
function openChunk(view: DataView, at: number): ArenaChunk {
  return {
    encoding: view.getUint8(at + series.OPEN_ENCODING),
    address: view.getUint32(at + series.OPEN_ADDRESS, true),
    lengthBytes: (view.getUint32(at + series.BITS, true) + 7) >>> 3,
    count: view.getUint16(at + series.COUNT, true),
  };
}

/** The chunk of the chunk record at `at`. */
function closedChunk(view: DataView, at: number): ArenaChunk {
  return {
    encoding: view.getUint8(at + chunk.CHUNK_ENCODING),
    address: view.getUint32(at + chunk.CHUNK_ADDRESS, true),
    lengthBytes: view.getUint32(at + chunk.CHUNK_LENGTH, true),
    count: view.getUint16(at + chunk.CHUNK_COUNT, true),
  };
}

function overlaps(times: F64Column, minMs: number, maxMs: number): boolean {
  return times.at(times.length - 1) >= minMs && times.at(0) <= maxMs;
}
