// Publishing native histograms, in order and late.
//
// The appender makes the chunk in its own buffer; what is new is copied into the block that readers
// see. A recode changes all bytes, so then the chunk gets another block and the old one stays as it
// was until no snapshot knows it. A late histogram goes on in the newest late chunk if it can, else
// gets a chunk of its own: the cut merges them.

import type { PagedRecords } from '../base/bytes/paged-records.ts';
import { NO_RECORD } from '../base/bytes/paged-records.ts';
import {
  type ChunkPlace,
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_HISTOGRAM,
  ENCODING_XOR,
} from '../base/chunk/chunk-format.ts';
import { HistogramAppender } from '../base/chunk/histogram-appender.ts';
import { headerOfFirst } from '../base/chunk/histogram-fit.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import * as chunk from './chunk-record.ts';
import type { EngineMemory } from './engine-memory.ts';
import { type OpenChunks, SPREAD_AT_SAMPLES, spreadEnd } from './open-chunks.ts';
import * as series from './series-record.ts';
import type { Windows } from './windows.ts';

/** A chunk that has become longer than this takes no more histograms. */
const CHUNK_BYTES_MAX = 65_536;

export class HistogramWriter {
  readonly #memory: EngineMemory;
  readonly #records: PagedRecords;
  readonly #open: OpenChunks;
  readonly #windows: Windows;
  readonly #lateAppender = new HistogramAppender();

  constructor(memory: EngineMemory, records: PagedRecords, open: OpenChunks, windows: Windows) {
    this.#memory = memory;
    this.#records = records;
    this.#open = open;
    this.#windows = windows;
  }

  /** Appends a histogram if it is newer than the series' last sample; else says false. */
  append(slot: number, timeMs: number, value: HistogramValue): boolean {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    if (timeMs <= view.getFloat64(at + series.TIME, true)) return false;
    const encoding = view.getUint8(at + series.OPEN_ENCODING);
    if (encoding === chunk.ENCODING_NONE || encoding === ENCODING_XOR)
      this.#begin(slot, timeMs, value, headerOfFirst(value));
    else this.#goOn(slot, timeMs, value);
    view.setFloat64(at + series.TIME, timeMs, true);
    view.setUint32(at + series.LOW, 0, true);
    view.setUint32(at + series.HIGH, 0, true);
    return true;
  }

