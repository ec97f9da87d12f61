// Publishing late floats: samples that are not newer than their series' last one.
//
// They go to the late lane, into the chunk of their region whose times are nearest: at its end when
// they are newer than its last, else the chunk is made anew with the sample in its place (another
// block; the old one may still be read). Full chunks are halved. Sealed chunks are never touched.
// The appender's state stands in the last LATE_STATE_BYTES of the chunk's block.

import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { NO_RECORD, type PagedRecords } from '../base/bytes/paged-records.ts';
import { ENCODING_XOR, SAMPLES_PER_CHUNK } from '../base/chunk/chunk-format.ts';
import {
  XOR_APPEND_BYTES_MAX,
  xorAppend,
  xorHasRoom,
  xorHeaderWrite,
} from '../base/chunk/xor-append.ts';
import { XorReader } from '../base/chunk/xor-reader.ts';
import { XorState } from '../base/chunk/xor-state.ts';
import * as chunk from './chunk-record.ts';
import type { EngineMemory } from './engine-memory.ts';
import { LATE_STATE_BYTES, loadLateState, storeLateState } from './late-state.ts';
import type { OpenChunks } from './open-chunks.ts';
import * as series from './series-record.ts';
import type { Windows } from './windows.ts';

/** More than any chunk of SAMPLES_PER_CHUNK samples needs. */
const SCRATCH_BYTES = 4096 - LATE_STATE_BYTES;

export class LateWriter {
  readonly #memory: EngineMemory;
  readonly #records: PagedRecords;
  readonly #open: OpenChunks;
  readonly #windows: Windows;
  readonly #state = new XorState();
  readonly #reader = new XorReader();
  readonly #scratch = new DataView(new ArrayBuffer(SCRATCH_BYTES));
  readonly #times = new F64Column(SAMPLES_PER_CHUNK + 1);
  readonly #lows = new U32Column(SAMPLES_PER_CHUNK + 1);
  readonly #highs = new U32Column(SAMPLES_PER_CHUNK + 1);

  constructor(memory: EngineMemory, records: PagedRecords, open: OpenChunks, windows: Windows) {
    this.#memory = memory;
    this.#records = records;
    this.#open = open;
    this.#windows = windows;
  }

  /** Inserts a sample whose time the series does not have yet. */
  insert(slot: number, timeMs: number, low: number, high: number): void {
    const record = this.#choose(slot, timeMs);
    if (record === NO_RECORD || !this.#appended(record, timeMs, low, high)) {
      this.#clear();
      if (record === NO_RECORD) this.#push(timeMs, low, high);
      else this.#decode(record, timeMs, low, high);
      this.#rewrite(slot, record);
    }
  }

