// Reads numbers out of a range of bytes that came from outside, with every bound checked.
//
// The mirror of byte-writer.ts: big-endian numbers and Go's varints. A reader is reused by `reset`.
// Invariant: start <= position <= end; nothing outside of the range is ever read.

import type { U32Column } from './columns.ts';

const TWO_32 = 0x1_0000_0000;

/**
 * The bytes ended, or a number in them is not one. Never leaves the codec that reads: whoever knows
 * what was read turns it into `damaged_wal`, `damaged_block` …, with file and offset.
 */
export class OutOfBytes extends Error {
  override readonly name = 'OutOfBytes';
  /** Where in the bytes, counted as the reader's `position`. */
  readonly position: number;

  constructor(what: string, position: number) {
    super(what);
    this.position = position;
  }
}

/** A reusable cursor over `bytes[start, end)`. Throws OutOfBytes when asked beyond it. */
export class ByteReader {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;
  /** The two halves of what `u64be`, `i64be` or a varint method read last. */
  low = 0;
  high = 0;
  #view = new DataView(this.bytes.buffer);

  /** Starts over at `start` of `bytes`. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): this {
    if (start < 0 || end > bytes.length || start > end)
      throw new OutOfBytes('no such range', start);
    // The same array again is the rule, and asking an array for its buffer is not free.
    if (bytes !== this.bytes)
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    return this;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  u8(): number {
    if (this.position >= this.end) this.#short(1);
    return this.bytes[this.position++]!;
  }

  u16be(): number {
    if (this.end - this.position < 2) this.#short(2);
    const value = this.#view.getUint16(this.position);
    this.position += 2;
    return value;
  }

  u32be(): number {
    if (this.end - this.position < 4) this.#short(4);
    const value = this.#view.getUint32(this.position);
    this.position += 4;
    return value;
  }

  /** 64 bits into `low` and `high`. */
  u64be(): void {
    if (this.end - this.position < 8) this.#short(8);
    this.high = this.#view.getUint32(this.position);
    this.low = this.#view.getUint32(this.position + 4);
    this.position += 8;
  }

  /** 64 bits, two's complement; exact within ±2^53, rounded beyond (`low`, `high` are exact). */
  i64be(): number {
    this.u64be();
    return (this.high | 0) * TWO_32 + this.low;
  }

  /** A double; a NaN's payload may be lost: use u64be where it matters. */
  f64be(): number {
    if (this.end - this.position < 8) this.#short(8);
    const value = this.#view.getFloat64(this.position);
    this.position += 8;
    return value;
  }

  /** Go's uvarint; exact up to 2^53, rounded beyond (`low` and `high` are exact). */
  uvarint(): number {
    const bytes = this.bytes;
    const at = this.position;
    // Up to three bytes at once: lengths, counts and most distances.
    if (this.end - at >= 3) {
      const first = bytes[at]!;
      if (first < 0x80) return this.#small(first, at + 1);
      const second = bytes[at + 1]!;
      if (second < 0x80) return this.#small((first & 0x7f) | (second << 7), at + 2);
      const third = bytes[at + 2]!;
      if (third < 0x80) {
        return this.#small((first & 0x7f) | ((second & 0x7f) << 7) | (third << 14), at + 3);
      }
    }
    this.uvarint64();
    return this.high * TWO_32 + this.low;
  }

  /** Go's varint (zigzag); exact within ±2^53, rounded beyond (`low` and `high` are exact). */
  varint(): number {
    const folded = this.uvarint();
    if (folded < 0x8000_0000) {
      const value = (folded >>> 1) ^ -(folded & 1);
      this.low = value >>> 0;
      this.high = (value >> 31) >>> 0;
      return value;
    }
    const sign = -(this.low & 1);
    const low = ((this.low >>> 1) | (this.high << 31)) ^ sign;
    this.high = ((this.high >>> 1) ^ sign) >>> 0;
    this.low = low >>> 0;
    return (this.high | 0) * TWO_32 + this.low;
  }

  /**
   * As `varint`, at half the price: sets `low` and `high` only when the number takes more than
   * three bytes. For loops over samples.
   */
  quickVarint(): number {
    const bytes = this.bytes;
    const at = this.position;
    if (this.end - at < 3) return this.varint();
    let folded = bytes[at]!;
    if (folded < 0x80) this.position = at + 1;
    else {
      const second = bytes[at + 1]!;
      folded = (folded & 0x7f) | ((second & 0x7f) << 7);
      if (second < 0x80) this.position = at + 2;
      else {
        const third = bytes[at + 2]!;
        if (third >= 0x80) return this.varint();
        folded |= third << 14;
        this.position = at + 3;
      }
    }
    return (folded >>> 1) ^ -(folded & 1);
  }

  /**
   * Appends `count` symbol numbers, uvarints below `limit`, to a column; what `low` and `high` are
   * then is not defined. For loops over label sets.
   */
  symbolsInto(column: U32Column, count: number, limit: number): void {
    // Each takes a byte at least, so that no count makes this allocate much more than there is.
    if (count > this.end - this.position) this.#short(count);
    const cells = column.reserve(count);
    const bytes = this.bytes;
    const from = column.length;
    let at = this.position;
    for (let i = 0; i < count; i++) {
      let value = at < this.end ? bytes[at]! : 0x80;
      if (value < 0x80) at++;
      else if (at + 1 < this.end && bytes[at + 1]! < 0x80) {
        value = (value & 0x7f) | (bytes[at + 1]! << 7);
        at += 2;
      } else {
        this.position = at;
        value = this.uvarint();
        at = this.position;
      }
      if (value >= limit) throw new OutOfBytes(`there is no symbol ${value}`, at);
      cells[from + i] = value;
    }
    this.position = at;
    column.length = from + count;
  }

  /** Appends 64 bits to two columns; leaves `low` and `high` alone. */
  u64Into(lows: U32Column, highs: U32Column): void {
    if (this.end - this.position < 8) this.#short(8);
    highs.push(this.#view.getUint32(this.position));
    lows.push(this.#view.getUint32(this.position + 4));
    this.position += 8;
  }

  /** Go's uvarint of up to 64 bits into `low` and `high`; at most ten bytes, as Go has it. */
  uvarint64(): void {
    const bytes = this.bytes;
    const start = this.position;
    const stop = Math.min(this.end, start + 10);
    let low = 0;
    let high = 0;
    let shift = 0;
    for (let at = start; at < stop; at++, shift += 7) {
      const byte = bytes[at]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) break;
        this.position = at + 1;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new OutOfBytes('a varint does not end, or is over 64 bits', start);
  }

  /** Steps over `count` bytes and says where they start. */
  take(count: number): number {
    // A length can be any number that a varint holds; comparing this way round does not overflow.
    if (!(count <= this.end - this.position)) this.#short(count);
    const start = this.position;
    this.position += count;
    return start;
  }

  #small(value: number, position: number): number {
    this.position = position;
    this.low = value;
    this.high = 0;
    return value;
  }

  #short(wanted: number): never {
    throw new OutOfBytes(`${wanted} bytes wanted, ${this.end - this.position} left`, this.position);
  }
}
