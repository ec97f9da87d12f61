// What reading and appending a histogram chunk both carry from sample to sample: the layout and
// every field's last value (docs/formats/chunks.md).
//
// Integer chunks keep time, counts and buckets as whole numbers and only the sum as XORed bits;
// float chunks keep only the time as a whole number.

import { assert } from '../errors/assert.ts';
import type { BitSink } from './bit-sink.ts';
import type { BitWindow } from './bit-window.ts';
import { HistogramLayout } from './histogram-layout.ts';
import type { HistogramValue } from './histogram-value.ts';
import { IntCells } from './int-cells.ts';
import { isStale } from './stale.ts';
import { putVarbitInt, putVarbitUint, readVarbitInt, readVarbitUint } from './varbit.ts';
import { highBitsOf, lowBitsOf, XorCells } from './xor-cells.ts';

/** Cells of both rows; the time is in the row of whole numbers, the sum in the other. */
const TIME = 0;
const SUM = 0;
const COUNT = 1;
const ZERO_COUNT = 2;
const FIRST_BUCKET = 3;

export class HistogramState {
  isFloat = false;
  /** Samples so far. */
  count = 0;
  readonly layout = new HistogramLayout();
  readonly #ints = new IntCells();
  readonly #floats = new XorCells();

  /** Begins a chunk. */
  reset(isFloat: boolean): void {
    this.isFloat = isFloat;
    this.count = 0;
    this.layout.clear();
    this.#makeCells();
  }

  get timeMs(): number {
    return this.#ints.at(TIME);
  }

  get sumLow(): number {
    return this.#floats.low(SUM) >>> 0;
  }

  get sumHigh(): number {
    return this.#floats.high(SUM) >>> 0;
  }

  get isStale(): boolean {
    return isStale(this.#floats.low(SUM), this.#floats.high(SUM));
  }

  get observations(): number {
    return this.isFloat ? this.#floats.double(COUNT) : this.#ints.at(COUNT);
  }

  get zeroCount(): number {
    return this.isFloat ? this.#floats.double(ZERO_COUNT) : this.#ints.at(ZERO_COUNT);
  }

  /** A bucket as HistogramValue has it: a delta, or with floats a count; positive ones first. */
  bucket(index: number): number {
    const cell = FIRST_BUCKET + index;
    return this.isFloat ? this.#floats.double(cell) : this.#ints.at(cell);
  }

  #makeCells(): void {
    const cells = FIRST_BUCKET + this.layout.positiveCount + this.layout.negativeCount;
    this.#ints.reset(this.isFloat ? FIRST_BUCKET : cells);
    this.#floats.reset(this.isFloat ? cells : FIRST_BUCKET);
  }

  /** Fills `into` with the last sample; a stale marker has nothing but its sum. */
  giveTo(into: HistogramValue): void {
    into.clear();
    into.isFloat = this.isFloat;
    into.sumLow = this.sumLow;
    into.sumHigh = this.sumHigh;
    if (this.isStale) return;
    this.layout.giveTo(into);
    into.count = this.observations;
    into.zeroCount = this.zeroCount;
    const positive = this.layout.positiveCount;
    const all = positive + this.layout.negativeCount;
    for (let i = 0; i < positive; i++) into.positiveBuckets.push(this.bucket(i));
    for (let i = positive; i < all; i++) into.negativeBuckets.push(this.bucket(i));
  }

  /**
   * Writes a sample. It is the first of the chunk, and decides its layout, or has that layout
   * already, or is a stale marker, of which only the sum is written.
   */
  put(sink: BitSink, timeMs: number, value: HistogramValue): void {
    const stale = isStale(value.sumLow, value.sumHigh);
    const first = this.count === 0;
    if (first) {
      if (stale) this.layout.clear();
      else this.layout.takeFrom(value);
      this.layout.put(sink);
      this.#makeCells();
      putVarbitInt(sink, timeMs);
      this.#ints.set(TIME, timeMs);
    } else {
      this.#ints.put(sink, TIME, timeMs);
    }
    if (!stale) {
      const positive = value.positiveBuckets.length === this.layout.positiveCount;
      const negative = value.negativeBuckets.length === this.layout.negativeCount;
      assert(positive && negative, 'a histogram has as many buckets as its spans say');
    }
    if (this.isFloat) this.#putFloats(sink, value, stale);
    else this.#putInts(sink, value, stale);
    this.count++;
  }

