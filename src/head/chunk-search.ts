// Looking a sample up in the chunks of a series: what decides about a sample that is not newer than
// its series. Rare; it decodes at most the chunks whose time range has the sample.

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
    return this.#findInChunk(timeMs, {
      encoding: view.getUint8(at + series.OPEN_ENCODING),
      address: view.getUint32(at + series.OPEN_ADDRESS, true),
      lengthBytes: (view.getUint32(at + series.BITS, true) + 7) >>> 3,
      count: view.getUint16(at + series.COUNT, true),
    });
  }

  #findInLane(record: number, timeMs: number): boolean {
    const { chunks } = this.#memory;
    for (; record !== NO_RECORD; record = this.#nextOf(record)) {
      const view = chunks.view(record);
      const at = chunks.offset(record);
      if (timeMs < view.getFloat64(at + chunk.CHUNK_MIN_TIME, true)) continue;
      if (timeMs > view.getFloat64(at + chunk.CHUNK_MAX_TIME, true)) continue;
      const found = this.#findInChunk(timeMs, {
        encoding: view.getUint8(at + chunk.CHUNK_ENCODING),
        address: view.getUint32(at + chunk.CHUNK_ADDRESS, true),
        lengthBytes: view.getUint32(at + chunk.CHUNK_LENGTH, true),
        count: view.getUint16(at + chunk.CHUNK_COUNT, true),
      });
      if (found) return true;
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
