// Float chunks decoded into two columns, times and values: for work that goes over a series more
// than once. Values are doubles that nobody writes back bit by bit: stale markers are left out here,
// where they are still seen as two halves, and payloads of other NaNs do not survive.

import { type ChunkPlace, ENCODING_XOR } from './chunk-format.ts';
import { ChunkReader } from './chunk-reader.ts';
import { notRising } from './reencode.ts';
import { isStale, STALE_HIGH, STALE_LOW } from './stale.ts';
import { doubleOf } from './xor-cells.ts';
import { XorReader } from './xor-reader.ts';

/** Where the low half of a double is among two Int32s: 0 on every machine that Node runs on today. */
const LOW_AT = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH_AT = 1 - LOW_AT;

export class FloatSamples {
  /** Samples in the columns; only so many count. */
  length = 0;
  #times = new Float64Array(1024);
  #values = new Float64Array(1024);
  #halves = new Int32Array(this.#values.buffer);
  readonly #xor = new XorReader();
  readonly #any = new ChunkReader();

  /** Begins anew; the memory stays. */
  clear(): void {
    this.length = 0;
  }

  /** The time of a sample, milliseconds; `index` is below `length`. */
  time(index: number): number {
    return this.#times[index]!;
  }

  /** Its value. */
  value(index: number): number {
    return this.#values[index]!;
  }

  /** All times, without a copy; valid until the next change. */
  times(): Float64Array {
    return this.#times.subarray(0, this.length);
  }

  /** Appends a sample. */
  push(timeMs: number, value: number): void {
    this.#reserve(1);
    this.#times[this.length] = timeMs;
    this.#values[this.length++] = value;
  }

  /**
   * Appends the samples of a float chunk, without stale markers.
   *
   * @throws VarveError damaged_chunk also when its times do not rise above what is there already
   */
  append(place: ChunkPlace): void {
    // A sample takes a bit at least, so a damaged count cannot ask for more memory than that.
    this.#reserve(Math.min(place.count, place.lengthBytes * 8));
    if (place.encoding === ENCODING_XOR) this.#appendXor(place);
    else this.#appendAny(place);
  }

  /** A loop of its own for each reader: one for both would look up every call. */
  #appendXor(place: ChunkPlace): void {
    const reader = this.#xor;
    reader.reset(place.view, place.base, place.lengthBytes, place.count);
    const times = this.#times;
    const halves = this.#halves;
    let { length } = this;
    let last = length > 0 ? times[length - 1]! : Number.NEGATIVE_INFINITY;
    while (reader.next()) {
      const { timeMs } = reader;
      const low = reader.low | 0;
      const high = reader.high | 0;
      if (!(timeMs > last)) throw notRising(timeMs);
      last = timeMs;
      if (high === STALE_HIGH && low === STALE_LOW) continue;
      times[length] = timeMs;
      halves[length * 2 + LOW_AT] = low;
      halves[length * 2 + HIGH_AT] = high;
      length++;
    }
    this.length = length;
  }

  #appendAny(place: ChunkPlace): void {
    const reader = this.#any;
    reader.open(place);
    let last = this.length > 0 ? this.#times[this.length - 1]! : Number.NEGATIVE_INFINITY;
    while (reader.next()) {
      if (!(reader.timeMs > last)) throw notRising(reader.timeMs);
      last = reader.timeMs;
      if (!isStale(reader.low, reader.high)) this.push(last, doubleOf(reader.low, reader.high));
    }
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#times.length) return;
    const times = new Float64Array(Math.max(needed, this.#times.length * 2));
    times.set(this.times());
    const values = new Float64Array(times.length);
    // As bytes: a copy of doubles could change NaNs.
    const halves = new Int32Array(values.buffer);
    halves.set(this.#halves.subarray(0, this.length * 2));
    this.#times = times;
    this.#values = values;
    this.#halves = halves;
  }
}
