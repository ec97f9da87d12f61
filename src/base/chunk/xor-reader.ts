// Reading an XOR chunk (encoding 1), sample by sample (docs/formats/chunks.md).
//
// A flyweight: `reset` on a chunk, then `next` until it says false. Damaged bytes end in
// VarveError damaged_chunk; a chunk costs at most 65535 steps, whatever its bytes are.

import type { VarveError } from '../errors/varve-error.ts';
import { signedOf } from './bit-io.ts';
import { BitWindow, windowAt } from './bit-window.ts';
import { TIME_JUMP_MAX_MS } from './chunk-format.ts';
import { readUvarint, readVarint } from './go-varint.ts';
import { NO_WINDOW, XOR_HEADER_BYTES, type XorState } from './xor-state.ts';

export class XorReader {
  /** Time of the current sample, in milliseconds. */
  timeMs = 0;
  #low = 0;
  #high = 0;
  #delta = 0;
  /** The window, for an appender that goes on here; NO_WINDOW as long as none was read. */
  #leading = NO_WINDOW;
  #trailing = 0;
  /** The window, for reading: all 64 bits as long as none was read. */
  #first = 0;
  #significant = 64;
  #maskLow = -1;
  #maskHigh = -1;
  #read = 0;
  #count = 0;
  /** The chunk's bits, the position behind the current sample: for XorDecoder, which goes on. */
  readonly bits = new BitWindow();

  /** Low half, unsigned, of the current sample's 64 bits. */
  get low(): number {
    return this.#low >>> 0;
  }

  /** High half, unsigned, of the current sample's 64 bits. */
  get high(): number {
    return this.#high >>> 0;
  }

  /**
   * Begins a chunk; its bytes are copied, `view` is not kept.
   *
   * @param lengthBytes bytes of the chunk from `base` on, its header included
   * @param count samples to read; not taken from the header, because in the head the published
   *   count stands outside of the chunk (chunkCount reads the header)
   */
  reset(view: DataView, base: number, lengthBytes: number, count: number): void {
    this.bits.load(view, base, lengthBytes);
    this.bits.position = XOR_HEADER_BYTES * 8;
    this.bits.check('its header');
    this.#count = count;
    this.#read = 0;
    this.timeMs = 0;
    this.#delta = 0;
    this.#low = 0;
    this.#high = 0;
    this.#leading = NO_WINDOW;
    this.#trailing = 0;
    this.#first = 0;
    this.#significant = 64;
    this.#maskLow = -1;
    this.#maskHigh = -1;
  }

  /** Steps to the next sample; false at the end. */
  next(): boolean {
    if (this.#read >= this.#count) return false;
    if (this.#read < 2) {
      this.#readFirstTwo();
      return true;
    }
    const bits = this.bits;
    const words = bits.words;
    let position = bits.position;
    let window = windowAt(words, position);
    if (window >= 0) {
      position += 1;
      window <<= 1;
    } else {
      position = this.#readDod(position, window);
      window = windowAt(words, position);
    }
    this.timeMs += this.#delta;
    if (window >= 0) {
      position += 1;
    } else {
      if ((window & 0x4000_0000) !== 0) {
        this.#setWindow((window >>> 25) & 31, (window >>> 19) & 63);
        position += 13;
      } else {
        position += 2;
      }
      position = this.#readSignificant(position);
    }
    bits.position = position;
    this.#read++;
    if (position > bits.endBits || Math.abs(this.timeMs) > Number.MAX_SAFE_INTEGER)
      throw this.#damaged();
    return true;
  }

  /** Takes over the state that an appender would have after the samples read so far. */
  storeState(into: XorState): void {
    into.count = this.#read;
    into.bitPosition = this.bits.position;
    into.lastTimeMs = this.timeMs;
    into.lastDelta = this.#delta;
    into.lastLow = this.#low;
    into.lastHigh = this.#high;
    into.leading = this.#leading;
    into.trailing = this.#trailing;
  }

  /** A delta of deltas that is not 0; returns the position behind it. */
  #readDod(position: number, window: number): number {
    // The top value of each width is positive: 14 bits hold -8191…8192.
    if ((window & 0x4000_0000) === 0) {
      const dod = (window << 2) >> 18;
      this.#delta += dod === -8192 ? 8192 : dod;
      return position + 16;
    }
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
    const words = this.bits.words;
    this.#delta += signedOf(windowAt(words, position + 36), windowAt(words, position + 4));
    this.#checkJump();
    return position + 68;
  }

  #setWindow(leading: number, significant: number): void {
    if (significant === 0) significant = 64;
    if (leading + significant > 64)
      throw this.bits.damaged(`holds a value of ${leading} + ${significant} bits`);
    const trailing = 64 - leading - significant;
    this.#leading = leading;
    this.#trailing = trailing;
    this.#first = leading;
    this.#significant = significant;
    this.#maskLow = trailing < 32 ? -1 << trailing : 0;
    this.#maskHigh = trailing < 32 ? -1 : -1 << (trailing - 32);
  }

  /**
   * Puts the bits in the window onto the value; returns the position behind them. Takes 64 bits
   * whatever the width is, without a branch, and masks away those behind the window.
   */
  #readSignificant(position: number): number {
    const words = this.bits.words;
    const high = windowAt(words, position);
    const low = windowAt(words, position + 32);
    const first = this.#first;
    this.#high ^= (high >>> first) & this.#maskHigh;
    // (x << 1) << (31 - n) is x << (32 - n) also for n = 0.
    this.#low ^= ((low >>> first) | ((high << 1) << (31 - first))) & this.#maskLow;
    return position + this.#significant;
  }

  #readFirstTwo(): void {
    const bits = this.bits;
    if (this.#read === 0) {
      this.timeMs = readVarint(bits);
      this.#high = bits.read(32) | 0;
      this.#low = bits.read(32) | 0;
    } else {
      this.#delta = readUvarint(bits);
      this.#checkJump();
      this.timeMs += this.#delta;
      if (bits.read(1) === 1) {
        if (bits.read(1) === 1) {
          const leading = bits.read(5);
          this.#setWindow(leading, bits.read(6));
        }
        bits.position = this.#readSignificant(bits.position);
      }
    }
    this.#read++;
    if (bits.position > bits.endBits || Math.abs(this.timeMs) > Number.MAX_SAFE_INTEGER)
      throw this.#damaged();
  }

  #checkJump(): void {
    if (Math.abs(this.#delta) > TIME_JUMP_MAX_MS)
      throw this.bits.damaged('holds a time that is thousands of years from the one before');
  }

  #damaged(): VarveError {
    const sample = `sample ${this.#read} of ${this.#count}`;
    if (this.bits.position > this.bits.endBits) return this.bits.damaged(`ends inside ${sample}`);
    return this.bits.damaged(`holds a time beyond ±2^53 in ${sample}`);
  }
}

/**
 * Rebuilds the state of an appender from the bytes of a chunk, as if its samples had just been
 * appended.
 *
 * @throws VarveError damaged_chunk
 */
export function xorStateFrom(
  view: DataView,
  base: number,
  place: { readonly lengthBytes: number; readonly count: number },
  into: XorState,
): void {
  const reader = new XorReader();
  reader.reset(view, base, place.lengthBytes, place.count);
  while (reader.next());
  reader.storeState(into);
}
