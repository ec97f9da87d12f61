// The histograms of chunks that follow each other, one by one, without stale markers.

import type { ChunkPlace } from '../base/chunk/chunk-format.ts';
import { HistogramReader } from '../base/chunk/histogram-reader.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import { notRising } from '../base/chunk/reencode.ts';

/** A flyweight: `open`, then `next` until it says false. */
export class HistogramCursor {
  /** Of the histogram at hand; above every one before. */
  timeMs = Number.NEGATIVE_INFINITY;
  /** True when there is no histogram at hand any more. */
  isEnded = true;
  readonly #reader = new HistogramReader();
  #places: readonly ChunkPlace[] = [];
  #opened = 0;
  #isOpen = false;

  /** Begins with the first of the chunks, which hold histograms. */
  open(places: readonly ChunkPlace[]): void {
    this.timeMs = Number.NEGATIVE_INFINITY;
    this.isEnded = false;
    this.#places = places;
    this.#opened = 0;
    this.#isOpen = false;
  }

  /**
   * Steps to the next histogram; false at the end.
   *
   * @throws VarveError damaged_chunk also where times do not rise
   */
  next(): boolean {
    const reader = this.#reader;
    for (;;) {
      while (!(this.#isOpen && reader.next())) {
        const place = this.#places.at(this.#opened);
        if (place === undefined) {
          this.isEnded = true;
          return false;
        }
        this.#opened++;
        reader.reset(place);
        this.#isOpen = true;
      }
      if (!(reader.timeMs > this.timeMs)) throw notRising(reader.timeMs);
      this.timeMs = reader.timeMs;
      if (!reader.state.isStale) return true;
    }
  }

  /** Fills `into` with the histogram at hand. */
  load(into: HistogramValue): void {
    this.#reader.load(into);
  }
}
