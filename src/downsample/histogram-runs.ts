// Raw histograms of one series into aggregate chunks (docs/formats/aggregate-chunks.md,
// "Histograms").
//
// The chunks are read twice: first for times and layouts, which say where each aggregate chunk ends
// and in which schema it is, then for the histograms. So the memory is a time for each sample and
// one histogram, however long the series is.

import { F64Column } from '../base/bytes/columns.ts';
import { windowEndMs } from '../base/chunk/float-windows.ts';
import { HistogramReader } from '../base/chunk/histogram-reader.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { notRising } from '../base/chunk/reencode.ts';
import { assert } from '../base/errors/assert.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { HistogramAggregator } from './histogram-aggregator.ts';
import { HistogramChunks } from './histogram-chunk.ts';
import { HistogramCursor } from './histogram-cursor.ts';
import { HistogramKind } from './histogram-kind.ts';
import { batchEnds } from './windows.ts';

/** A chunk with at least one histogram that is no stale marker. */
interface LookedAt {
  readonly chunk: TimedChunk;
  readonly kind: HistogramKind;
  readonly schema: number;
  /** Its histograms but for stale markers: the first one's number, and that behind the last. */
  readonly start: number;
  readonly end: number;
}

export class HistogramRuns {
  readonly #resolutionMs: number;
  readonly #reader = new HistogramReader();
  readonly #cursor = new HistogramCursor();
  readonly #value = new HistogramValue();
  readonly #aggregator = new HistogramAggregator();
  readonly #made = new HistogramChunks();
  /** Of all histograms that are no stale markers. */
  readonly #times = new F64Column(1024);
  #looked: LookedAt[] = [];

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  /**
   * Appends the aggregates of histogram chunks, which come by time and do not overlap.
   *
   * @throws VarveError damaged_chunk
   */
  add(chunks: readonly TimedChunk[], into: ChunkToWrite[]): void {
    this.#lookAt(chunks);
    let run: LookedAt[] = [];
    for (const looked of this.#looked) {
      const before = run.at(-1);
      if (before !== undefined && !before.kind.fits(looked.kind)) {
        this.#run(run, into);
        run = [];
      }
      run.push(looked);
    }
    if (run.length > 0) this.#run(run, into);
  }

  #lookAt(chunks: readonly TimedChunk[]): void {
    this.#times.clear();
    this.#looked = [];
    const reader = this.#reader;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (const chunk of chunks) {
      const start = this.#times.length;
      reader.reset(chunk);
      while (reader.next()) {
        const { timeMs } = reader;
        if (!(timeMs > lastMs)) throw notRising(timeMs);
        lastMs = timeMs;
        if (!reader.state.isStale) this.#times.push(lastMs);
      }
      const end = this.#times.length;
      if (end === start) continue;
      const { layout } = reader.state;
      const kind = new HistogramKind(reader.header, layout);
      this.#looked.push({ chunk, kind, schema: layout.schema, start, end });
    }
    this.#cursor.open(this.#looked.map(({ chunk }) => chunk));
  }

  /** Makes the aggregates of chunks of one kind. */
  #run(run: readonly LookedAt[], into: ChunkToWrite[]): void {
    const first = run.at(0)?.start ?? 0;
    const times = this.#times.view().subarray(first, run.at(-1)?.end);
    const isGauge = run.at(0)?.kind.isGauge ?? false;
    let start = 0;
    for (const end of batchEnds(times, this.#resolutionMs)) {
      this.#aggregator.begin(coarsestSchema(run, first + start, first + end));
      this.#made.begin(isGauge, into);
      this.#batch(times.subarray(start, end));
      this.#made.finish();
      start = end;
    }
  }

  #batch(times: Float64Array): void {
    const aggregator = this.#aggregator;
    const lastMs = times.at(-1) ?? Number.NaN;
    let windowMs = Number.NEGATIVE_INFINITY;
    for (const timeMs of times) {
      if (timeMs > windowMs) {
        if (aggregator.count > 0) this.#made.add(windowMs, aggregator);
        aggregator.beginWindow();
        windowMs = Math.min(windowEndMs(timeMs, this.#resolutionMs), lastMs);
      }
      const isThere = this.#cursor.next();
      assert(isThere, 'there are as many histograms as there were times');
      this.#cursor.load(this.#value);
      aggregator.add(this.#value);
    }
    this.#made.add(windowMs, aggregator);
  }
}

/** The coarsest schema of the histograms from number `start` to before `end`. */
function coarsestSchema(run: readonly LookedAt[], start: number, end: number): number {
  const schemas = run.filter((one) => one.start < end && one.end > start);
  return Math.min(...schemas.map(({ schema }) => schema));
}
