// From a 32-bit hash to record numbers: the one hash table of the engine (series, symbols, label
// pairs). It knows hashes and numbers only; whoever asks compares the records themselves.
//
// Extendible hashing: a directory, indexed by the hash's top bits, of small open-addressing tables.
// A full table splits into two, so growing moves at most TABLE_CELLS_MAX entries and never holds
// everything twice. Hashes stand in the tables, so that a wrong candidate costs no look at a
// record. Invariant: a table is at most 4/5 full; an entry lies between its hash's cell and the
// next gap.

import { assert } from '../errors/assert.ts';

/** No (further) entry. */
export const NO_ENTRY = 0xffffffff;

const FIRST_CELLS = 16;
const TABLE_CELLS_MAX = 4096;
const DIRECTORY_BITS_MAX = 20;

class Table {
  /** Pairs: hash, number + 1 (0 is a gap). */
  cells: Uint32Array;
  mask: number;
  count = 0;
  /** How many of the top bits all hashes in here share. */
  readonly depth: number;

  constructor(cellCount: number, depth: number) {
    this.cells = new Uint32Array(cellCount * 2);
    this.mask = cellCount - 1;
    this.depth = depth;
  }
}

export class HashIndex {
  #depth = 0;
  #directory: Table[] = [new Table(FIRST_CELLS, 0)];
  #count = 0;
  #sizeBytes = FIRST_CELLS * 8;
  // Where `next` goes on.
  #table = this.#tableOf(0);
  #at = 0;
  #hash = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of all tables. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The first number that was added with this hash, or NO_ENTRY; `next` gives the others. */
  first(hash: number): number {
    const table = this.#tableOf(hash);
    this.#table = table;
    this.#hash = hash;
    this.#at = hash & table.mask;
    return this.next();
  }

  /** The next number with the hash of the last `first`, or NO_ENTRY. */
  next(): number {
    const { cells, mask } = this.#table;
    let at = this.#at;
    for (;;) {
      const entry = cells[at * 2 + 1]!;
      if (entry === 0) {
        this.#at = at;
        return NO_ENTRY;
      }
      const same = cells[at * 2]! === this.#hash;
      at = (at + 1) & mask;
      if (same) {
        this.#at = at;
        return entry - 1;
      }
    }
  }

  /** Adds a number (below NO_ENTRY), without looking whether it is there. */
  add(hash: number, number: number): void {
    let table = this.#tableOf(hash);
    while ((table.count + 1) * 5 > (table.mask + 1) * 4) {
      this.#enlarge(table, hash);
      table = this.#tableOf(hash);
    }
    put(table, hash, number + 1);
    this.#count++;
  }

  /** Removes a number that was added with this hash. */
  remove(hash: number, number: number): void {
    const table = this.#tableOf(hash);
    const { cells, mask } = table;
    let gap = hash & mask;
    while (cells[gap * 2 + 1] !== number + 1 || cells[gap * 2] !== hash) {
      assert(cells[gap * 2 + 1] !== 0, 'what is removed from a hash index is in it');
      gap = (gap + 1) & mask;
    }
    // Move back whatever would no longer be found behind the gap.
    for (let at = (gap + 1) & mask; cells[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = cells[at * 2]! & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      cells[gap * 2] = cells[at * 2]!;
      cells[gap * 2 + 1] = cells[at * 2 + 1]!;
      gap = at;
    }
    cells[gap * 2 + 1] = 0;
    table.count--;
    this.#count--;
  }

  #tableOf(hash: number): Table {
    // (x >>> 1) >>> (31 - n) is x >>> (32 - n) also for n = 0.
    return this.#directory[(hash >>> 1) >>> (31 - this.#depth)]!;
  }

  #enlarge(table: Table, hash: number): void {
    const size = table.mask + 1;
    // Where the hashes are all alike, splitting does not help; then the table grows.
    if (size < TABLE_CELLS_MAX || table.depth >= DIRECTORY_BITS_MAX) {
      const grown = new Table(size * 2, table.depth);
      this.#sizeBytes += size * 8;
      move(table, () => grown);
      table.cells = grown.cells;
      table.mask = grown.mask;
      return;
    }
    if (table.depth === this.#depth) this.#doubleDirectory();
    const zero = new Table(size, table.depth + 1);
    const one = new Table(size, table.depth + 1);
    this.#sizeBytes += size * 8;
    const shift = 31 - table.depth;
    move(table, (of) => (((of >>> shift) & 1) === 0 ? zero : one));
    const span = 1 << (this.#depth - table.depth);
    const start = ((hash >>> 1) >>> (31 - this.#depth)) & ~(span - 1);
    this.#directory.fill(zero, start, start + span / 2);
    this.#directory.fill(one, start + span / 2, start + span);
  }

  #doubleDirectory(): void {
    const doubled: Table[] = [];
    for (const table of this.#directory) doubled.push(table, table);
    this.#directory = doubled;
    this.#depth++;
  }
}

function put(table: Table, hash: number, entry: number): void {
  const { cells, mask } = table;
  let at = hash & mask;
  while (cells[at * 2 + 1] !== 0) at = (at + 1) & mask;
  cells[at * 2] = hash;
  cells[at * 2 + 1] = entry;
  table.count++;
}

function move(from: Table, target: (hash: number) => Table): void {
  const { cells } = from;
  for (let i = 0; i < cells.length; i += 2)
    if (cells[i + 1] !== 0) put(target(cells[i]!), cells[i]!, cells[i + 1]!);
}
