// The literals of a zstd block (RFC 8878, 3.1.1.3.1): raw, one byte repeated, or huffman-coded.

import { OutOfBytes } from './byte-reader.ts';
import { decodeHuffman, type HuffmanTable, readHuffmanTable } from './zstd-huffman.ts';

const RAW = 0;
const REPEATED = 1;
const COMPRESSED = 2;

/** Sizes of the header's three widths with two sizes: bytes, and bits of each size. */
const COMPRESSED_HEADERS = [
  { bytes: 3, bits: 10 },
  { bytes: 3, bits: 10 },
  { bytes: 4, bits: 14 },
  { bytes: 5, bits: 18 },
] as const;

/** Bytes in front of four streams: the sizes of the first three. */
const JUMP_TABLE_BYTES = 6;

/** The literals of one block after the other; `bytes[0, length)` are those of the last. */
export class ZstdLiterals {
  readonly bytes: Uint8Array;
  length = 0;
  /** The last block's table, which the next one may use again. */
  #table: HuffmanTable | undefined;

  /** @param bytesMax no block has more */
  constructor(bytesMax: number) {
    this.bytes = new Uint8Array(bytesMax);
  }

  /** Begins a frame. */
  reset(): void {
    this.#table = undefined;
  }

  /** Reads the section at the start of `block[start, end)`; returns where it ends. */
  read(block: Uint8Array, start: number, end: number): number {
    if (start >= end) throw damaged('are missing', start);
    const first = block[start]!;
    const type = first & 3;
    const format = (first >> 2) & 3;
    if (type >= COMPRESSED) return this.#readCompressed(block, { start, end, format });
    const headerBytes = (format & 1) === 0 ? 1 : format === 1 ? 2 : 3;
    if (start + headerBytes > end) throw damaged('end early', start);
    const shift = headerBytes === 1 ? 3 : 4;
    this.#setLength(littleEndian(block, start, headerBytes) >>> shift, start);
    const at = start + headerBytes;
    const stored = type === RAW ? this.length : 1;
    if (at + stored > end) throw damaged('end early', start);
    if (type === REPEATED) this.bytes.fill(block[at]!, 0, this.length);
    else this.bytes.set(block.subarray(at, at + stored));
    return at + stored;
  }

  #readCompressed(
    block: Uint8Array,
    { start, end, format }: { start: number; end: number; format: number },
  ): number {
    const { bits, bytes: headerBytes } = COMPRESSED_HEADERS[format]!;
    if (start + headerBytes > end) throw damaged('end early', start);
    // 4 + 2 × 18 bits are more than 32: a double holds them.
    const header = Math.floor(littleEndian(block, start, headerBytes) / 16);
    this.#setLength(header % 2 ** bits, start);
    let at = start + headerBytes;
    const sectionEnd = at + Math.floor(header / 2 ** bits);
    if (sectionEnd > end) throw damaged('end early', start);
    if ((block[start]! & 3) === COMPRESSED) {
      const read = readHuffmanTable(block, at, sectionEnd);
      this.#table = read.table;
      at = read.end;
    }
    if (this.#table === undefined) throw damaged('want the table of a block before', start);
    if (format === 0) this.#decode(this.#table, { bytes: block, start: at, end: sectionEnd });
    else this.#decodeFour(this.#table, { bytes: block, start: at, end: sectionEnd });
    return sectionEnd;
  }

  #decode(table: HuffmanTable, from: { bytes: Uint8Array; start: number; end: number }): void {
    decodeHuffman(table, from, { into: this.bytes, from: 0, to: this.length });
  }

  #decodeFour(
    table: HuffmanTable,
    { bytes, start, end }: { bytes: Uint8Array; start: number; end: number },
  ): void {
    const each = (this.length + 3) >> 2;
    let at = start + JUMP_TABLE_BYTES;
    if (at > end || 3 * each > this.length) throw damaged('end early', start);
    for (let i = 0; i < 4; i++) {
      const next = i === 3 ? end : at + littleEndian(bytes, start + 2 * i, 2);
      if (next > end) throw damaged('end early', start);
      const to = i === 3 ? this.length : (i + 1) * each;
      decodeHuffman(
        table,
        { bytes, start: at, end: next },
        { into: this.bytes, from: i * each, to },
      );
      at = next;
    }
  }

  #setLength(length: number, start: number): void {
    if (length > this.bytes.length) throw damaged('are longer than a block', start);
    this.length = length;
  }
}

/** A number of up to six bytes, the lowest first. */
export function littleEndian(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[start + i]!;
  return value;
}

function damaged(what: string, start: number): OutOfBytes {
  return new OutOfBytes(`the literals of a zstd block ${what}`, start);
}
