// Aggregates of histograms into aggregates of longer windows (docs/formats/aggregate-chunks.md,
// "5m to 1h").

import { COUNT, COUNTER, SUM } from '../base/chunk/aggregate-format.ts';
import { FloatSamples } from '../base/chunk/float-samples.ts';
import { windowEndMs } from '../base/chunk/float-windows.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { type AggregateEntry, type PartLayout, partsOf } from './aggregate-entries.ts';
import { HistogramAggregator } from './histogram-aggregator.ts';
import { HistogramChunks } from './histogram-chunk.ts';
import { HistogramCursor } from './histogram-cursor.ts';

/** One of the two parts that are histograms, while it is added up. */
class HistogramPart {
  readonly cursor = new HistogramCursor();
  readonly aggregator = new HistogramAggregator();
  readonly #value = new HistogramValue();

  open(parts: readonly TimedChunk[], layouts: readonly (PartLayout | undefined)[]): void {
    this.cursor.open(parts);
    this.cursor.next();
    // One without a layout has no histogram, but perhaps stale markers.
    const schemas = layouts.flatMap((layout) => layout?.schema ?? []);
    this.aggregator.begin(Math.min(...schemas));
  }

  /** Adds up what is in the window; its samples are taken. */
  take(windowMs: number): void {
    this.aggregator.beginWindow();
    while (!this.cursor.isEnded && this.cursor.timeMs <= windowMs) {
      this.cursor.load(this.#value);
      this.aggregator.add(this.#value);
      this.cursor.next();
    }
  }

  /** The time of the sample that is next. */
  get nextMs(): number {
    return this.cursor.isEnded ? Number.POSITIVE_INFINITY : this.cursor.timeMs;
  }
}

export class AggregateHistograms {
  readonly #resolutionMs: number;
  readonly #made = new HistogramChunks();
  readonly #counts = new FloatSamples();
  readonly #sum = new HistogramPart();
  readonly #counter = new HistogramPart();

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  /**
   * Makes one chunk of chunks whose layouts go together.
   *
   * @throws VarveError damaged_chunk
   */
  batch(entries: readonly AggregateEntry[], into: ChunkToWrite[]): void {
    const counts = this.#counts;
    const sum = this.#sum;
    const counter = this.#counter;
    counts.clear();
    for (const part of partsOf(entries, COUNT)) counts.append(part);
    sum.open(
      partsOf(entries, SUM),
      entries.map((entry) => entry.sum),
    );
    counter.open(
      partsOf(entries, COUNTER),
      entries.map((entry) => entry.counter),
    );
    this.#made.begin(entries.at(0)?.counter?.kind.isGauge ?? false, into);
    const lastMs = entries.at(-1)?.maxTimeMs ?? 0;
    // A window in which a part has nothing is one that the chunks lack, too.
    for (let at = 0; ; ) {
      const countMs = at < counts.length ? counts.time(at) : Number.POSITIVE_INFINITY;
      const nextMs = Math.min(countMs, sum.nextMs, counter.nextMs);
      if (nextMs === Number.POSITIVE_INFINITY) break;
      // Never before the sample itself, should a part be longer than its chunk says.
      const windowMs = Math.max(nextMs, Math.min(windowEndMs(nextMs, this.#resolutionMs), lastMs));
      let count = 0;
      for (; at < counts.length && counts.time(at) <= windowMs; at++) count += counts.value(at);
      sum.take(windowMs);
      counter.take(windowMs);
      this.#made.add(windowMs, {
        count,
        sum: sum.aggregator.count > 0 ? sum.aggregator.sum : undefined,
        counter: counter.aggregator.count > 0 ? counter.aggregator.counter : undefined,
      });
    }
    this.#made.finish();
  }
}
