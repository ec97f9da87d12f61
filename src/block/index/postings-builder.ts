// Makes postings lists, the series of each label pair, by a counting sort over typed arrays: while
// series are added, the numbers of their pairs are noted; `seal` counts, orders the pairs by name
// and value, and deals the series out. Some eight bytes per label of each series, no objects.
//
// Series must come with growing references; so each list comes out sorted.

import { U32Column } from '../../base/bytes/columns.ts';
import { assert } from '../../base/errors/assert.ts';
import { PairTable } from './pair-table.ts';

/** Collects series, then gives their postings. */
export class PostingsBuilder {
  readonly #pairs = new PairTable();
  readonly #uses = new U32Column(512);
  /** The pairs of all labels of all series, one series after the other. */
  #labelPairs = new U32Column(4096);
  readonly #seriesEnds = new U32Column(1024);
  readonly #seriesRefs = new U32Column(1024);
  /** The pairs by name, then value; from `seal` on. */
  #order = new U32Column(1);
  /** Where the list of the pair at this place of the order ends in `#refs`. */
  #ends = new U32Column(1);
  #refs = new U32Column(1);

  /** Adds a series; `labels` are symbol numbers: name, value, name, value … */
  addSeries(ref: number, labels: U32Column): void {
    const before = this.#previousStart();
    const already = this.#labelPairs.length;
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels.at(i);
      const value = labels.at(i + 1);
      // Neighbours in label order share most of their pairs: the guess saves most of the hashing.
      const guess = before + i / 2;
      const guessed = guess < already ? this.#labelPairs.at(guess) : 0;
      const isGuess = guess < already && this.#pairs.is(guessed, name, value);
      const pair = isGuess ? guessed : this.#pairs.numberOf(name, value);
      if (pair === this.#uses.length) this.#uses.push(0);
      this.#uses.set(pair, this.#uses.at(pair) + 1);
      this.#labelPairs.push(pair);
    }
    this.#seriesEnds.push(this.#labelPairs.length);
    this.#seriesRefs.push(ref);
  }

  /** Number of series added. */
  get seriesCount(): number {
    return this.#seriesRefs.length;
  }

  /** Reference of the series that was added as number `index`. */
  seriesRef(index: number): number {
    return this.#seriesRefs.at(index);
  }

  /** Makes the lists. Nothing can be added afterwards. */
  seal(symbolCount: number): void {
    this.#order = this.#ordered(symbolCount);
    const total = this.#labelPairs.length;
    const starts = new U32Column(Math.max(1, this.#pairs.count)); // by pair
    let end = 0;
    this.#ends = new U32Column(Math.max(1, this.#pairs.count));
    for (let place = 0; place < this.listCount; place++) {
      const pair = this.#order.at(place);
      starts.set(pair, end);
      end += this.#uses.at(pair);
      this.#ends.push(end);
    }
    assert(end === total, 'every label is in one list');
    this.#refs = new U32Column(Math.max(1, total));
    let label = 0;
    for (let series = 0; series < this.seriesCount; series++) {
      for (const stop = this.#seriesEnds.at(series); label < stop; label++) {
        const pair = this.#labelPairs.at(label);
        const at = starts.at(pair);
        this.#refs.set(at, this.#seriesRefs.at(series));
        starts.set(pair, at + 1);
      }
    }
    this.#labelPairs = new U32Column(1); // not needed any more
  }

  /** Number of label pairs, each with a list. */
  get listCount(): number {
    return this.#pairs.count;
  }

  /** Symbol numbers of list `place`; lists are ordered by name, then value. */
  listName(place: number): number {
    return this.#pairs.nameOf(this.#order.at(place));
  }

  listValue(place: number): number {
    return this.#pairs.valueOf(this.#order.at(place));
  }

  /** Where list `place` stands among all references: from here … */
  listStart(place: number): number {
    return place === 0 ? 0 : this.#ends.at(place - 1);
  }

  /** … to here (exclusive). */
  listEnd(place: number): number {
    return this.#ends.at(place);
  }

  /** The reference at `position`, between a list's start and end. */
  refAt(position: number): number {
    return this.#refs.at(position);
  }

  /** Where the last added series' pairs begin. */
  #previousStart(): number {
    const count = this.#seriesEnds.length;
    return count < 2 ? 0 : this.#seriesEnds.at(count - 2);
  }

  /** All pairs by name, then value: symbol numbers are in byte order, so two counting sorts do. */
  #ordered(symbolCount: number): U32Column {
    const byNumber = new U32Column(Math.max(1, this.#pairs.count));
    for (let pair = 0; pair < this.#pairs.count; pair++) byNumber.push(pair);
    const byValue = countingSort(byNumber, symbolCount, (pair) => this.#pairs.valueOf(pair));
    return countingSort(byValue, symbolCount, (pair) => this.#pairs.nameOf(pair));
  }
}

/** A stable sort of `items` by a key below `keys`. */
function countingSort(items: U32Column, keys: number, keyOf: (item: number) => number): U32Column {
  const places = new U32Column(keys + 1);
  for (let i = 0; i < items.length; i++) {
    const key = keyOf(items.at(i)) + 1;
    places.set(key, places.at(key) + 1);
  }
  for (let key = 1; key <= keys; key++) places.set(key, places.at(key) + places.at(key - 1));
  const sorted = new U32Column(Math.max(1, items.length));
  sorted.length = items.length;
  for (let i = 0; i < items.length; i++) {
    const item = items.at(i);
    const key = keyOf(item);
    const place = places.at(key);
    sorted.set(place, item);
    places.set(key, place + 1);
  }
  return sorted;
}
