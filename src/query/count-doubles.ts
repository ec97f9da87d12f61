// How many samples of a series stand in more than one chunk: what a merge takes once. For tools and
// campaigns; it decodes whatever overlaps.

import { ChunkReader } from '../base/chunk/chunk-reader.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { asVarveError } from '../base/errors/varve-error.ts';
import { histogramText } from '../base/model/histogram-text.ts';

/** Counts over any number of series. */
export class DoubleCounter {
  /** Samples that stand somewhere else too, with the same value everywhere. */
  same = 0;
  /** Samples that stand somewhere else too, with another value there. */
  other = 0;
  readonly #reader = new ChunkReader();
  readonly #histogram = new HistogramValue();

  /** Adds a series: its chunks, by precedence. */
  add(chunks: readonly TimedChunk[]): void {
    const values = new Map<number, string>();
    const doubled = new Map<number, boolean>();
    for (const chunk of overlapping(chunks)) {
      for (const [timeMs, value] of this.#samplesOf(chunk)) {
        const first = values.get(timeMs);
        if (first === undefined) values.set(timeMs, value);
        else doubled.set(timeMs, (doubled.get(timeMs) ?? true) && first === value);
      }
    }
    for (const isSame of doubled.values()) {
      if (isSame) this.same++;
      else this.other++;
    }
  }

  *#samplesOf(chunk: TimedChunk): Generator<readonly [timeMs: number, value: string]> {
    const reader = this.#reader;
    try {
      reader.open(chunk);
      while (reader.next()) yield [reader.timeMs, this.#value()];
    } catch (thrown) {
      // The merge, which meets the same chunk, tells what is wrong with it.
      if (asVarveError(thrown).kind === 'bug') throw thrown;
    }
  }

  /** What tells two values apart: a float's bits; of a histogram what is printed, and its sum. */
  #value(): string {
    const reader = this.#reader;
    if (!reader.isHistogram) return `${reader.high}:${reader.low}`;
    const histogram = this.#histogram;
    reader.load(histogram);
    const { sumHigh, sumLow, isFloat } = histogram;
    return `${isFloat} ${sumHigh >>> 0}:${sumLow >>> 0} ${histogramText(histogram)}`;
  }
}

/** Those that overlap another, in their order. */
function overlapping(chunks: readonly TimedChunk[]): readonly TimedChunk[] {
  const byTime = chunks.toSorted((a, b) => a.minTimeMs - b.minTimeMs);
  const found = new Set<TimedChunk>();
  let last: TimedChunk | undefined;
  for (const chunk of byTime) {
    if (last !== undefined && chunk.minTimeMs <= last.maxTimeMs) found.add(last).add(chunk);
    if (last === undefined || chunk.maxTimeMs > last.maxTimeMs) last = chunk;
  }
  return chunks.filter((chunk) => found.has(chunk));
}