  #putInts(sink: BitSink, value: HistogramValue, stale: boolean): void {
    const first = this.count === 0;
    if (stale && !first) {
      this.#ints.putNothing(sink);
      this.#ints.putNothing(sink);
    } else {
      this.#putCount(sink, COUNT, stale ? 0 : value.count);
      this.#putCount(sink, ZERO_COUNT, stale ? 0 : value.zeroCount);
    }
    this.#putFloat(sink, SUM, value.sumLow | 0, value.sumHigh | 0);
    if (stale) return;
    let cell = FIRST_BUCKET;
    for (const buckets of [value.positiveBuckets, value.negativeBuckets])
      for (let i = 0; i < buckets.length; i++, cell++) {
        const bucket = buckets.at(i);
        if (first) {
          putVarbitInt(sink, bucket);
          this.#ints.set(cell, bucket);
        } else {
          this.#ints.put(sink, cell, bucket);
        }
      }
  }

  #putCount(sink: BitSink, cell: number, value: number): void {
    if (this.count > 0) {
      this.#ints.put(sink, cell, value);
      return;
    }
    putVarbitUint(sink, value);
    this.#ints.set(cell, value);
  }

  #putFloats(sink: BitSink, value: HistogramValue, stale: boolean): void {
    this.#putDouble(sink, COUNT, stale ? 0 : value.count);
    this.#putDouble(sink, ZERO_COUNT, stale ? 0 : value.zeroCount);
    this.#putFloat(sink, SUM, value.sumLow | 0, value.sumHigh | 0);
    if (stale) return;
    let cell = FIRST_BUCKET;
    for (const buckets of [value.positiveBuckets, value.negativeBuckets])
      for (let i = 0; i < buckets.length; i++, cell++) this.#putDouble(sink, cell, buckets.at(i));
  }

  #putDouble(sink: BitSink, cell: number, value: number): void {
    this.#putFloat(sink, cell, lowBitsOf(value), highBitsOf(value));
  }

  #putFloat(sink: BitSink, cell: number, low: number, high: number): void {
    if (this.count === 0) this.#floats.putRaw(sink, cell, low, high);
    else this.#floats.put(sink, cell, low, high);
  }

  /**
   * Reads a sample.
   *
   * @throws VarveError damaged_chunk
   */
  read(bits: BitWindow): void {
    const first = this.count === 0;
    if (first) {
      this.layout.read(bits);
      this.#makeCells();
      this.#ints.set(TIME, readVarbitInt(bits));
      bits.check('its first sample');
      if (!Number.isSafeInteger(this.timeMs)) throw bits.damaged('holds a time beyond 2^53');
    } else {
      this.#ints.read(bits, TIME);
    }
    this.#readCount(bits, COUNT);
    this.#readCount(bits, ZERO_COUNT);
    this.#readFloat(bits, SUM);
    // Behind a stale sum that is not the first there are no buckets; the first has no spans then.
    if (first || !this.isStale) this.#readBuckets(bits);
    this.count++;
  }

  #readCount(bits: BitWindow, cell: number): void {
    if (this.isFloat) {
      this.#readFloat(bits, cell);
      return;
    }
    if (this.count > 0) this.#ints.read(bits, cell);
    else this.#ints.set(cell, readVarbitUint(bits));
    bits.check('a count');
    if (!Number.isSafeInteger(this.#ints.at(cell))) throw bits.damaged('holds a count beyond 2^53');
  }

  #readFloat(bits: BitWindow, cell: number): void {
    if (this.count > 0) this.#floats.read(bits, cell);
    else this.#floats.readRaw(bits, cell);
    bits.check('a float');
  }

  #readBuckets(bits: BitWindow): void {
    const end = FIRST_BUCKET + this.layout.positiveCount + this.layout.negativeCount;
    for (let cell = FIRST_BUCKET; cell < end; cell++) {
      if (this.isFloat) {
        this.#readFloat(bits, cell);
        continue;
      }
      if (this.count > 0) this.#ints.read(bits, cell);
      else this.#ints.set(cell, readVarbitInt(bits));
      bits.check('a bucket');
      if (!Number.isSafeInteger(this.#ints.at(cell)))
        throw bits.damaged('holds a bucket beyond 2^53');
    }
  }
}
