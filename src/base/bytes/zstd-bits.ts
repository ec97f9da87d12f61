// The two ways in which bits stand in a zstd block (RFC 8878, 4.1 and 4.2): forward, lowest bit
// first, in descriptions of tables; backward, from the highest bit of the last byte, in streams.
//
// Invariant: nothing outside of [start, end) counts; what is read beyond it is zero, and the
// position tells, so that whoever reads checks it where the format ends.

import { OutOfBytes } from './byte-reader.ts';

/** Bits of `bytes` as a number, `count` (0…24) of them from bit `from` of byte `start` on. */
function bitsAt(bytes: Uint8Array, start: number, from: number, count: number): number {
  const at = start + (from >>> 3);
  const word =
    bytes[at]! |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  return (word >>> (from & 7)) & ((1 << count) - 1);
}

/** Bits lowest first, for tables. */
export class ForwardBits {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #endBits: number;
  #position = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#endBits = (end - start) * 8;
  }

  /** The next `count` (1…16) bits. */
  read(count: number): number {
    if (this.#position + count > this.#endBits)
      throw new OutOfBytes('a zstd table ends early', this.#start);
    const value = bitsAt(this.#bytes, this.#start, this.#position, count);
    this.#position += count;
    return value;
  }

  /** Steps back over the bit that was read last. */
  unread(): void {
    this.#position--;
  }

  /** The first byte of which no bit was read. */
  get nextByte(): number {
    return this.#start + ((this.#position + 7) >>> 3);
  }
}

/** A stream that is read from its end; reused by `open`. */
export class BackwardBits {
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  /** Bits that are left; below zero when more were read than there are. */
  left = 0;

  /** Begins the stream in `bytes[start, end)`, behind the 1 that marks its last bit. */
  open(bytes: Uint8Array, start: number, end: number): void {
    const last = end > start ? bytes[end - 1]! : 0;
    if (last === 0) throw new OutOfBytes('a zstd stream without an end mark', start);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#start = start;
    this.left = (end - start) * 8 - 1 - Math.clz32(last << 24);
  }

  /** The next `count` (0…16) bits without stepping over them; zeros where there are none. */
  peek(count: number): number {
    const from = this.left - count;
    const at = this.#start + (from >> 3);
    // Four bytes at once wherever they are there: all but the stream's first and last bits.
    if (from >= 0 && at + 4 <= this.#view.byteLength)
      return (this.#view.getUint32(at, true) >>> (from & 7)) & ((1 << count) - 1);
    if (from >= 0) return bitsAt(this.#bytes, this.#start, from, count);
    if (this.left <= 0) return 0;
    return bitsAt(this.#bytes, this.#start, 0, this.left) << -from;
  }

  /** The next `count` (0…30) bits. */
  read(count: number): number {
    if (count > 16) return (this.read(count - 16) << 16) | this.read(16);
    const value = this.peek(count);
    this.left -= count;
    return value;
  }

  /** Throws when bits are left, or more were read than there are. */
  checkEnd(): void {
    if (this.left !== 0)
      throw new OutOfBytes(
        this.left > 0 ? 'a zstd stream goes on behind its end' : 'a zstd stream ends early',
        this.#start,
      );
  }
}
