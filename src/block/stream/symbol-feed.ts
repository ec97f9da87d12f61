// The symbol tables of several indexes on their way, made into one: each symbol once, in byte
// order, and for each index the numbers that its symbols have in the whole.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import { compareRanges } from '../../base/bytes/compare-ranges.ts';
import { crc32cOfRange } from '../../base/bytes/crc32c.ts';
import { assert } from '../../base/errors/assert.ts';
import { DamagePlace, damagedBlock, damageOf, readingOf, wrongChecksum } from '../damage.ts';
import { CRC_BYTES, SYMBOLS_BYTES_MAX } from '../index/format.ts';
import type { ByteFeed } from './byte-feed.ts';

/** A length is a uvarint of so many bytes at most. */
const LENGTH_BYTES_MAX = 5;
const HEAD_BYTES = 8;

/** A cursor over the symbols of one index; it holds the current one. */
export class SymbolFeed {
  /** The current symbol: [start, end) of `bytes`. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** By number in this index: number in the whole. */
  readonly numbers: U32Column;
  /** Where the table begins in the file. */
  readonly tableStart: number;
  readonly #feed: ByteFeed;
  readonly #reader = new ByteReader();
  readonly #tableEnd: number;
  readonly #count: number;
  #position: number;
  #crc: number;

  private constructor(feed: ByteFeed, tableStart: number) {
    this.#feed = feed;
    this.tableStart = tableStart;
    const at = feed.load(tableStart, HEAD_BYTES);
    this.#reader.reset(feed.loaded, at, at + HEAD_BYTES);
    const length = this.#reader.u32be();
    this.#count = this.#reader.u32be();
    this.#tableEnd = tableStart + 4 + length;
    const isOutside = this.#tableEnd + CRC_BYTES > feed.sizeBytes;
    if (length < 4 || length > SYMBOLS_BYTES_MAX || isOutside)
      throw damagedBlock(feed.name, tableStart, `a symbol table of ${length} bytes`);
    if (this.#count > length - 4)
      throw damagedBlock(feed.name, tableStart + 4, `${this.#count} symbols in ${length} bytes`);
    this.numbers = new U32Column(Math.max(1, this.#count));
    this.#crc = crc32cOfRange(feed.loaded, at + 4, at + HEAD_BYTES);
    this.#position = tableStart + HEAD_BYTES;
  }

  /** The table at `tableStart` of an index. */
  static async open(feed: ByteFeed, tableStart: number): Promise<SymbolFeed> {
    await feed.bring(tableStart, HEAD_BYTES);
    return new SymbolFeed(feed, tableStart);
  }

  get count(): number {
    return this.#count;
  }

  /** Where the table ends in the file, checksum included. */
  get tableEnd(): number {
    return this.#tableEnd + CRC_BYTES;
  }

  /** Steps to the next symbol; false at the end, after the checksum was found right. */
  async next(): Promise<boolean> {
    while (!this.#step()) await this.#bring();
    return this.numbers.length < this.#count;
  }

  /** Steps if the bytes are at hand; not behind the last one. */
  tryNext(): boolean {
    return this.#step();
  }

  #step(): boolean {
    const feed = this.#feed;
    if (this.numbers.length === this.#count) return this.#checkEnd();
    const available = Math.min(LENGTH_BYTES_MAX, this.#tableEnd - this.#position);
    if (!feed.has(this.#position, available)) return false;
    const at = feed.load(this.#position, available);
    const reader = this.#reader.reset(feed.loaded, at, at + available);
    const length = readingOf(feed.name, this.#position - at, () => reader.uvarint());
    const whole = reader.position - at + length;
    if (whole > this.#tableEnd - this.#position)
      throw damagedBlock(feed.name, this.#position, `a symbol of ${length} bytes`);
    if (!feed.has(this.#position, whole)) return false;
    const begin = feed.load(this.#position, whole);
    this.bytes = feed.loaded;
    this.end = begin + whole;
    this.start = this.end - length;
    this.#crc = crc32cOfRange(this.bytes, begin, this.end, this.#crc);
    this.#position += whole;
    return true;
  }

  async #bring(): Promise<void> {
    const left = this.#tableEnd - this.#position;
    if (left <= 0) {
      await this.#feed.bring(this.#tableEnd, CRC_BYTES);
      return;
    }
    const available = Math.min(LENGTH_BYTES_MAX, left);
    await this.#feed.bring(this.#position, available);
    const at = this.#feed.load(this.#position, available);
    const reader = this.#reader.reset(this.#feed.loaded, at, at + available);
    const length = readingOf(this.#feed.name, this.#position - at, () => reader.uvarint());
    await this.#feed.bring(this.#position, Math.min(left, reader.position - at + length));
  }

  /** False while the checksum is not at hand. */
  #checkEnd(): boolean {
    const feed = this.#feed;
    if (this.#position !== this.#tableEnd) {
      const what = `bytes are left over after ${this.#count} symbols`;
      throw damagedBlock(feed.name, this.#position, what);
    }
    if (!feed.has(this.#tableEnd, CRC_BYTES)) return false;
    const at = feed.load(this.#tableEnd, CRC_BYTES);
    if (this.#reader.reset(feed.loaded, at, at + CRC_BYTES).u32be() !== this.#crc) {
      const what = 'the checksum of the symbol table does not match';
      throw wrongChecksum(feed.name, this.tableStart, what);
    }
    return true;
  }

  /** The current symbol has this number in the whole; false when it was the last one. */
  settle(number: number): boolean {
    this.numbers.push(number);
    return this.numbers.length < this.#count;
  }

  /** A symbol that is not above the one before it. */
  outOfOrder(): Error {
    const place = { file: this.#feed.name, offset: this.#position };
    return damageOf(new DamagePlace(place, 'the symbols are not in order', 'order'));
  }
}

/** Who is told while tables are united. */
export interface SymbolsTold {
  /** This table is read next: the one to blame when it cannot be. */
  readonly onTable: (table: SymbolFeed) => void;
  /** The next symbol of the whole; the bytes are valid during the call. */
  readonly onSymbol: (symbol: Uint8Array) => void;
}

/** Gives each symbol of all tables once, in byte order, and fills their `numbers`. */
export async function uniteSymbols(
  tables: readonly SymbolFeed[],
  { onTable, onSymbol }: SymbolsTold,
): Promise<void> {
  const live: SymbolFeed[] = [];
  for (const table of tables) {
    onTable(table);
    if (await table.next()) live.push(table);
  }
  const here: SymbolFeed[] = [];
  for (let number = 0; live.length > 0; number++) {
    const first = smallest(live, here);
    const symbol = first.bytes.slice(first.start, first.end);
    onSymbol(symbol);
    const last = { bytes: symbol, start: 0, end: symbol.length };
    for (const table of here) {
      onTable(table);
      const isMore = table.settle(number);
      const isRead = isMore && table.tryNext();
      if (!isRead && !(await table.next())) live.splice(live.indexOf(table), 1);
      else if (compareRanges(table, last) <= 0) throw table.outOfOrder();
    }
  }
}

/** The smallest symbol's table; `here` becomes all that stand on the same. */
function smallest(live: readonly SymbolFeed[], here: SymbolFeed[]): SymbolFeed {
  here.length = 0;
  let first: SymbolFeed | undefined;
  for (const table of live) {
    const order = first === undefined ? -1 : compareRanges(table, first);
    if (order > 0) continue;
    if (order < 0) {
      first = table;
      here.length = 0;
    }
    here.push(table);
  }
  assert(first !== undefined, 'there is a table left');
  return first;
}