  /** Inserts a histogram whose time the series does not have yet. */
  insertLate(slot: number, timeMs: number, value: HistogramValue): void {
    const encoding = encodingOf(value);
    const record = this.#lateCandidate(slot, timeMs, encoding);
    const appender = this.#lateAppender;
    if (record !== NO_RECORD) {
      appender.load(this.#placeOf(record));
      if (appender.tryAppend(timeMs, value) !== 'new_chunk') {
        this.#storeLate(record, timeMs, appender);
        return;
      }
    }
    appender.begin(value.isFloat, headerOfFirst(value));
    appender.tryAppend(timeMs, value);
    const what = { timeMs, encoding, limitMs: 0, blockBytes: 0 };
    this.#storeLate(this.#open.push(slot, series.LATE_CHUNKS, what), timeMs, appender);
  }

  #goOn(slot: number, timeMs: number, value: HistogramValue): void {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const record = view.getUint32(at + series.CHUNKS, true);
    const appender = this.#memory.appenders.of(record, () => this.#openPlace(slot));
    if (appender.count === SPREAD_AT_SAMPLES) {
      const limitMs = view.getFloat64(at + series.CHUNK_LIMIT, true);
      const lastMs = view.getFloat64(at + series.TIME, true);
      const endMs = spreadEnd(this.#open.minTimeMs(slot), lastMs, limitMs);
      view.setFloat64(at + series.CHUNK_LIMIT, endMs, true);
    }
    const limitMs = view.getFloat64(at + series.CHUNK_LIMIT, true);
    if (timeMs >= limitMs || appender.lengthBytes > CHUNK_BYTES_MAX) {
      this.#begin(slot, timeMs, value, appender.headerAfterCut(value));
      return;
    }
    const outcome = appender.tryAppend(timeMs, value);
    if (outcome === 'new_chunk') this.#begin(slot, timeMs, value, appender.nextHeader);
    else this.#store(slot, appender, outcome === 'recoded');
  }

  #begin(slot: number, timeMs: number, value: HistogramValue, header: number): void {
    const record = this.#open.open(slot, {
      timeMs,
      encoding: encodingOf(value),
      limitMs: this.#windows.of(timeMs).regionEnd(timeMs),
      blockBytes: 128,
    });
    const appender = this.#memory.appenders.begin(record);
    appender.begin(value.isFloat, header);
    appender.tryAppend(timeMs, value);
    this.#store(slot, appender, false);
  }

  /** Makes the block of the open chunk say what the appender says. */
  #store(slot: number, appender: HistogramAppender, allNew: boolean): void {
    const { arena } = this.#memory;
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const old = view.getUint32(at + series.OPEN_ADDRESS, true);
    const bytes = appender.bytes();
    // What is published must not change, so only bytes behind it are copied into the same block.
    const fits = !allNew && bytes.length <= arena.capacity(old);
    const address = fits ? old : arena.allocate(bytes.length + (bytes.length >>> 1));
    const from = fits ? appender.changedFrom : 0;
    arena.bytes(address).set(bytes.subarray(from), arena.offset(address) + from);
    if (!fits) {
      this.#open.place(slot, address);
      arena.free(old);
    }
    view.setUint32(at + series.BITS, appender.lengthBits, true);
    view.setUint16(at + series.COUNT, appender.count, true);
  }

  #storeLate(record: number, timeMs: number, appender: HistogramAppender): void {
    const { arena, chunks } = this.#memory;
    const view = chunks.view(record);
    const at = chunks.offset(record);
    const old = view.getUint32(at + chunk.CHUNK_ADDRESS, true);
    const bytes = appender.bytes();
    const address = arena.allocate(bytes.length);
    arena.bytes(address).set(bytes, arena.offset(address));
    view.setUint32(at + chunk.CHUNK_ADDRESS, address, true);
    view.setFloat64(at + chunk.CHUNK_MAX_TIME, timeMs, true);
    view.setUint32(at + chunk.CHUNK_LENGTH, bytes.length, true);
    view.setUint16(at + chunk.CHUNK_COUNT, appender.count, true);
    if (old !== 0) arena.free(old);
  }

  /** The newest late chunk of the region, when the histogram is behind its last one. */
  #lateCandidate(slot: number, timeMs: number, encoding: number): number {
    const { chunks } = this.#memory;
    const window = this.#windows.of(timeMs);
    const from = window.regionStart(timeMs);
    const at = this.#records.offset(slot) + series.LATE_CHUNKS;
    let record = this.#records.view(slot).getUint32(at, true);
    while (record !== NO_RECORD) {
      const view = chunks.view(record);
      const recordAt = chunks.offset(record);
      const usable =
        view.getUint8(recordAt + chunk.CHUNK_ENCODING) === encoding &&
        (view.getUint8(recordAt + chunk.CHUNK_FLAGS) & chunk.SEALED) === 0 &&
        view.getFloat64(recordAt + chunk.CHUNK_MIN_TIME, true) >= from &&
        view.getFloat64(recordAt + chunk.CHUNK_MAX_TIME, true) < timeMs &&
        view.getUint32(recordAt + chunk.CHUNK_LENGTH, true) < CHUNK_BYTES_MAX;
      if (usable) return record;
      record = view.getUint32(recordAt + chunk.CHUNK_NEXT, true);
    }
    return NO_RECORD;
  }

  #placeOf(record: number): ChunkPlace {
    const { chunks, arena } = this.#memory;
    const view = chunks.view(record);
    const at = chunks.offset(record);
    const address = view.getUint32(at + chunk.CHUNK_ADDRESS, true);
    return {
      encoding: view.getUint8(at + chunk.CHUNK_ENCODING),
      view: arena.view(address),
      base: arena.offset(address),
      lengthBytes: view.getUint32(at + chunk.CHUNK_LENGTH, true),
      count: view.getUint16(at + chunk.CHUNK_COUNT, true),
    };
  }

  #openPlace(slot: number): ChunkPlace {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const address = view.getUint32(at + series.OPEN_ADDRESS, true);
    return {
      encoding: view.getUint8(at + series.OPEN_ENCODING),
      view: this.#memory.arena.view(address),
      base: this.#memory.arena.offset(address),
      lengthBytes: (view.getUint32(at + series.BITS, true) + 7) >>> 3,
      count: view.getUint16(at + series.COUNT, true),
    };
  }
}

function encodingOf(value: HistogramValue): number {
  return value.isFloat ? ENCODING_FLOAT_HISTOGRAM : ENCODING_HISTOGRAM;
}
