// The canonical form of a label set: symbol ids, sorted by the bytes of the names, without empty
// values and without a name twice. It is a series' identity; the bytes it came in are a cache key.
//
// Senders repeat names, their order and most values from series to series. So the last accepted set
// is remembered position by position: `guessName` and `guessValue` save the hash of a string, and
// names that repeat at the same positions need no comparing of their order.
// Invariant: remembered ids are held, so that they cannot come to mean another string.

import { cellAt } from '../base/bytes/cells.ts';
import { U32Column } from '../base/bytes/columns.ts';
import { EMPTY_SYMBOL, NO_SYMBOL, type SymbolTable } from '../base/bytes/symbol-table.ts';
import { NOT_REFUSED, type Refusal, refusal } from './refusals.ts';

const LABEL_COUNT = refusal('label_count');
const LABEL_NAME_EMPTY = refusal('label_name_empty');
const LABEL_DUPLICATE = refusal('label_duplicate');
const LABEL_MISSING_NAME = refusal('label_missing_name');

export interface CanonicalOptions {
  readonly labelsMax: number;
  /** Series need a metric name; exemplars' labels do not. */
  readonly needsMetricName: boolean;
}

export class CanonicalLabels {
  /** name id, value id, name id, … of the last `finish`; `cellCount` cells are used. */
  readonly ids: Uint32Array;
  cellCount = 0;
  /** Whether a label was left out because its value was empty. */
  hasDropped = false;
  readonly #symbols: SymbolTable;
  readonly #metricName: number;
  readonly #labelsMax: number;
  readonly #needsMetricName: boolean;
  readonly #names = new U32Column(16);
  readonly #values = new U32Column(16);
  /** The last accepted set, in the order in which it came. */
  readonly #lastNames = new U32Column(16);
  readonly #lastValues = new U32Column(16);
  #lastWasSorted = false;
  #isSorted = true;
  /** The names so far are those of the last set. */
  #isRepeat = true;

  constructor(symbols: SymbolTable, options: CanonicalOptions) {
    this.#symbols = symbols;
    this.#labelsMax = options.labelsMax;
    this.#needsMetricName = options.needsMetricName;
    this.ids = new Uint32Array(2 * options.labelsMax);
    const text = Buffer.from('__name__');
    this.#metricName = symbols.intern(text, 0, text.length);
    symbols.hold(this.#metricName);
  }

  /** Labels added since `begin`. */
  get labelCount(): number {
    return this.#names.length;
  }

  begin(): void {
    this.#names.clear();
    this.#values.clear();
    this.#isSorted = true;
    this.#isRepeat = true;
    this.hasDropped = false;
    this.cellCount = 0;
  }

  /** The name that the next label will probably have, or NO_SYMBOL. */
  guessName(): number {
    const at = this.#names.length;
    return at < this.#lastNames.length ? this.#lastNames.at(at) : NO_SYMBOL;
  }

  /** The value that the next label will probably have, or NO_SYMBOL. */
  guessValue(): number {
    const at = this.#names.length;
    return at < this.#lastValues.length ? this.#lastValues.at(at) : NO_SYMBOL;
  }

  /** One label more. */
  add(name: number, value: number): void {
    const at = this.#names.length;
    this.#isRepeat &&= at < this.#lastNames.length && this.#lastNames.at(at) === name;
    if (!(this.#isRepeat && this.#lastWasSorted) && at > 0 && this.#isSorted) {
      this.#isSorted = this.#symbols.compare(this.#names.at(at - 1), name) < 0;
    }
    this.#names.push(name);
    this.#values.push(value);
  }

  /** Makes `ids` of what was added, or says why not. */
  finish(): Refusal {
    if (this.#names.length > this.#labelsMax) return LABEL_COUNT;
    const wasSorted = this.#isSorted;
    if (wasSorted) this.#remember(true);
    else {
      this.#remember(false);
      this.#sort();
    }
    const reason = this.#collect();
    if (reason !== NOT_REFUSED) this.cellCount = 0;
    return reason;
  }

  /** Takes the label `name` out of `ids`; its value, or EMPTY_SYMBOL when there is none. */
  lift(name: number): number {
    const cells = this.cellCount;
    for (let i = 0; i < cells; i += 2) {
      if (cellAt(this.ids, i) !== name) continue;
      const value = cellAt(this.ids, i + 1);
      this.ids.copyWithin(i, i + 2, cells);
      this.cellCount = cells - 2;
      return value;
    }
    return EMPTY_SYMBOL;
  }

  #collect(): Refusal {
    let cells = 0;
    let hasMetricName = !this.#needsMetricName;
    let previous = NO_SYMBOL;
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names.at(i);
      const value = this.#values.at(i);
      if (name === previous) return LABEL_DUPLICATE;
      if (name === EMPTY_SYMBOL) return LABEL_NAME_EMPTY;
      previous = name;
      if (value === EMPTY_SYMBOL) {
        this.hasDropped = true;
        continue;
      }
      if (name === this.#metricName) hasMetricName = true;
      this.ids[cells] = name;
      this.ids[cells + 1] = value;
      cells += 2;
    }
    this.cellCount = cells;
    return hasMetricName ? NOT_REFUSED : LABEL_MISSING_NAME;
  }

  /** By insertion: what comes unsorted is short, or nearly sorted. */
  #sort(): void {
    for (let i = 1; i < this.#names.length; i++) {
      const name = this.#names.at(i);
      const value = this.#values.at(i);
      let gap = i;
      while (gap > 0 && this.#symbols.compare(this.#names.at(gap - 1), name) > 0) {
        this.#names.set(gap, this.#names.at(gap - 1));
        this.#values.set(gap, this.#values.at(gap - 1));
        gap--;
      }
      this.#names.set(gap, name);
      this.#values.set(gap, value);
    }
  }

  /** Remembers what was added, in the order in which it came. */
  #remember(isSorted: boolean): void {
    if (!this.#isRepeat || this.#names.length !== this.#lastNames.length) {
      this.#keep(this.#lastNames, this.#names);
    }
    this.#keep(this.#lastValues, this.#values);
    this.#lastWasSorted = isSorted;
  }

  /** Makes `last` what `now` is. All is held before anything is let go: an id may have moved. */
  #keep(last: U32Column, now: U32Column): void {
    const symbols = this.#symbols;
    for (let i = 0; i < now.length; i++) {
      if (i >= last.length || last.at(i) !== now.at(i)) symbols.hold(now.at(i));
    }
    for (let i = 0; i < last.length; i++) {
      if (i >= now.length || last.at(i) !== now.at(i)) symbols.release(last.at(i));
    }
    last.length = Math.min(last.length, now.length);
    for (let i = 0; i < now.length; i++) {
      if (i < last.length) last.set(i, now.at(i));
      else last.push(now.at(i));
    }
  }
}
