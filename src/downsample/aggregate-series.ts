// Aggregates of one series into aggregates of longer windows (docs/formats/aggregate-chunks.md,
// "5m to 1h").

import { COUNT, COUNTER, MAX, MIN, SUM } from '../base/chunk/aggregate-format.ts';
import { FloatSamples } from '../base/chunk/float-samples.ts';
import { windowEndMs } from '../base/chunk/float-windows.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import type { XorBuilder } from '../base/chunk/xor-builder.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { ENCODING_AGGREGATE } from '../block/chunks/format.ts';
import {
  type AggregateEntry,
  batchesOf,
  partsOf,
  type Resolutions,
  readEntry,
} from './aggregate-entries.ts';
import { AggregateHistograms } from './aggregate-histograms.ts';
import { counterValues } from './counter-values.ts';
import { FloatChunk } from './float-chunk.ts';
import { RawDownsampler } from './raw-series.ts';

/** How the values of a window become one. */
type Fold = (folded: number, value: number) => number;

const add: Fold = (folded, value) => folded + value;
const lesser: Fold = (folded, value) => (value < folded || Number.isNaN(folded) ? value : folded);
const greater: Fold = (folded, value) => (value > folded || Number.isNaN(folded) ? value : folded);

/** Makes aggregates, series by series; its memory is used again. */
export class AggregateDownsampler {
  readonly #resolutions: Resolutions;
  readonly #samples = new FloatSamples();
  readonly #chunk = new FloatChunk();
  readonly #histograms: AggregateHistograms;
  readonly #raw: RawDownsampler;

  /** @param resolutions the length of a window: 300,000 and 3,600,000 */
  constructor(resolutions: Resolutions) {
    this.#resolutions = resolutions;
    this.#histograms = new AggregateHistograms(resolutions.toMs);
    this.#raw = new RawDownsampler(resolutions.fromMs);
  }

  /**
   * The aggregates of a series, by time, not overlapping.
   *
   * @param chunks aggregates, by time, not overlapping; raw ones among them, which Thanos's blocks
   *   have had by mistake, are downsampled first, empty ones are left out
   * @throws VarveError damaged_chunk
   */
  series(chunks: readonly TimedChunk[]): readonly ChunkToWrite[] {
    const made: ChunkToWrite[] = [];
    const entries = chunks.flatMap((chunk) => this.#entriesOf(chunk));
    for (const batch of batchesOf(entries, this.#resolutions)) {
      if (batch.at(0)?.isHistogram === true) {
        this.#histograms.batch(batch, made);
        continue;
      }
      const chunk = this.#floats(batch);
      if (chunk !== undefined) made.push(chunk);
    }
    return made;
  }

  #entriesOf(chunk: TimedChunk): readonly AggregateEntry[] {
    if (chunk.encoding === ENCODING_AGGREGATE) return [readEntry(chunk)];
    if (chunk.count === 0) return [];
    return this.#raw.series([chunk]).map(({ bytes, minTimeMs, maxTimeMs }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return readEntry({ view, base: 0, lengthBytes: bytes.length, minTimeMs, maxTimeMs });
    });
  }

  #floats(batch: readonly AggregateEntry[]): ChunkToWrite | undefined {
    const chunk = this.#chunk;
    chunk.begin();
    this.#fold(partsOf(batch, COUNT), chunk.count, add);
    this.#fold(partsOf(batch, SUM), chunk.sum, add);
    this.#fold(partsOf(batch, MIN), chunk.min, lesser);
    this.#fold(partsOf(batch, MAX), chunk.max, greater);
    this.#counter(partsOf(batch, COUNTER, this.#resolutions.fromMs));
    return chunk.finish();
  }

  #fold(parts: readonly TimedChunk[], into: XorBuilder, fold: Fold): void {
    const samples = this.#samples;
    samples.clear();
    for (const part of parts) samples.append(part);
    let folded = 0;
    this.#eachWindow(
      (value, isFirst) => {
        folded = isFirst ? value : fold(folded, value);
      },
      (windowMs) => into.append(windowMs, folded),
    );
  }

  /** The first and the last raw value frame it. */
  #counter(parts: readonly TimedChunk[]): void {
    const samples = this.#samples;
    samples.clear();
    const last = counterValues(parts, samples);
    if (samples.length === 0) return;
    const into = this.#chunk.counter;
    let previous = samples.value(0);
    let counter = previous;
    let lastMs = samples.time(0);
    into.append(lastMs, previous);
    this.#eachWindow(
      (value) => {
        // Only of gauges below zero do the values fall; then this is what Thanos does.
        counter += value < previous ? value : value - previous;
        previous = value;
      },
      (windowMs) => {
        lastMs = windowMs;
        into.append(windowMs, counter);
      },
    );
    into.append(lastMs, last);
  }

  /** Goes through the samples, and after those of a window through its end. */
  #eachWindow(
    onValue: (value: number, isFirst: boolean) => void,
    onEnd: (windowMs: number) => void,
  ): void {
    const samples = this.#samples;
    const count = samples.length;
    const lastMs = count > 0 ? samples.time(count - 1) : 0;
    let windowMs = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const isFirst = samples.time(i) > windowMs;
      if (isFirst)
        windowMs = Math.min(windowEndMs(samples.time(i), this.#resolutions.toMs), lastMs);
      onValue(samples.value(i), isFirst);
      if (i + 1 < count && samples.time(i + 1) <= windowMs) continue;
      this.#chunk.covers(windowMs);
      onEnd(windowMs);
    }
  }
}
