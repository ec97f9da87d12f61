// Floats aggregated by windows of time, into columns (docs/formats/aggregate-chunks.md, "Floats").
//
// The hot path of downsampling: plain numbers in locals, one pass, nothing is allocated. The order
// of additions is Thanos's, so that sums and counters agree to the last bit.

import type { FloatSamples } from './float-samples.ts';

/** Which samples, and into which windows. */
export interface WindowsOf {
  /** The first sample, which is no NaN, and the one behind the last. */
  readonly start: number;
  readonly end: number;
  readonly resolutionMs: number;
}

/** The last millisecond of the window that a time is in; windows are aligned to the epoch. */
export function windowEndMs(timeMs: number, resolutionMs: number): number {
  return Math.floor(timeMs / resolutionMs) * resolutionMs + resolutionMs - 1;
}

/** The columns are one row for each window that has a sample; used again. */
export class FloatWindows {
  /** Windows. */
  length = 0;
  /** The last millisecond of each window, but of the last one the last sample's time. */
  times = new Float64Array(256);
  counts = new Float64Array(256);
  sums = new Float64Array(256);
  mins = new Float64Array(256);
  maxs = new Float64Array(256);
  /** The first value, and what was counted since: falling is beginning again at 0. */
  counters = new Float64Array(256);

  /** Replaces the windows by those of these samples. NaNs count nowhere. */
  aggregate(samples: FloatSamples, { start, end, resolutionMs }: WindowsOf): void {
    const times = samples.times();
    const values = samples.values();
    const lastMs = times[end - 1]!;
    let previous = values[start]!;
    let counter = previous;
    let windowMs = Number.NEGATIVE_INFINITY;
    let count = 0;
    let sum = 0;
    let min = 0;
    let max = 0;
    this.length = 0;
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      const timeMs = times[i]!;
      if (Number.isNaN(value)) continue;
      if (timeMs > windowMs) {
        if (count > 0) this.#push(windowMs, count, sum, min, max, counter);
        windowMs = Math.min(windowEndMs(timeMs, resolutionMs), lastMs);
        count = 0;
        sum = 0;
        min = value;
        max = value;
      }
      // Of the first sample the difference is 0, and that of infinities is none.
      if (i !== start) counter += value < previous ? value : value - previous;
      previous = value;
      sum += value;
      count++;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#push(windowMs, count, sum, min, max, counter);
  }

  #push(
    windowMs: number,
    count: number,
    sum: number,
    min: number,
    max: number,
    counter: number,
  ): void {
    if (this.length === this.times.length) this.#grow();
    const i = this.length++;
    this.times[i] = windowMs;
    this.counts[i] = count;
    this.sums[i] = sum;
    this.mins[i] = min;
    this.maxs[i] = max;
    this.counters[i] = counter;
  }

  #grow(): void {
    const grown = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const longer = new Float64Array(column.length * 2);
      longer.set(column);
      return longer;
    };
    this.times = grown(this.times);
    this.counts = grown(this.counts);
    this.sums = grown(this.sums);
    this.mins = grown(this.mins);
    this.maxs = grown(this.maxs);
    this.counters = grown(this.counters);
  }
}
