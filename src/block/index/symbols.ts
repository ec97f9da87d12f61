// The symbol table of an index that is read: all strings of a block in byte order, held as the one
// piece of bytes that the file has, plus where each begins (docs/formats/index.md).

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import { crc32c } from '../../base/bytes/crc32c.ts';
import { type ByteSource, copyOfRange } from '../byte-source.ts';
import { damagedBlock, readingOf } from '../damage.ts';
import { CRC_BYTES, SYMBOLS_BYTES_MAX } from './format.ts';

/** There is no such symbol. */
export const NO_SYMBOL = 0xffff_ffff;

const decoder = new TextDecoder();

/** Symbols by number. */
export class Symbols {
  readonly #bytes: Uint8Array;
  /** Where each symbol begins and ends in the bytes. */
  readonly #starts: U32Column;
  readonly #ends: U32Column;

  constructor(bytes: Uint8Array, starts: U32Column, ends: U32Column) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.#ends = ends;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The bytes of symbol `number`, which must be below `count`; a view. */
  bytes(number: number): Uint8Array {
    return this.#bytes.subarray(this.#starts.at(number), this.#ends.at(number));
  }

  /** Bytes of symbol `number`. */
  lengthOf(number: number): number {
    return this.#ends.at(number) - this.#starts.at(number);
  }

  /** As text; bytes that are not UTF-8 come as U+FFFD. */
  text(number: number): string {
    return decoder.decode(this.bytes(number));
  }

  /** The number of `symbol`, or NO_SYMBOL. */
  find(symbol: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = Buffer.compare(this.bytes(middle), symbol);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return NO_SYMBOL;
  }
}

/** A symbol table and where it ends in the file, checksum included. */
export interface SymbolSection {
  readonly symbols: Symbols;
  readonly end: number;
  readonly crcMatches: boolean;
}

/**
 * Reads the symbol table at `start`. A wrong checksum is only told, so that `verify` can go on; all
 * else that is wrong is `damaged_block`.
 */
export function readSymbols(source: ByteSource, start: number): SymbolSection {
  const head = new ByteReader().reset(source.read(start, 8));
  const length = head.u32be();
  const count = head.u32be();
  const end = start + 4 + length;
  if (length < 4 || length > SYMBOLS_BYTES_MAX || end + CRC_BYTES > source.sizeBytes)
    throw damagedBlock(source.name, start, `a symbol table of ${length} bytes`);
  if (count > length - 4)
    throw damagedBlock(source.name, start + 4, `${count} symbols in ${length} bytes`);
  const bytes = copyOfRange(source, start + 4, end + CRC_BYTES);
  const reader = new ByteReader().reset(bytes, 4, length);
  const starts = new U32Column(Math.max(1, count));
  const ends = new U32Column(Math.max(1, count));
  readingOf(source.name, start + 4, () => {
    for (let i = 0; i < count; i++) {
      const begin = reader.take(reader.uvarint());
      starts.push(begin);
      ends.push(reader.position);
    }
  });
  if (reader.remaining !== 0) {
    const what = `bytes are left over after ${count} symbols`;
    throw damagedBlock(source.name, start + 4 + reader.position, what);
  }
  const stored = reader.reset(bytes, length).u32be();
  return {
    symbols: new Symbols(bytes, starts, ends),
    end: end + CRC_BYTES,
    crcMatches: stored === crc32c(bytes.subarray(0, length)),
  };
}
