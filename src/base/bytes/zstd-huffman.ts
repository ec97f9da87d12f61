// Huffman-coded literals of zstd (RFC 8878, 4.2): the table, and the streams that it decodes.

import { OutOfBytes } from './byte-reader.ts';
import { BackwardBits } from './zstd-bits.ts';
import { nextState, readFseTable } from './zstd-fse.ts';

const BITS_MAX = 11;
const WEIGHTS_MAX = 255;
/** From this header byte on the weights stand there uncompressed, four bits each. */
const DIRECT_WEIGHTS_FROM = 128;
const WEIGHT_LIMITS = { accuracyLogMax: 6, symbolMax: BITS_MAX + 1 };

/** What each `bitsMax` bits decode to. */
export interface HuffmanTable {
  readonly bitsMax: number;
  readonly symbols: Uint8Array;
  /** How many of the bits the symbol takes. */
  readonly lengths: Uint8Array;
}

/** Reads the description of a table in `bytes[start, end)`. Throws OutOfBytes. */
export function readHuffmanTable(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly table: HuffmanTable; readonly end: number } {
  if (start >= end) throw damaged('is missing', start);
  const header = bytes[start]!;
  const weights = new Uint8Array(WEIGHTS_MAX + 1);
  const isDirect = header >= DIRECT_WEIGHTS_FROM;
  const count = isDirect ? header - (DIRECT_WEIGHTS_FROM - 1) : 0;
  const tableEnd = start + 1 + (isDirect ? (count + 1) >> 1 : header);
  if (tableEnd > end) throw damaged('ends early', start);
  for (let i = 0; i < count; i++) {
    const pair = bytes[start + 1 + (i >> 1)]!;
    weights[i] = (i & 1) === 0 ? pair >> 4 : pair & 15;
  }
  const known = isDirect ? count : readWeights(bytes, start + 1, { end: tableEnd, weights });
  return { table: makeHuffmanTable(weights, known, start), end: tableEnd };
}

/** Weights as two states of one table in turn; returns how many there are. */
function readWeights(
  bytes: Uint8Array,
  start: number,
  { end, weights }: { readonly end: number; readonly weights: Uint8Array },
): number {
  const { table, end: streamStart } = readFseTable(bytes, { start, end }, WEIGHT_LIMITS);
  const bits = new BackwardBits();
  bits.open(bytes, streamStart, end);
  let state = bits.read(table.accuracyLog);
  let other = bits.read(table.accuracyLog);
  if (bits.left < 0) throw damaged('ends early', start);
  for (let count = 0; count < WEIGHTS_MAX - 1; ) {
    weights[count++] = table.symbols[state]!;
    const next = nextState(table, state, bits);
    if (bits.left < 0) {
      weights[count++] = table.symbols[other]!;
      return count;
    }
    state = other;
    other = next;
  }
  throw damaged('has too many symbols', start);
}

/** The last symbol's weight is not written: it makes the sum a power of two. */
function makeHuffmanTable(weights: Uint8Array, known: number, start: number): HuffmanTable {
  let sum = 0;
  for (let i = 0; i < known; i++) {
    if (weights[i]! > BITS_MAX) throw damaged('has a weight that is too large', start);
    sum += (1 << weights[i]!) >> 1;
  }
  const bitsMax = 32 - Math.clz32(sum);
  const rest = (1 << bitsMax) - sum;
  if (sum === 0 || bitsMax > BITS_MAX || (rest & (rest - 1)) !== 0)
    throw damaged('does not add up', start);
  weights[known] = 32 - Math.clz32(rest);
  const size = 1 << bitsMax;
  const symbols = new Uint8Array(size);
  const lengths = new Uint8Array(size);
  let at = 0;
  for (let weight = 1; weight <= bitsMax; weight++)
    for (let symbol = 0; symbol <= known; symbol++) {
      if (weights[symbol] !== weight) continue;
      const end = at + (1 << (weight - 1));
      symbols.fill(symbol, at, end);
      lengths.fill(bitsMax + 1 - weight, at, end);
      at = end;
    }
  if (at !== size) throw damaged('does not add up', start);
  return { bitsMax, symbols, lengths };
}

const stream = new BackwardBits();

/** Decodes the stream in `bytes[start, end)` to exactly `into[from, to)`. Throws OutOfBytes. */
export function decodeHuffman(
  table: HuffmanTable,
  { bytes, start, end }: { bytes: Uint8Array; start: number; end: number },
  { into, from, to }: { into: Uint8Array; from: number; to: number },
): void {
  const { bitsMax, lengths, symbols } = table;
  stream.open(bytes, start, end);
  for (let i = from; i < to; i++) {
    const code = stream.peek(bitsMax);
    into[i] = symbols[code]!;
    stream.left -= lengths[code]!;
  }
  stream.checkEnd();
}

function damaged(what: string, start: number): OutOfBytes {
  return new OutOfBytes(`a zstd huffman table ${what}`, start);
}
