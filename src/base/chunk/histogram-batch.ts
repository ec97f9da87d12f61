// Many histograms in columns: what a request or a WAL record holds, without an object each.
//
// `push` copies a filled HistogramValue in, `load` fills one again; both copy numbers only.
// Spans and buckets of all histograms stand one after the other in shared columns; `#ends` says
// where each histogram's part ends (seven ends per histogram, in the order of `#lists`).

import { F64Column, U32Column } from '../bytes/columns.ts';
import type { HistogramValue } from './histogram-value.ts';

export class HistogramBatch {
  readonly #flags = new U32Column(16);
  readonly #schemas = new F64Column(16);
  readonly #zeroThresholds = new F64Column(16);
  readonly #zeroCounts = new F64Column(16);
  readonly #counts = new F64Column(16);
  readonly #sumLows = new U32Column(16);
  readonly #sumHighs = new U32Column(16);
  readonly #numbers = new F64Column(256);
  readonly #ends = new U32Column(16 * 7);

  get length(): number {
    return this.#flags.length;
  }

  clear(): void {
    for (const column of this.#columns()) column.clear();
  }

  /** Appends a copy of `value`. */
  push(value: HistogramValue): void {
    this.#flags.push((value.isFloat ? 1 : 0) | (value.resetHint << 1));
    this.#schemas.push(value.schema);
    this.#zeroThresholds.push(value.zeroThreshold);
    this.#zeroCounts.push(value.zeroCount);
    this.#counts.push(value.count);
    this.#sumLows.push(value.sumLow);
    this.#sumHighs.push(value.sumHigh);
    this.#append(value.positiveSpanOffsets);
    this.#append(value.positiveSpanLengths);
    this.#append(value.negativeSpanOffsets);
    this.#append(value.negativeSpanLengths);
    this.#append(value.positiveBuckets);
    this.#append(value.negativeBuckets);
    this.#append(value.customValues);
  }

  /** Fills `into` with histogram number `index`. */
  load(index: number, into: HistogramValue): void {
    into.clear();
    const flags = this.#flags.at(index);
    into.isFloat = (flags & 1) === 1;
    into.resetHint = flags >>> 1;
    into.schema = this.#schemas.at(index);
    into.zeroThreshold = this.#zeroThresholds.at(index);
    into.zeroCount = this.#zeroCounts.at(index);
    into.count = this.#counts.at(index);
    into.sumLow = this.#sumLows.at(index);
    into.sumHigh = this.#sumHighs.at(index);
    const first = index * 7;
    this.#take(first, into.positiveSpanOffsets);
    this.#take(first + 1, into.positiveSpanLengths);
    this.#take(first + 2, into.negativeSpanOffsets);
    this.#take(first + 3, into.negativeSpanLengths);
    this.#take(first + 4, into.positiveBuckets);
    this.#take(first + 5, into.negativeBuckets);
    this.#take(first + 6, into.customValues);
  }

  #append(list: F64Column | U32Column): void {
    for (let i = 0; i < list.length; i++) this.#numbers.push(list.at(i));
    this.#ends.push(this.#numbers.length);
  }

  #take(end: number, into: F64Column | U32Column): void {
    const stop = this.#ends.at(end);
    for (let i = end === 0 ? 0 : this.#ends.at(end - 1); i < stop; i++)
      into.push(this.#numbers.at(i));
  }

  #columns(): readonly (F64Column | U32Column)[] {
    return [
      this.#flags,
      this.#schemas,
      this.#zeroThresholds,
      this.#zeroCounts,
      this.#counts,
      this.#sumLows,
      this.#sumHighs,
      this.#numbers,
      this.#ends,
    ];
  }
}
