// Finite state entropy tables of zstd (RFC 8878, 4.1): read from a block, or from a distribution.

import { OutOfBytes } from './byte-reader.ts';
import { type BackwardBits, ForwardBits } from './zstd-bits.ts';

/** A probability below one: the symbol has a single state, at the table's end. */
const LESS_THAN_ONE = -1;

/** What each state says: its symbol, and how to get to the next state. */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbols: Uint8Array;
  /** Bits to be read and added to the state's base. */
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** A table and where in the bytes its description ended. */
export interface ReadTable {
  readonly table: FseTable;
  readonly end: number;
}

/** The largest numbers that a kind of table may have. */
export interface FseLimits {
  readonly accuracyLogMax: number;
  readonly symbolMax: number;
}

/** Reads the description of a table in `bytes[start, end)`. Throws OutOfBytes. */
export function readFseTable(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  { accuracyLogMax, symbolMax }: FseLimits,
): ReadTable {
  const bits = new ForwardBits(bytes, start, end);
  const accuracyLog = bits.read(4) + 5;
  if (accuracyLog > accuracyLogMax) throw damaged('is too fine', start);
  const probabilities = new Int16Array(symbolMax + 1);
  let symbol = 0;
  let remaining = 1 << accuracyLog;
  while (remaining > 0) {
    if (symbol > symbolMax) throw damaged('has too many symbols', start);
    const probability = readProbability(bits, remaining);
    remaining -= Math.abs(probability);
    probabilities[symbol++] = probability;
    if (probability !== 0) continue;
    for (let repeat = 3; repeat === 3; ) {
      repeat = bits.read(2);
      symbol += repeat;
      if (symbol > symbolMax + 1) throw damaged('has too many symbols', start);
    }
  }
  return { table: makeFseTable(probabilities, accuracyLog), end: bits.nextByte };
}

/** A number from -1 to `remaining` takes as few bits as that many numbers can. */
function readProbability(bits: ForwardBits, remaining: number): number {
  const width = 32 - Math.clz32(remaining + 1);
  const value = bits.read(width);
  const low = value & ((1 << (width - 1)) - 1);
  const threshold = (1 << width) - 1 - (remaining + 1);
  if (low < threshold) {
    bits.unread();
    return low - 1;
  }
  return (value >= 1 << (width - 1) ? value - threshold : value) - 1;
}

/** Makes the table of a distribution; the probabilities add up to its size. */
export function makeFseTable(probabilities: ArrayLike<number>, accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(probabilities.length);
  let high = size;
  for (let symbol = 0; symbol < probabilities.length; symbol++) {
    const probability = probabilities[symbol]!;
    if (probability === LESS_THAN_ONE) symbols[--high] = symbol;
    next[symbol] = Math.abs(probability);
  }
  spread(probabilities, symbols, high);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const count = next[symbols[state]!]!++;
    const width = accuracyLog - (31 - Math.clz32(count));
    bits[state] = width;
    bases[state] = (count << width) - size;
  }
  return { accuracyLog, symbols, bits, bases };
}

/** Gives each symbol as many states as its probability, all over the table below `high`. */
function spread(probabilities: ArrayLike<number>, symbols: Uint8Array, high: number): void {
  const size = symbols.length;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let symbol = 0; symbol < probabilities.length; symbol++)
    for (let i = 0; i < probabilities[symbol]!; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
}

/** The table that knows one symbol only and takes no bits. */
export function singleSymbolTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbols: Uint8Array.of(symbol),
    bits: new Uint8Array(1),
    bases: new Uint16Array(1),
  };
}

/** The state behind `state`. */
export function nextState(table: FseTable, state: number, bits: BackwardBits): number {
  return table.bases[state]! + bits.read(table.bits[state]!);
}

function damaged(what: string, start: number): OutOfBytes {
  return new OutOfBytes(`a zstd table ${what}`, start);
}
