// Bits written into a buffer of its own that grows: what histogram chunks are made in, because
// nobody can say beforehand how long one gets.

import { BIT_SLACK_BYTES, putBits, putBits64 } from './bit-io.ts';

export class BitSink {
  #bytes: Uint8Array;
  view: DataView;
  /** Bits written. */
  position = 0;

  constructor(capacityBytes = 512) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.#bytes.buffer);
  }

  get lengthBytes(): number {
    return (this.position + 7) >>> 3;
  }

  /** Writes the `bits` (1…32) low bits of `value`; those above must be zero. */
  put(value: number, bits: number): void {
    this.reserve(BIT_SLACK_BYTES);
    this.position = putBits(this.view, 0, this.position, value, bits);
  }

  put64(low: number, high: number): void {
    this.reserve(4 + BIT_SLACK_BYTES);
    this.position = putBits64(this.view, 0, this.position, low, high);
  }

  /** Room for `bytes` bytes from the one on that holds the next bit. */
  reserve(bytes: number): void {
    const needed = (this.position >>> 3) + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** What was written, without a copy; valid until the next put. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.lengthBytes);
  }

  /** Begins anew with a copy of these bytes, `position` bits of which count. */
  load(view: DataView, base: number, position: number): void {
    const lengthBytes = (position + 7) >>> 3;
    this.position = 0;
    this.reserve(lengthBytes);
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes));
    this.position = position;
  }
}
