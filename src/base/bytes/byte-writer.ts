// A growing buffer that numbers are written into: WAL records, index sections, postings.
//
// Big-endian numbers and Go's varints (encoding/binary: PutUvarint, PutVarint with zigzag), which
// is what Prometheus's formats are made of. Reused by `clear`, which keeps the memory.
// Invariant: the bytes before `length` are written; a method leaves no number half written.

import { assert } from '../errors/assert.ts';

const TWO_32 = 0x1_0000_0000;

/** A reusable, growing byte buffer; its contents are `view()`. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(Math.max(16, capacityBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written, without a copy; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Forgets what was written after the first `length` bytes. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** Makes room for `count` more bytes, so that writing them does not grow the buffer. */
  reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) this.#grow(count);
  }

  u8(value: number): void {
    this.reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u16be(value: number): void {
    this.reserve(2);
    this.#view.setUint16(this.#length, value);
    this.#length += 2;
  }

  u32be(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  /** Overwrites four bytes that were written before, at `offset`. */
  patchU32be(offset: number, value: number): void {
    assert(offset >= 0 && offset + 4 <= this.#length, 'what is patched was written before');
    this.#view.setUint32(offset, value);
  }

  /** 64 bits in two halves; also how doubles are written whose NaN payload must survive. */
  u64be(low: number, high: number): void {
    this.reserve(8);
    this.#view.setUint32(this.#length, high);
    this.#view.setUint32(this.#length + 4, low);
    this.#length += 8;
  }

  /** A whole number within ±2^53 as 64 bits, two's complement. */
  i64be(value: number): void {
    this.u64be(value >>> 0, Math.floor(value / TWO_32) >>> 0);
  }

  /** A double whose NaN payload does not matter. */
  f64be(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  /** A whole number from 0 to 2^53 as Go's uvarint. */
  uvarint(value: number): void {
    this.reserve(10);
    const bytes = this.#bytes;
    let at = this.#length;
    while (value >= 0x1000_0000) {
      bytes[at++] = (value & 0x7f) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value >= 0x80) {
      bytes[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.#length = at;
  }

  /** A whole number within ±2^53 as Go's varint: zigzag, then uvarint. */
  varint(value: number): void {
    if ((value | 0) === value) {
      this.reserve(5);
      const bytes = this.#bytes;
      let at = this.#length;
      let folded = (value << 1) ^ (value >> 31);
      for (; (folded & ~0x7f) !== 0; folded >>>= 7) bytes[at++] = (folded & 0x7f) | 0x80;
      bytes[at++] = folded;
      this.#length = at;
    } else {
      const low = value >>> 0;
      const high = Math.floor(value / TWO_32) | 0;
      const sign = high >> 31;
      this.uvarint64(((low << 1) ^ sign) >>> 0, (((high << 1) | (low >>> 31)) ^ sign) >>> 0);
    }
  }

  /** 64 bits in two halves as Go's uvarint. */
  uvarint64(low: number, high: number): void {
    this.reserve(10);
    const bytes = this.#bytes;
    let at = this.#length;
    while (high !== 0) {
      bytes[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#length = at;
    this.uvarint(low >>> 0);
  }

  /** Copies `source` from `start` to `end` (exclusive). */
  bytes(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    this.reserve(count);
    if (count < 24) {
      for (let i = 0; i < count; i++) this.#bytes[this.#length + i] = source[start + i]!;
    } else {
      this.#bytes.set(
        start === 0 && end === source.length ? source : source.subarray(start, end),
        this.#length,
      );
    }
    this.#length += count;
  }

  /**
   * A uvarint of `length`, then that many bytes of `source` from `start` on, of which up to seven
   * more must be readable: short strings of an arena, eight bytes at a time.
   */
  prefixed(source: DataView, start: number, length: number): void {
    this.uvarint(length);
    this.reserve(length + 8);
    const view = this.#view;
    const to = this.#length;
    for (let i = 0; i < length; i += 8) {
      view.setInt32(to + i, source.getInt32(start + i, true), true);
      view.setInt32(to + i + 4, source.getInt32(start + i + 4, true), true);
    }
    this.#length = to + length;
  }

  /** `count` zero bytes. */
  zeros(count: number): void {
    this.reserve(count);
    this.#bytes.fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  #grow(count: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