  /** The chunk to take the sample, or NO_RECORD for a new one. */
  #choose(slot: number, timeMs: number): number {
    const window = this.#windows.of(timeMs);
    const from = window.regionStart(timeMs);
    const to = window.regionEnd(timeMs);
    const { chunks } = this.#memory;
    let chosen = NO_RECORD;
    let chosenMin = Number.NEGATIVE_INFINITY;
    let next = NO_RECORD;
    const at = this.#records.offset(slot) + series.LATE_CHUNKS;
    for (
      let record = this.#records.view(slot).getUint32(at, true);
      record !== NO_RECORD;
      record = next
    ) {
      const view = chunks.view(record);
      const recordAt = chunks.offset(record);
      next = view.getUint32(recordAt + chunk.CHUNK_NEXT, true);
      const min = view.getFloat64(recordAt + chunk.CHUNK_MIN_TIME, true);
      const usable =
        min >= from &&
        min < to &&
        (view.getUint8(recordAt + chunk.CHUNK_FLAGS) & chunk.SEALED) === 0 &&
        view.getUint8(recordAt + chunk.CHUNK_ENCODING) === ENCODING_XOR;
      if (!usable) continue;
      // The last that begins before the sample; without one, any.
      if (chosen !== NO_RECORD && (min > timeMs || min < chosenMin)) continue;
      chosen = record;
      chosenMin = min > timeMs ? Number.NEGATIVE_INFINITY : min;
    }
    return chosen;
  }

  /** True when the sample is newer than the chunk's last and there was room for it. */
  #appended(record: number, timeMs: number, low: number, high: number): boolean {
    const { chunks, arena } = this.#memory;
    const view = chunks.view(record);
    const at = chunks.offset(record);
    if (timeMs <= view.getFloat64(at + chunk.CHUNK_MAX_TIME, true)) return false;
    const count = view.getUint16(at + chunk.CHUNK_COUNT, true);
    const address = view.getUint32(at + chunk.CHUNK_ADDRESS, true);
    const block = arena.view(address);
    const base = arena.offset(address);
    const capacity = arena.capacity(address) - LATE_STATE_BYTES;
    const state = this.#state;
    loadLateState(block, base + capacity, state);
    state.count = count;
    if (count >= SAMPLES_PER_CHUNK || !xorHasRoom(state, capacity)) return false;
    xorAppend(block, base, state, timeMs, low, high);
    storeLateState(block, base + capacity, state);
    view.setFloat64(at + chunk.CHUNK_MAX_TIME, timeMs, true);
    view.setUint32(at + chunk.CHUNK_LENGTH, state.lengthBytes, true);
    view.setUint16(at + chunk.CHUNK_COUNT, state.count, true);
    return true;
  }

  /** All samples of the chunk and the new one, by time. */
  #decode(record: number, timeMs: number, low: number, high: number): void {
    const { chunks, arena } = this.#memory;
    const view = chunks.view(record);
    const at = chunks.offset(record);
    const address = view.getUint32(at + chunk.CHUNK_ADDRESS, true);
    const reader = this.#reader;
    reader.reset(
      arena.view(address),
      arena.offset(address),
      view.getUint32(at + chunk.CHUNK_LENGTH, true),
      view.getUint16(at + chunk.CHUNK_COUNT, true),
    );
    let inserted = false;
    while (reader.next()) {
      if (!inserted && reader.timeMs > timeMs) {
        this.#push(timeMs, low, high);
        inserted = true;
      }
      this.#push(reader.timeMs, reader.low, reader.high);
    }
    if (!inserted) this.#push(timeMs, low, high);
  }

  #clear(): void {
    this.#times.clear();
    this.#lows.clear();
    this.#highs.clear();
  }

  #push(timeMs: number, low: number, high: number): void {
    this.#times.push(timeMs);
    this.#lows.push(low);
    this.#highs.push(high);
  }

  /** Writes the samples in hand into `record`, or a new one; into two when they are too many. */
  #rewrite(slot: number, record: number): void {
    const count = this.#times.length;
    if (record === NO_RECORD) {
      this.#write(this.#newRecord(slot, 0), 0, count);
      return;
    }
    const { chunks, arena } = this.#memory;
    const at = chunks.offset(record);
    const old = chunks.view(record).getUint32(at + chunk.CHUNK_ADDRESS, true);
    if (count <= SAMPLES_PER_CHUNK) {
      this.#write(record, 0, count);
    } else {
      // A backlog in order fills chunk after chunk; anything else is likely to go on in between.
      const inserted = this.#times.at(count - 1);
      const wasLast = inserted > chunks.view(record).getFloat64(at + chunk.CHUNK_MAX_TIME, true);
      const half = wasLast ? count - 1 : count >>> 1;
      this.#write(this.#newRecord(slot, half), half, count);
      this.#write(record, 0, half);
    }
    arena.free(old);
  }

  #newRecord(slot: number, first: number): number {
    const timeMs = this.#times.at(first);
    const what = { timeMs, encoding: ENCODING_XOR, limitMs: 0, blockBytes: 0 };
    return this.#open.push(slot, series.LATE_CHUNKS, what);
  }

  /** Encodes samples [from, to) into a block of their own. */
  #write(record: number, from: number, to: number): void {
    const state = this.#state;
    const scratch = this.#scratch;
    state.clear();
    for (let i = from; i < to; i++)
      xorAppend(scratch, 0, state, this.#times.at(i), this.#lows.at(i), this.#highs.at(i));
    xorHeaderWrite(scratch, 0, state.count);
    const { chunks, arena } = this.#memory;
    const length = state.lengthBytes;
    // Room for a few more, as late samples seldom come alone.
    const room = length + (length >>> 1) + XOR_APPEND_BYTES_MAX + LATE_STATE_BYTES;
    const address = arena.allocate(Math.min(room, 4096));
    const base = arena.offset(address);
    arena.bytes(address).set(new Uint8Array(scratch.buffer, 0, length), base);
    const capacity = arena.capacity(address) - LATE_STATE_BYTES;
    storeLateState(arena.view(address), base + capacity, state);
    const view = chunks.view(record);
    const at = chunks.offset(record);
    view.setUint32(at + chunk.CHUNK_ADDRESS, address, true);
    view.setFloat64(at + chunk.CHUNK_MIN_TIME, this.#times.at(from), true);
    view.setFloat64(at + chunk.CHUNK_MAX_TIME, this.#times.at(to - 1), true);
    view.setUint32(at + chunk.CHUNK_LENGTH, length, true);
    view.setUint16(at + chunk.CHUNK_COUNT, state.count, true);
  }
}
