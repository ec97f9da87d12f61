// A whole XOR chunk (encoding 1) decoded at once into columns (docs/formats/chunks.md): what
// XorReader does sample by sample, faster, for work that wants every sample.
//
// What changes from sample to sample is in locals, which V8 keeps in registers. XorReader reads the
// first two samples, which are coded in another way, and is the oracle in the tests.
// Invariant: damaged bytes end in VarveError damaged_chunk, and write within what was reserved.

import { signedOf } from './bit-io.ts';
import type { BitWindow } from './bit-window.ts';
import { windowAt } from './bit-window.ts';
import { type ChunkPlace, TIME_JUMP_MAX_MS } from './chunk-format.ts';
import { notRising } from './reencode.ts';
import { isStale, STALE_HIGH, STALE_LOW } from './stale.ts';
import { XorReader } from './xor-reader.ts';
import { NO_WINDOW, XorState } from './xor-state.ts';

/** Where decoded samples go: from `length` on; there is room for all of the chunk. */
export interface DecodedColumns {
  readonly times: Float64Array;
  /** The values' memory, two numbers each. */
  readonly halves: Int32Array;
  length: number;
  /** The last sample's time before those; -Infinity when there is none. */
  lastTimeMs: number;
}

/** Where the low half of a double is among two Int32s: 0 on every machine that Node has today. */
export const LOW_AT = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** Samples whose coding is not that of the rest. */
const FIRST_SAMPLES = 2;

/** A flyweight: decodes chunk after chunk. */
export class XorDecoder {
  readonly #reader = new XorReader();
  readonly #state = new XorState();
  /** What #readDod found. */
  #delta = 0;

  /**
   * Appends the samples of the chunk, without stale markers.
   *
   * @throws VarveError damaged_chunk also where times do not rise
   */
  decode(place: ChunkPlace, into: DecodedColumns): void {
    const reader = this.#reader;
    reader.reset(place.view, place.base, place.lengthBytes, place.count);
    for (let i = 0; i < FIRST_SAMPLES && reader.next(); i++) {
      if (!(reader.timeMs > into.lastTimeMs)) throw notRising(reader.timeMs);
      into.lastTimeMs = reader.timeMs;
      if (isStale(reader.low, reader.high)) continue;
      into.times[into.length] = reader.timeMs;
      into.halves[into.length * 2 + LOW_AT] = reader.low;
      into.halves[into.length * 2 + 1 - LOW_AT] = reader.high;
      into.length++;
    }
    if (place.count > FIRST_SAMPLES) this.#decodeRest(place.count - FIRST_SAMPLES, into);
  }

  #decodeRest(count: number, into: DecodedColumns): void {
    const state = this.#state;
    const { bits } = this.#reader;
    this.#reader.storeState(state);
    const { words, endBits } = bits;
    const { times, halves } = into;
    // `| 0` and `+` tell V8 what they are; else it keeps them as objects on the heap.
    let length = into.length | 0;
    let timeMs = +state.lastTimeMs;
    let delta = +state.lastDelta;
    let low = state.lastLow | 0;
    let high = state.lastHigh | 0;
    let position = state.bitPosition | 0;
    // As long as there is no window, all 64 bits follow.
    let leading = state.leading === NO_WINDOW ? 0 : state.leading | 0;
    let significant = (64 - leading - state.trailing) | 0;
    for (let i = 0; i < count; i++) {
      let window = windowAt(words, position);
      if (window >= 0) {
        position += 1;
        window <<= 1;
      } else if ((window & 0x4000_0000) === 0) {
        // 14 bits hold -8191…8192.
        const dod = (window << 2) >> 18;
        delta += dod === -8192 ? 8192 : dod;
        position += 16;
        window = windowAt(words, position);
      } else {
        this.#delta = delta;
        position = this.#readDod(bits, position, window);
        delta = this.#delta;
        window = windowAt(words, position);
      }
      const before = timeMs;
      timeMs += delta;
      if (window >= 0) {
        position += 1;
      } else {
        // A new window or the old one: chosen by masks, because nobody can foretell which.
        const isNew = (window << 1) >> 31;
        leading ^= (leading ^ (window >>> 25)) & isNew & 31;
        significant ^= (significant ^ ((((window >>> 19) - 1) & 63) + 1)) & isNew;
        position += 2 + (11 & isNew);
        // Behind the window: all ones in `short` when that is within the low half.
        const beyond = 32 - leading - significant;
        const short = beyond >> 31;
        const upper = windowAt(words, position);
        const lower = windowAt(words, position + 32);
        high ^= (upper >>> leading) & ((-1 << beyond) | short);
        // (x << 1) << (31 - n) is x << (32 - n) also for n = 0.
        low ^= ((lower >>> leading) | ((upper << 1) << (31 - leading))) & (-1 << beyond) & short;
        position += significant;
      }
      if (position > endBits || leading + significant > 64 || !(timeMs > before))
        throw this.#damaged(bits, { position, width: leading + significant, timeMs });
      if (high === STALE_HIGH && low === STALE_LOW) continue;
      times[length] = timeMs;
      halves[length * 2 + LOW_AT] = low;
      halves[length * 2 + 1 - LOW_AT] = high;
      length++;
    }
    // Times rise, and XorReader has seen the first ones.
    if (timeMs > Number.MAX_SAFE_INTEGER) throw bits.damaged('holds a time beyond 2^53');
    into.length = length;
    into.lastTimeMs = timeMs;
  }

  /** A delta of deltas of more than 14 bits; returns the position behind it. */
  #readDod(bits: BitWindow, position: number, window: number): number {
    if ((window & 0x2000_0000) === 0) {
      const dod = (window << 3) >> 15;
      this.#delta += dod === -65536 ? 65536 : dod;
      return position + 20;
    }
    if ((window & 0x1000_0000) === 0) {
      const dod = (window << 4) >> 12;
      this.#delta += dod === -524288 ? 524288 : dod;
      return position + 24;
    }
    this.#delta += signedOf(
      windowAt(bits.words, position + 36),
      windowAt(bits.words, position + 4),
    );
    if (Math.abs(this.#delta) > TIME_JUMP_MAX_MS)
      throw bits.damaged('holds a time that is thousands of years from the one before');
    return position + 68;
  }

  #damaged(
    bits: BitWindow,
    at: { readonly position: number; readonly width: number; readonly timeMs: number },
  ): Error {
    bits.position = at.position;
    if (at.position > bits.endBits) return bits.damaged('ends inside a sample');
    if (at.width > 64) return bits.damaged(`holds a value of ${at.width} bits`);
    return notRising(at.timeMs);
  }
}
