// The order of symbols and labels in a snapshot: sorted once, so that comparing two series is
// comparing numbers.

import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { RecordReader } from '../base/bytes/paged-records.ts';
import { ArenaReader } from '../base/bytes/slab-arena.ts';
import { SYMBOL_ADDRESS, SYMBOL_LENGTH } from '../base/bytes/symbol-table.ts';
import { assert } from '../base/errors/assert.ts';
import { PAIR_NAME, PAIR_VALUE } from './pair-record.ts';
import type { SnapshotLabels } from './snapshot.ts';

/** The labels that the series of a snapshot carry, ranked by bytes. */
export class LabelRanks {
  /** Ids of the symbols in use, by bytes: a symbol's rank is its index here. */
  readonly symbols: Uint32Array;
  readonly #arena: ArenaReader;
  readonly #pairs: RecordReader;
  readonly #symbolRecords: RecordReader;
  /** By symbol id. */
  readonly #symbolRanks: U32Column;
  /** By pair record. */
  readonly #pairRanks: U32Column;

  constructor(snapshot: SnapshotLabels) {
    this.#arena = new ArenaReader(snapshot.slabs);
    this.#pairs = new RecordReader(snapshot.pairs);
    this.#symbolRecords = new RecordReader(snapshot.symbols);
    this.#symbolRanks = new U32Column(this.#symbolRecords.limit);
    this.#pairRanks = new U32Column(this.#pairs.limit);
    const pairs = this.#usedPairs(snapshot);
    this.symbols = this.#usedSymbols(pairs);
    this.symbols.sort((a, b) => this.#compareSymbols(a, b));
    this.symbols.forEach((symbol, rank) => {
      this.#symbolRanks.set(symbol, rank);
    });
    pairs.sort(
      (a, b) => this.#nameRank(a) - this.#nameRank(b) || this.#valueRank(a) - this.#valueRank(b),
    );
    pairs.forEach((pair, rank) => {
      this.#pairRanks.set(pair, rank);
    });
  }

  /** The series (their indexes in the snapshot) in label order. */
  seriesInOrder(snapshot: SnapshotLabels): Uint32Array {
    const addresses = columnOf(snapshot.labelAddresses);
    const counts = columnOf(snapshot.labelCounts);
    const order = new Uint32Array(snapshot.labelCounts.length).map((_, index) => index);
    return order.sort((a, b) => {
      const countA = counts.at(a);
      const countB = counts.at(b);
      const addressA = addresses.at(a);
      const addressB = addresses.at(b);
      const viewA = this.#arena.view(addressA);
      const viewB = this.#arena.view(addressB);
      const baseA = this.#arena.offset(addressA);
      const baseB = this.#arena.offset(addressB);
      const shared = Math.min(countA, countB) * 4;
      for (let i = 0; i < shared; i += 4) {
        const pairA = viewA.getUint32(baseA + i, true);
        const pairB = viewB.getUint32(baseB + i, true);
        if (pairA !== pairB) return this.#pairRanks.at(pairA) - this.#pairRanks.at(pairB);
      }
      return countA - countB;
    });
  }

  /** The ranks of a series' label symbols: name, value, … */
  labelsOf(address: number, count: number): Uint32Array {
    const ranks = new U32Column(Math.max(1, count * 2));
    const view = this.#arena.view(address);
    const base = this.#arena.offset(address);
    for (let i = 0; i < count; i++) {
      const pair = view.getUint32(base + i * 4, true);
      ranks.push(this.#nameRank(pair));
      ranks.push(this.#valueRank(pair));
    }
    return ranks.view();
  }

  /** A copy of a symbol's bytes. */
  bytesOf(symbol: number): Uint8Array {
    const length = this.#field(symbol, SYMBOL_LENGTH);
    const address = this.#field(symbol, SYMBOL_ADDRESS);
    const start = this.#arena.offset(address);
    return new Uint8Array(this.#arena.bytes(address).subarray(start, start + length));
  }

  /** A copy of the bytes of the symbol with this rank. */
  bytesOfRank(rank: number): Uint8Array {
    const symbol = this.symbols.at(rank);
    assert(symbol !== undefined, 'ranks are below the number of symbols');
    return this.bytesOf(symbol);
  }

  #field(symbol: number, field: number): number {
    const at = this.#symbolRecords.offset(symbol) + field;
    return this.#symbolRecords.view(symbol).getUint32(at, true);
  }

  #nameRank(pair: number): number {
    const at = this.#pairs.offset(pair) + PAIR_NAME;
    return this.#symbolRanks.at(this.#pairs.view(pair).getUint32(at, true));
  }

  #valueRank(pair: number): number {
    const at = this.#pairs.offset(pair) + PAIR_VALUE;
    return this.#symbolRanks.at(this.#pairs.view(pair).getUint32(at, true));
  }

  /** Each once. `#pairRanks` serves as the mark of having been seen. */
  #usedPairs(snapshot: SnapshotLabels): Uint32Array {
    const used = new U32Column(1024);
    const counts = columnOf(snapshot.labelCounts);
    snapshot.labelAddresses.forEach((address, index) => {
      const view = this.#arena.view(address);
      const base = this.#arena.offset(address);
      for (let i = 0; i < counts.at(index); i++) {
        const pair = view.getUint32(base + i * 4, true);
        if (this.#pairRanks.at(pair) !== 0) continue;
        this.#pairRanks.set(pair, 1);
        used.push(pair);
      }
    });
    return used.view();
  }

  #usedSymbols(pairs: Uint32Array): Uint32Array {
    const used = new U32Column(1024);
    const see = (symbol: number): void => {
      if (this.#symbolRanks.at(symbol) !== 0) return;
      this.#symbolRanks.set(symbol, 1);
      used.push(symbol);
    };
    for (const pair of pairs) {
      const view = this.#pairs.view(pair);
      const at = this.#pairs.offset(pair);
      see(view.getUint32(at + PAIR_NAME, true));
      see(view.getUint32(at + PAIR_VALUE, true));
    }
    return used.view();
  }

  /** Word by word, big-endian; behind a symbol's end there are zeros. */
  #compareSymbols(a: number, b: number): number {
    const lengthA = this.#field(a, SYMBOL_LENGTH);
    const lengthB = this.#field(b, SYMBOL_LENGTH);
    const addressA = this.#field(a, SYMBOL_ADDRESS);
    const addressB = this.#field(b, SYMBOL_ADDRESS);
    const viewA = this.#arena.view(addressA);
    const viewB = this.#arena.view(addressB);
    const baseA = this.#arena.offset(addressA);
    const baseB = this.#arena.offset(addressB);
    const shared = Math.min(lengthA, lengthB);
    for (let i = 0; i < shared; i += 4) {
      const difference = viewA.getUint32(baseA + i) - viewB.getUint32(baseB + i);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }
}

/** A typed array as a column, for `at` that V8 inlines. */
export function columnOf(cells: Uint32Array): U32Column {
  const column = new U32Column(Math.max(1, cells.length));
  for (const cell of cells) column.push(cell);
  return column;
}

/** The same for times. */
export function timesOf(cells: Float64Array): F64Column {
  const column = new F64Column(Math.max(1, cells.length));
  for (const cell of cells) column.push(cell);
  return column;
}
