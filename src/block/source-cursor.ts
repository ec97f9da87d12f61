// Reads a range of a ByteSource number by number, loading it window by window: for tables that may
// be larger than what one wants in memory.

import { ByteReader, OutOfBytes } from '../base/bytes/byte-reader.ts';
import type { ByteSource } from './byte-source.ts';
import { damagedBlock } from './damage.ts';

const WINDOW_BYTES = 64 * 1024;
const VARINT_BYTES_MAX = 10;

/** A forward cursor over [start, end) of a source. What runs over the end is `damaged_block`. */
export class SourceCursor {
  readonly #source: ByteSource;
  readonly #reader = new ByteReader();
  readonly #end: number;
  #buffer = new Uint8Array(0);
  /** Where in the source the reader's bytes begin. */
  #base: number;

  constructor(source: ByteSource, start: number, end: number) {
    this.#source = source;
    this.#base = start;
    this.#end = end;
    if (start > end || end > source.sizeBytes)
      throw damagedBlock(source.name, start, 'a section ends outside of the file');
  }

  /** Where the next byte is, in the source. */
  get position(): number {
    return this.#base + this.#reader.position;
  }

  get remaining(): number {
    return this.#end - this.position;
  }

  u8(): number {
    return this.#with(1).u8();
  }

  u32be(): number {
    return this.#with(4).u32be();
  }

  /** Up to 2^53; more is damage. */
  uvarint(): number {
    const start = this.position;
    const value = this.#uvarint(this.#load(VARINT_BYTES_MAX));
    if (value > Number.MAX_SAFE_INTEGER)
      throw damagedBlock(this.#source.name, start, 'a number is beyond 2^53');
    return value;
  }

  /** The next `count` bytes; valid until the next call. */
  bytes(count: number): Uint8Array {
    const reader = this.#with(count);
    const start = reader.take(count);
    return reader.bytes.subarray(start, start + count);
  }

  /** Steps over zero bytes until `position` is a multiple of `alignment`, or the range ends. */
  align(alignment: number): void {
    while (this.position % alignment !== 0 && this.remaining > 0) {
      const at = this.position;
      if (this.u8() !== 0) throw damagedBlock(this.#source.name, at, 'padding is not zero');
    }
  }

  #uvarint(reader: ByteReader): number {
    try {
      return reader.uvarint();
    } catch (thrown) {
      if (!(thrown instanceof OutOfBytes)) throw thrown;
      throw damagedBlock(this.#source.name, this.#base + thrown.position, thrown.message);
    }
  }

  /** A reader with at least `count` bytes, or damage. */
  #with(count: number): ByteReader {
    if (count > this.remaining) {
      const what = `${count} bytes wanted, ${this.remaining} left in the section`;
      throw damagedBlock(this.#source.name, this.position, what);
    }
    return this.#load(count);
  }

  /** A reader with at least `count` bytes, or all that are left. */
  #load(count: number): ByteReader {
    const left = this.remaining;
    const wanted = Math.min(count, left);
    if (this.#reader.remaining < wanted) {
      const start = this.position;
      const length = Math.min(left, Math.max(wanted, WINDOW_BYTES));
      // A copy: the source's own window moves when others read from it.
      if (length > this.#buffer.length) this.#buffer = new Uint8Array(length);
      this.#buffer.set(this.#source.read(start, length));
      this.#reader.reset(this.#buffer, 0, length);
      this.#base = start;
    }
    return this.#reader;
  }
}
