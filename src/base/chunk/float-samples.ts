// Float chunks decoded into two columns, times and values: for work that goes over a series more
// than once. Values are doubles that nobody writes back bit by bit: stale markers are left out
// while they are still two halves, and payloads of other NaNs do not survive.

import { type ChunkPlace, ENCODING_XOR } from './chunk-format.ts';
import { ChunkReader } from './chunk-reader.ts';
import { FloatKernel } from './float-kernel.ts';
import type { TimedChunk } from './merge-chunks.ts';
import { notRising } from './reencode.ts';
import { isStale } from './stale.ts';
import { doubleOf } from './xor-cells.ts';
import { XorDecoder } from './xor-decode.ts';

export class FloatSamples {
  /** Samples in the columns. */
  length = 0;
  #times = new Float64Array(1024);
  #values = new Float64Array(1024);
  #halves = new Int32Array(this.#values.buffer);
  readonly #decoder = new XorDecoder();
  readonly #any = new ChunkReader();
  #wantsKernel: boolean;
  #kernel: FloatKernel | undefined;

  /**
   * @param withKernel puts the columns into a memory of WebAssembly, and decodes there, where there
   *   is one. It takes much address space: for few columns, through which much goes
   */
  constructor({ withKernel = false } = {}) {
    this.#wantsKernel = withKernel;
  }

  /** What works on the columns, valid until the next change; undefined when they are outside. */
  get kernel(): FloatKernel | undefined {
    return this.#kernel;
  }

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

  /** All values; likewise. */
  values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  /** Appends a sample. */
  push(timeMs: number, value: number): void {
    if (this.length === this.#times.length) this.#reserve(1);
    this.#times[this.length] = timeMs;
    this.#values[this.length++] = value;
  }

  /**
   * Appends the samples of a float chunk, without stale markers.
   *
   * @throws VarveError damaged_chunk also when its times do not rise above what is there already,
   *   or are not those given
   */
  append(chunk: TimedChunk): void {
    const { length } = this;
    // A sample takes a bit at least, so a damaged count cannot ask for more memory than that.
    this.#reserve(Math.min(chunk.count, chunk.lengthBytes * 8));
    const lastTimeMs = length > 0 ? this.#times[length - 1]! : Number.NEGATIVE_INFINITY;
    if (chunk.encoding === ENCODING_XOR) {
      const appended = this.#kernel?.decode(chunk, length, lastTimeMs) ?? -1;
      if (appended >= 0) {
        this.length = length + appended;
        this.#checkRange(chunk, length);
        return;
      }
      const into = { times: this.#times, halves: this.#halves, length, lastTimeMs };
      this.#decoder.decode(chunk, into);
      this.length = into.length;
    } else {
      this.#appendAny(chunk, lastTimeMs);
    }
    this.#checkRange(chunk, length);
  }

  /** The samples from number `length` on are where the chunk says. */
  #checkRange(chunk: TimedChunk, length: number): void {
    if (this.length === length) return;
    const first = this.#times[length]!;
    const last = this.#times[this.length - 1]!;
    if (first < chunk.minTimeMs) throw notRising(first);
    if (last > chunk.maxTimeMs) throw notRising(last);
  }

  #appendAny(place: ChunkPlace, lastTimeMs: number): void {
    const reader = this.#any;
    reader.open(place);
    while (reader.next()) {
      if (!(reader.timeMs > lastTimeMs)) throw notRising(reader.timeMs);
      lastTimeMs = reader.timeMs;
      if (!isStale(reader.low, reader.high))
        this.push(lastTimeMs, doubleOf(reader.low, reader.high));
    }
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    const isKernelDue = this.#wantsKernel && this.#kernel === undefined;
    if (needed <= this.#times.length && !isKernelDue) return;
    const capacity = Math.max(needed, this.#times.length * 2);
    this.#kernel = this.#wantsKernel ? FloatKernel.open(capacity) : undefined;
    this.#wantsKernel = this.#kernel !== undefined;
    const times = this.#kernel?.times ?? new Float64Array(capacity);
    const values = this.#kernel?.values ?? new Float64Array(capacity);
    times.set(this.times());
    // As halves: a copy of doubles could change NaNs.
    const halves = new Int32Array(values.buffer, values.byteOffset, capacity * 2);
    halves.set(this.#halves.subarray(0, this.length * 2));
    this.#times = times;
    this.#values = values;
    this.#halves = halves;
  }
}
