// The symbols of a damaged index, each once and in byte order whatever order the table has
// (docs/formats/index.md). Of a table with a wrong checksum each label may be another, so it is
// not believed: then the symbols are taken from the postings offset table, which has every name and
// value once more, when it is whole and has as many.
//
// Invariant: a number means the string that its writer meant, or there are no symbols at all.

import { U32Column } from '../../base/bytes/columns.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import type { ByteSource } from '../byte-source.ts';
import { INDEX_HEADER_BYTES, type Toc } from '../index/format.ts';
import { readTableBounds, readTableEntry, tableCrcMatches } from '../index/postings-table.ts';
import { readSymbols } from '../index/symbols.ts';
import { SourceCursor } from '../source-cursor.ts';

const NO_BYTES = new Uint8Array(0);
const decoder = new TextDecoder();

/** Symbols by their numbers in the damaged index. */
interface SymbolTable {
  readonly count: number;
  bytes(number: number): Uint8Array;
}

/** See the head of the file. */
export class SalvagedSymbols {
  /** Numbers that series may use. */
  readonly count: number;
  /** By number in the damaged index: number in byte order, where the empty symbol has 0. */
  readonly numbers: U32Column;
  /** Where the table ends in the file. */
  readonly end: number;
  readonly #table: SymbolTable;
  /** By number in byte order, from 1 on: number in the damaged index. */
  readonly #inOrder: U32Column;

  constructor(table: SymbolTable, end: number) {
    this.#table = table;
    this.count = table.count;
    this.end = end;
    const order = orderOf(table);
    const inOrder = new U32Column(Math.max(1, table.count));
    const numbers = new Uint32Array(table.count);
    let last: Uint8Array = NO_BYTES;
    for (const number of order) {
      const symbol = table.bytes(number);
      if (Buffer.compare(symbol, last) !== 0) inOrder.push(number);
      last = symbol;
      numbers[number] = inOrder.length;
    }
    this.#inOrder = inOrder;
    this.numbers = new U32Column(Math.max(1, table.count));
    for (const number of numbers) this.numbers.push(number);
  }

  /** Each symbol once, in byte order. */
  *all(): Generator<Uint8Array> {
    yield NO_BYTES; // there in every index
    for (let i = 0; i < this.#inOrder.length; i++) yield this.#table.bytes(this.#inOrder.at(i));
  }

  /** By number in byte order. */
  text(number: number): string {
    return number === 0 ? '' : decoder.decode(this.#table.bytes(this.#inOrder.at(number - 1)));
  }
}

/** The numbers in byte order of their symbols; of a table in order there is nothing to sort. */
function orderOf(table: SymbolTable): Uint32Array {
  const order = Uint32Array.from({ length: table.count }, (_, i) => i);
  const compare = (a: number, b: number): number => Buffer.compare(table.bytes(a), table.bytes(b));
  const isSorted = order.every((number) => number === 0 || compare(number - 1, number) < 0);
  return isSorted ? order : order.sort(compare);
}

/** The symbols of the index, or undefined when they cannot be known. */
export function salvageSymbols(
  source: ByteSource,
  toc: Toc | undefined,
): SalvagedSymbols | undefined {
  const start = toc?.symbols ?? INDEX_HEADER_BYTES;
  return (
    orUndefined(() => fromTable(source, start)) ??
    orUndefined(() => fromPostings(source, toc, start))
  );
}

function fromTable(source: ByteSource, start: number): SalvagedSymbols | undefined {
  const { crcMatches, end, symbols } = readSymbols(source, start);
  if (!crcMatches) return undefined;
  return new SalvagedSymbols(symbols, end);
}

function fromPostings(
  source: ByteSource,
  toc: Toc | undefined,
  start: number,
): SalvagedSymbols | undefined {
  if (toc === undefined) return undefined;
  const bounds = readTableBounds(source, toc.postingsTable);
  if (!tableCrcMatches(source, toc.postingsTable, bounds)) return undefined;
  const found = new Map<string, Uint8Array>([['', NO_BYTES]]);
  const cursor = new SourceCursor(source, bounds.start, bounds.end);
  for (let i = 0; i < bounds.count; i++) {
    const { name, value } = readTableEntry(cursor, source.name);
    for (const one of [name, value]) found.set(Buffer.from(one).toString('latin1'), one);
  }
  // Symbols that no series has would be missing, and all numbers behind them be wrong.
  if (countAt(source, start) !== found.size) return undefined;
  const table = [...found.values()].sort(Buffer.compare);
  const bytes = (number: number): Uint8Array => table.at(number) ?? NO_BYTES;
  return new SalvagedSymbols({ count: table.length, bytes }, toc.series);
}

/** The number of symbols that the table's head gives. */
function countAt(source: ByteSource, start: number): number {
  return new SourceCursor(source, start + 4, source.sizeBytes).u32be();
}

function orUndefined<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (asVarveError(thrown).kind !== 'damaged') throw thrown;
    return undefined;
  }
}
