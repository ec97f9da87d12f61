// Steps through the samples of a series of a block, from its first chunk to its last, without those
// that are deleted.

import { ChunkReader } from '../base/chunk/chunk-reader.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { BlockReader } from './block-reader.ts';
import { ENCODING_AGGREGATE } from './chunks/format.ts';
import { emptyChunk, placeOf } from './chunks/segment-reader.ts';
import type { SeriesEntry } from './index/series-entry.ts';
import { type Interval, isAllDeleted, isDeleted } from './tombstones/intervals.ts';

/** A flyweight: `open` a series, `next` until it says false. Damage ends it as a VarveError. */
export class SeriesSamples {
  readonly #block: BlockReader;
  readonly #chunk = emptyChunk();
  readonly #reader = new ChunkReader();
  #entry: SeriesEntry | undefined;
  #deleted: readonly Interval[] = [];
  #minTimeMs = Number.NEGATIVE_INFINITY;
  #maxTimeMs = Number.POSITIVE_INFINITY;
  #nextChunk = 0;
  #isOpen = false;
  /** Chunks of aggregates met so far; they hold no samples of their own and are stepped over. */
  aggregates = 0;

  constructor(block: BlockReader) {
    this.#block = block;
  }

  /** Begins a series; only samples from `minTimeMs` to `maxTimeMs`, both inclusive, are given. */
  open(
    entry: SeriesEntry,
    minTimeMs = Number.NEGATIVE_INFINITY,
    maxTimeMs = Number.POSITIVE_INFINITY,
  ): void {
    this.#entry = entry;
    this.#deleted = this.#block.deletedIntervals(entry);
    this.#minTimeMs = minTimeMs;
    this.#maxTimeMs = maxTimeMs;
    this.#nextChunk = 0;
    this.#isOpen = false;
  }

  /** Steps to the next sample; false at the end. */
  next(): boolean {
    for (;;) {
      if (!this.#isOpen && !this.#openNextChunk()) return false;
      while (this.#reader.next()) if (this.#isWanted(this.#reader.timeMs)) return true;
      this.#isOpen = false;
    }
  }

  get timeMs(): number {
    return this.#reader.timeMs;
  }

  get isHistogram(): boolean {
    return this.#reader.isHistogram;
  }

  /** The two halves of a float's 64 bits. */
  get low(): number {
    return this.#reader.low;
  }

  get high(): number {
    return this.#reader.high;
  }

  /** Fills `into` with the current histogram. */
  load(into: HistogramValue): void {
    this.#reader.load(into);
  }

  #isWanted(timeMs: number): boolean {
    if (timeMs < this.#minTimeMs || timeMs > this.#maxTimeMs) return false;
    return this.#deleted.length === 0 || !isDeleted(this.#deleted, timeMs);
  }

  #openNextChunk(): boolean {
    const entry = this.#entry;
    if (entry === undefined) return false;
    while (this.#nextChunk < entry.chunkCount) {
      const chunk = this.#nextChunk++;
      const first = entry.chunkMinTimes.at(chunk);
      const last = entry.chunkMaxTimes.at(chunk);
      if (last < this.#minTimeMs || first > this.#maxTimeMs) continue;
      if (isAllDeleted(this.#deleted, first, last)) continue;
      this.#block.readChunk(entry, chunk, this.#chunk);
      if (this.#chunk.encoding === ENCODING_AGGREGATE) {
        this.aggregates++;
        continue;
      }
      this.#reader.open(placeOf(this.#chunk));
      this.#isOpen = true;
      return true;
    }
    return false;
  }
}
