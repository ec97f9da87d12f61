// The sequences of a zstd block (RFC 8878, 3.1.1.3.2): how many literals, then what to repeat.
//
// A flyweight: `open` on a section, `next` for each sequence. Everything that may be hostile is
// bounded by whoever carries the sequences out: lengths are at most 2^17, offsets below 2^31.

import { OutOfBytes } from './byte-reader.ts';
import { BackwardBits } from './zstd-bits.ts';
import {
  type FseLimits,
  type FseTable,
  makeFseTable,
  nextState,
  readFseTable,
  singleSymbolTable,
} from './zstd-fse.ts';

/** Extra bits of each code of literal lengths and of match lengths; smaller codes are the value. */
const LITERAL_BITS = bitsOf(
  16,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const MATCH_BITS = bitsOf(
  32,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const LITERAL_BASES = basesOf(LITERAL_BITS, 0);
const MATCH_BASES = basesOf(MATCH_BITS, 3);

function bitsOf(plain: number, extra: readonly number[]): Uint8Array {
  return Uint8Array.of(...new Array<number>(plain).fill(0), ...extra);
}

function basesOf(bits: Uint8Array, first: number): Int32Array {
  const bases = new Int32Array(bits.length);
  for (let code = 0, base = first; code < bits.length; base += 1 << bits[code++]!)
    bases[code] = base;
  return bases;
}

interface Kind extends FseLimits {
  readonly predefined: FseTable;
}

const LITERAL_LENGTHS: Kind = {
  accuracyLogMax: 9,
  symbolMax: 35,
  predefined: makeFseTable(
    [
      ...[4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1],
      ...[1, 1, -1, -1, -1, -1],
    ],
    6,
  ),
};
const OFFSETS: Kind = {
  accuracyLogMax: 8,
  symbolMax: 31,
  predefined: makeFseTable(
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
    5,
  ),
};
const MATCH_LENGTHS: Kind = {
  accuracyLogMax: 9,
  symbolMax: 52,
  predefined: makeFseTable(
    [
      ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1],
    ],
    6,
  ),
};

/** How a section says which table it uses. */
const PREDEFINED = 0;
const SINGLE = 1;
const DESCRIBED = 2;

/** No distance reaches this far: records are at most 64 MiB. */
const OFFSET_CODE_MAX = 30;

export class ZstdSequences {
  literalLength = 0;
  matchLength = 0;
  /** As coded: 1 to 3 mean distances used before, larger ones the distance + 3. */
  offsetValue = 0;
  #left = 0;
  #lengths: FseTable | undefined;
  #offsets: FseTable | undefined;
  #matches: FseTable | undefined;
  #lengthState = 0;
  #offsetState = 0;
  #matchState = 0;
  readonly #bits = new BackwardBits();

  /** Begins a frame: no table to be used again. */
  reset(): void {
    this.#lengths = undefined;
    this.#offsets = undefined;
    this.#matches = undefined;
  }

  /** Begins the section that fills `block[start, end)`. Throws OutOfBytes. */
  open(block: Uint8Array, start: number, end: number): void {
    const head = new SectionHead(block, start, end);
    this.#left = head.readCount();
    if (this.#left === 0) {
      if (head.at !== end) throw damaged('leave bytes behind them', head.at);
      return;
    }
    const modes = head.byte();
    if ((modes & 3) !== 0) throw damaged('use a reserved bit', start);
    this.#lengths = head.readTable(modes >> 6, LITERAL_LENGTHS, this.#lengths);
    this.#offsets = head.readTable((modes >> 4) & 3, OFFSETS, this.#offsets);
    this.#matches = head.readTable((modes >> 2) & 3, MATCH_LENGTHS, this.#matches);
    this.#bits.open(block, head.at, end);
    this.#lengthState = this.#bits.read(this.#lengths.accuracyLog);
    this.#offsetState = this.#bits.read(this.#offsets.accuracyLog);
    this.#matchState = this.#bits.read(this.#matches.accuracyLog);
  }

  /** Steps to the next sequence; false at the end. Throws OutOfBytes. */
  next(): boolean {
    const bits = this.#bits;
    const lengths = this.#lengths;
    const offsets = this.#offsets;
    const matches = this.#matches;
    if (this.#left === 0 || !lengths || !offsets || !matches) return false;
    const offsetCode = offsets.symbols[this.#offsetState]!;
    if (offsetCode > OFFSET_CODE_MAX) throw damaged('reach too far back', 0);
    const lengthCode = lengths.symbols[this.#lengthState]!;
    const matchCode = matches.symbols[this.#matchState]!;
    this.offsetValue = 2 ** offsetCode + bits.read(offsetCode);
    this.matchLength = MATCH_BASES[matchCode]! + bits.read(MATCH_BITS[matchCode]!);
    this.literalLength = LITERAL_BASES[lengthCode]! + bits.read(LITERAL_BITS[lengthCode]!);
    this.#left--;
    if (this.#left === 0) {
      bits.checkEnd();
      return true;
    }
    this.#lengthState = nextState(lengths, this.#lengthState, bits);
    this.#matchState = nextState(matches, this.#matchState, bits);
    this.#offsetState = nextState(offsets, this.#offsetState, bits);
    if (bits.left < 0) throw damaged('end early', 0);
    return true;
  }
}

/** What stands in front of a section's stream. */
class SectionHead {
  readonly #block: Uint8Array;
  readonly #end: number;
  at: number;

  constructor(block: Uint8Array, start: number, end: number) {
    this.#block = block;
    this.at = start;
    this.#end = end;
  }

  byte(): number {
    if (this.at >= this.#end) throw damaged('end early', this.at);
    return this.#block[this.at++]!;
  }

  readCount(): number {
    const first = this.byte();
    if (first < 128) return first;
    if (first < 255) return ((first - 128) << 8) + this.byte();
    const low = this.byte();
    return low + (this.byte() << 8) + 0x7f00;
  }

  readTable(mode: number, kind: Kind, before: FseTable | undefined): FseTable {
    if (mode === PREDEFINED) return kind.predefined;
    if (mode === SINGLE) {
      const symbol = this.byte();
      if (symbol > kind.symbolMax) throw damaged('have a code that there is not', this.at - 1);
      return singleSymbolTable(symbol);
    }
    if (mode === DESCRIBED) {
      const read = readFseTable(this.#block, { start: this.at, end: this.#end }, kind);
      this.at = read.end;
      return read.table;
    }
    if (before === undefined) throw damaged('want a table of a block before', this.at);
    return before;
  }
}

function damaged(what: string, at: number): OutOfBytes {
  return new OutOfBytes(`the sequences of a zstd block ${what}`, at);
}
