// The histograms of chunks that follow each other, one by one, without stale markers.

import { HistogramReader } from '../base/chunk/histogram-reader.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { notRising } from '../base/chunk/reencode.ts';

/** A flyweight: `open`, then `next` until it says false. */
export class HistogramCursor {
  /** Of the histogram at hand; above every one before. */
  timeMs = Number.NEGATIVE_INFINITY;
  /** True when there is no histogram at hand any more. */
  isEnded = true;
  readonly #reader = new HistogramReader();
  #places: readonly TimedChunk[] = [];
  #opened = 0;
  /** The chunk that is read; undefined before the first. */
  #open: TimedChunk | undefined;

  /** Begins with the first of the chunks, which hold histograms. */
  open(places: readonly TimedChunk[]): void {
    this.timeMs = Number.NEGATIVE_INFINITY;
    this.isEnded = false;
    this.#places = places;
    this.#opened = 0;
    this.#open = undefined;
  }

  /**
   * Steps to the next histogram; false at the end.
   *
   * @throws VarveError damaged_chunk also where times do not rise or are not those of the chunk
   */
  next(): boolean {
    const reader = this.#reader;
    for (;;) {
      while (this.#open === undefined || !reader.next()) {
        const place = this.#places.at(this.#opened);
        if (place === undefined) {
          this.isEnded = true;
          return false;
        }
        this.#opened++;
        reader.reset(place);
        this.#open = place;
      }
      const { timeMs } = reader;
      const isInside = timeMs >= this.#open.minTimeMs && timeMs <= this.#open.maxTimeMs;
      if (!(timeMs > this.timeMs) || !isInside) throw notRising(timeMs);
      this.timeMs = timeMs;
      if (!reader.state.isStale) return true;
    }
  }

  /** Fills `into` with the histogram at hand. */
  load(into: HistogramValue): void {
    this.#reader.load(into);
  }
}
