// Reading an XOR2 chunk (encoding 4), sample by sample (docs/formats/chunks.md, "XOR2").
//
// A flyweight as XorReader. Values are differences from the last one that was no stale marker, the
// baseline; a stale marker is written as a mark and leaves it alone. Start timestamps are stepped
// over.

import { BitWindow } from './bit-window.ts';
import { type ChunkPlace, TIME_JUMP_MAX_MS } from './chunk-format.ts';
import { readUvarint, readVarint } from './go-varint.ts';
import { isStale, STALE_HIGH, STALE_LOW } from './stale.ts';
import { StartTimes } from './start-times.ts';
import { XorCells } from './xor-cells.ts';

/** Bytes of the sample count and of what says which samples have start timestamps. */
const XOR2_HEADER_BYTES = 3;

/** The one cell that the baseline is. */
const BASELINE = 0;

export class Xor2Reader {
  /** Time of the current sample, in milliseconds. */
  timeMs = 0;
  #low = 0;
  #high = 0;
  #delta = 0;
  #read = 0;
  #count = 0;
  readonly #baseline = new XorCells();
  readonly #starts = new StartTimes();
  readonly #bits = new BitWindow();

  /** Low half, unsigned, of the current sample's 64 bits. */
  get low(): number {
    return this.#low >>> 0;
  }

  /** High half, unsigned, of the current sample's 64 bits. */
  get high(): number {
    return this.#high >>> 0;
  }

  /** Begins a chunk; its bytes are copied, `place` is not kept. */
  reset({ view, base, lengthBytes, count }: ChunkPlace): void {
    this.#bits.load(view, base, lengthBytes);
    this.#bits.position = XOR2_HEADER_BYTES * 8;
    this.#bits.check('its header');
    this.#starts.reset(view.getUint8(base + 2));
    this.#baseline.reset(1);
    this.#count = count;
    this.#read = 0;
    this.timeMs = 0;
    this.#delta = 0;
  }

  /**
   * Steps to the next sample; false at the end.
   *
   * @throws VarveError damaged_chunk
   */
  next(): boolean {
    const read = this.#read;
    if (read >= this.#count) return false;
    const bits = this.#bits;
    if (read >= 2) this.#readJoint();
    else if (read === 1) this.#readSecond();
    else this.#readFirst();
    if (bits.position > bits.endBits)
      throw bits.damaged(`ends inside sample ${read} of ${this.#count}`);
    if (Math.abs(this.timeMs) > Number.MAX_SAFE_INTEGER)
      throw bits.damaged(`holds a time beyond ±2^53 in sample ${read} of ${this.#count}`);
    this.#starts.skip(bits, read);
    this.#read = read + 1;
    return true;
  }

  #readFirst(): void {
    const bits = this.#bits;
    this.timeMs = readVarint(bits);
    const high = bits.read(32) | 0;
    const low = bits.read(32) | 0;
    this.#low = low;
    this.#high = high;
    if (!isStale(low, high)) this.#baseline.set(BASELINE, low, high);
  }

  #readSecond(): void {
    this.#delta = readUvarint(this.#bits);
    this.#step();
    this.#readValue();
  }

  /** From the third on one prefix says what is with both the time and the value. */
  #readJoint(): void {
    const bits = this.#bits;
    const ones = Math.min(Math.clz32(~bits.peek()), 5);
    bits.position += Math.min(ones + 1, 5);
    if (ones === 2) this.#delta += (bits.read(13) << 19) >> 19;
    else if (ones === 3) this.#delta += (bits.read(20) << 12) >> 12;
    else if (ones === 4) this.#delta += bits.readSigned64();
    this.#step();
    if (ones >= 2 && ones <= 4) {
      this.#readValue();
      return;
    }
    if (ones === 5) {
      this.#setStale();
      return;
    }
    if (ones === 1) {
      if (bits.read(1) === 1) this.#baseline.readWindow(bits, BASELINE);
      this.#baseline.readInWindow(bits, BASELINE);
    }
    this.#takeBaseline();
  }

  #step(): void {
    if (Math.abs(this.#delta) > TIME_JUMP_MAX_MS)
      throw this.#bits.damaged('holds a time that is thousands of years from the one before');
    this.timeMs += this.#delta;
  }

  /** A value with a prefix of its own: the same, in the window, in a new window, stale. */
  #readValue(): void {
    const bits = this.#bits;
    if (bits.read(1) === 1) {
      if (bits.read(1) === 1) {
        if (bits.read(1) === 1) {
          this.#setStale();
          return;
        }
        this.#baseline.readWindow(bits, BASELINE);
      }
      this.#baseline.readInWindow(bits, BASELINE);
    }
    this.#takeBaseline();
  }

  #takeBaseline(): void {
    this.#low = this.#baseline.low(BASELINE);
    this.#high = this.#baseline.high(BASELINE);
  }

  #setStale(): void {
    this.#low = STALE_LOW;
    this.#high = STALE_HIGH;
  }
}
