// Publishing floats in order: the hot half of `publish`.
//
// The appender's state is loaded from the series record into one flyweight, used, and stored back.
// Whatever is not "one more sample into the open chunk" is done by `#prepare` before.

import type { PagedRecords } from '../base/bytes/paged-records.ts';
import type { SlabArena } from '../base/bytes/slab-arena.ts';
import { ENCODING_XOR } from '../base/chunk/chunk-format.ts';
import { XOR_APPEND_BYTES_MAX, xorAppend } from '../base/chunk/xor-append.ts';
import { XorState } from '../base/chunk/xor-state.ts';
import type { EngineMemory } from './engine-memory.ts';
import {
  CHUNK_SAMPLES_MAX,
  FIRST_BLOCK_BYTES,
  type OpenChunks,
  SPREAD_AT_SAMPLES,
  spreadEnd,
} from './open-chunks.ts';
import * as series from './series-record.ts';
import type { Windows } from './windows.ts';

/** A block does not grow beyond this; then the chunk ends. */
const BLOCK_BYTES_MAX = 4096;

export class FloatWriter {
  readonly #arena: SlabArena;
  readonly #records: PagedRecords;
  readonly #open: OpenChunks;
  readonly #windows: Windows;
  readonly #state = new XorState();

  constructor(memory: EngineMemory, records: PagedRecords, open: OpenChunks, windows: Windows) {
    this.#arena = memory.arena;
    this.#records = records;
    this.#open = open;
    this.#windows = windows;
  }

  /** Appends a sample if it is newer than the series' last one; else says false. */
  append(slot: number, timeMs: number, low: number, high: number): boolean {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const state = this.#state;
    const lastTimeMs = view.getFloat64(at + series.TIME, true);
    if (timeMs <= lastTimeMs) return false;
    if (
      timeMs >= view.getFloat64(at + series.CHUNK_LIMIT, true) ||
      (view.getUint32(at + series.BITS, true) >>> 3) + XOR_APPEND_BYTES_MAX >
        view.getUint16(at + series.CAPACITY, true) ||
      view.getUint16(at + series.COUNT, true) === SPREAD_AT_SAMPLES ||
      view.getUint16(at + series.COUNT, true) === CHUNK_SAMPLES_MAX ||
      view.getUint8(at + series.OPEN_ENCODING) !== ENCODING_XOR
    )
      this.#prepare(slot, timeMs);
    state.count = view.getUint16(at + series.COUNT, true);
    state.bitPosition = view.getUint32(at + series.BITS, true);
    state.lastTimeMs = lastTimeMs;
    state.lastDelta = view.getFloat64(at + series.DELTA, true);
    state.lastLow = view.getInt32(at + series.LOW, true);
    state.lastHigh = view.getInt32(at + series.HIGH, true);
    state.leading = view.getUint8(at + series.LEADING);
    state.trailing = view.getUint8(at + series.TRAILING);
    const address = view.getUint32(at + series.OPEN_ADDRESS, true);
    xorAppend(this.#arena.view(address), this.#arena.offset(address), state, timeMs, low, high);
    view.setUint16(at + series.COUNT, state.count, true);
    view.setUint32(at + series.BITS, state.bitPosition, true);
    view.setFloat64(at + series.TIME, timeMs, true);
    view.setFloat64(at + series.DELTA, state.lastDelta, true);
    view.setInt32(at + series.LOW, low, true);
    view.setInt32(at + series.HIGH, high, true);
    view.setUint8(at + series.LEADING, state.leading);
    view.setUint8(at + series.TRAILING, state.trailing);
    return true;
  }

  /** Makes sure that the open chunk takes this sample: by another chunk or a bigger block. */
  #prepare(slot: number, timeMs: number): void {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const isXor = view.getUint8(at + series.OPEN_ENCODING) === ENCODING_XOR;
    const count = view.getUint16(at + series.COUNT, true);
    if (isXor && count === SPREAD_AT_SAMPLES) {
      const limitMs = view.getFloat64(at + series.CHUNK_LIMIT, true);
      const lastMs = view.getFloat64(at + series.TIME, true);
      const endMs = spreadEnd(this.#open.minTimeMs(slot), lastMs, limitMs);
      view.setFloat64(at + series.CHUNK_LIMIT, endMs, true);
    }
    const fits =
      isXor && count < CHUNK_SAMPLES_MAX && timeMs < view.getFloat64(at + series.CHUNK_LIMIT, true);
    if (fits && this.#grow(slot)) return;
    this.#open.open(slot, {
      timeMs,
      encoding: ENCODING_XOR,
      limitMs: this.#windows.of(timeMs).regionEnd(timeMs),
      blockBytes: FIRST_BLOCK_BYTES,
    });
  }

  /** True when any sample fits the block, after making it half as big again if need be. */
  #grow(slot: number): boolean {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const length = (view.getUint32(at + series.BITS, true) + 7) >>> 3;
    const capacity = view.getUint16(at + series.CAPACITY, true);
    if (length + XOR_APPEND_BYTES_MAX <= capacity) return true;
    if (capacity >= BLOCK_BYTES_MAX) return false;
    const old = view.getUint32(at + series.OPEN_ADDRESS, true);
    const address = this.#arena.allocate(Math.min(BLOCK_BYTES_MAX, capacity + (capacity >>> 1)));
    copyBytes(this.#arena, { from: old, to: address, length });
    this.#open.place(slot, address);
    this.#arena.free(old);
    return true;
  }
}

/** Copies the beginning of a block into another. */
export function copyBytes(
  arena: SlabArena,
  copy: { readonly from: number; readonly to: number; readonly length: number },
): void {
  const source = arena.view(copy.from);
  const sourceAt = arena.offset(copy.from);
  const target = arena.view(copy.to);
  const targetAt = arena.offset(copy.to);
  // Blocks are whole units, so copying whole words stays inside both.
  for (let i = 0; i < copy.length; i += 4)
    target.setInt32(targetAt + i, source.getInt32(sourceAt + i, true), true);
}
