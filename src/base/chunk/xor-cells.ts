// A row of XOR-compressed numbers, each with a window of its own: the float fields of histogram
// chunks (docs/formats/chunks.md). Numbers are 64-bit patterns in two halves.

import { BIT_SLACK_BYTES } from './bit-io.ts';
import type { BitSink } from './bit-sink.ts';
import type { BitWindow } from './bit-window.ts';
import { putXor, type XorWindow } from './xor-bits.ts';
import { NO_WINDOW } from './xor-state.ts';

const scratch = new DataView(new ArrayBuffer(8));

/** The double with these 64 bits. */
export function doubleOf(low: number, high: number): number {
  scratch.setInt32(0, high);
  scratch.setInt32(4, low);
  return scratch.getFloat64(0);
}

/** The low half, signed, of a double's bits. */
export function lowBitsOf(value: number): number {
  scratch.setFloat64(0, value);
  return scratch.getInt32(4);
}

/** The high half, signed, of a double's bits. */
export function highBitsOf(value: number): number {
  scratch.setFloat64(0, value);
  return scratch.getInt32(0);
}

export class XorCells implements XorWindow {
  length = 0;
  #lows = new Int32Array(32);
  #highs = new Int32Array(32);
  #leadings = new Uint8Array(32);
  #trailings = new Uint8Array(32);
  /** The window of the cell at hand, for putXor. */
  leading = NO_WINDOW;
  trailing = 0;

  /** Begins anew with so many cells, all of them zero and without a window. */
  reset(length: number): void {
    if (length > this.#lows.length) {
      this.#lows = new Int32Array(length * 2);
      this.#highs = new Int32Array(length * 2);
      this.#leadings = new Uint8Array(length * 2);
      this.#trailings = new Uint8Array(length * 2);
    }
    this.#lows.fill(0, 0, length);
    this.#highs.fill(0, 0, length);
    this.#leadings.fill(NO_WINDOW, 0, length);
    this.#trailings.fill(0, 0, length);
    this.length = length;
  }

  low(index: number): number {
    return this.#lows[index]!;
  }

  high(index: number): number {
    return this.#highs[index]!;
  }

  double(index: number): number {
    return doubleOf(this.#lows[index]!, this.#highs[index]!);
  }

  /** A first value that is read elsewhere. */
  set(index: number, low: number, high: number): void {
    this.#lows[index] = low;
    this.#highs[index] = high;
  }

  /** Writes all 64 bits: a chunk's first sample. */
  putRaw(sink: BitSink, index: number, low: number, high: number): void {
    this.set(index, low, high);
    sink.put64(low, high);
  }

  /** Writes the difference from what the cell held. */
  put(sink: BitSink, index: number, low: number, high: number): void {
    this.leading = this.#leadings[index]!;
    this.trailing = this.#trailings[index]!;
    const xorLow = low ^ this.#lows[index]!;
    const xorHigh = high ^ this.#highs[index]!;
    sink.reserve(XOR_BYTES_MAX + BIT_SLACK_BYTES);
    sink.position = putXor(sink.view, 0, sink.position, this, xorLow, xorHigh);
    this.#leadings[index] = this.leading;
    this.#trailings[index] = this.trailing;
    this.#lows[index] = low;
    this.#highs[index] = high;
  }

  readRaw(bits: BitWindow, index: number): void {
    this.#highs[index] = bits.read(32);
    this.#lows[index] = bits.read(32);
  }

  /** Reads what `put` wrote. */
  read(bits: BitWindow, index: number): void {
    if (bits.read(1) === 0) return;
    if (bits.read(1) === 1) this.readWindow(bits, index);
    this.readInWindow(bits, index);
  }

  /** Reads a new window: leading zeros, significant bits. */
  readWindow(bits: BitWindow, index: number): void {
    const leading = bits.read(5);
    const significant = bits.read(6) || 64;
    if (leading + significant > 64)
      throw bits.damaged(`holds a value of ${leading} + ${significant} bits`);
    this.#leadings[index] = leading;
    this.#trailings[index] = 64 - leading - significant;
  }

  /** Reads the bits in the window onto the value. */
  readInWindow(bits: BitWindow, index: number): void {
    // Without a window yet, all 64 bits follow.
    const leading = this.#leadings[index]!;
    const first = leading === NO_WINDOW ? 0 : leading;
    const trailing = this.#trailings[index]!;
    const significant = 64 - first - trailing;
    const high = significant > 32 ? bits.read(significant - 32) : 0;
    const low = bits.read(Math.min(significant, 32));
    if (trailing >= 32) {
      this.#highs[index]! ^= low << (trailing - 32);
      return;
    }
    this.#lows[index]! ^= low << trailing;
    // (x >>> 1) >>> (31 - n) is x >>> (32 - n) also for n = 0.
    this.#highs[index]! ^= (high << trailing) | ((low >>> 1) >>> (31 - trailing));
  }
}

/** Control bits and 64 significant ones. */
const XOR_BYTES_MAX = 10;
