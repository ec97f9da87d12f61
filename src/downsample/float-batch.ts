// Aggregates of one batch of raw floats (docs/formats/aggregate-chunks.md, "Floats").
//
// The hot path of downsampling: plain numbers, one pass, nothing is allocated but the chunk.
// The order of additions is Thanos's, so that sums and counters agree to the last bit.

import type { FloatSamples } from '../base/chunk/float-samples.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import type { FloatChunk } from './float-chunk.ts';
import { windowEndMs } from './windows.ts';

/** A part of a column of samples. */
export interface Batch {
  readonly samples: FloatSamples;
  /** The first sample, and the one behind the last. */
  readonly start: number;
  readonly end: number;
  readonly resolutionMs: number;
}

/** The chunk of a batch; undefined when it holds nothing but NaNs, which count nowhere. */
export function floatBatch(batch: Batch, chunk: FloatChunk): ChunkToWrite | undefined {
  const { samples, resolutionMs } = batch;
  const last = lastNumber(batch);
  const first = firstNumber(batch);
  if (last < first) return undefined;
  chunk.begin();
  const lastMs = samples.time(last);
  let previous = samples.value(first);
  chunk.counter.append(samples.time(first), previous);
  let counter = previous;
  let windowMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  let sum = 0;
  let min = 0;
  let max = 0;
  for (let i = first; i <= last; i++) {
    const value = samples.value(i);
    if (Number.isNaN(value)) continue;
    const timeMs = samples.time(i);
    if (timeMs > windowMs) {
      if (count > 0) chunk.add(windowMs, { count, sum, min, max, counter });
      windowMs = Math.min(windowEndMs(timeMs, resolutionMs), lastMs);
      count = 0;
      sum = 0;
      min = value;
      max = value;
    }
    if (i > first) counter += value < previous ? value : value - previous;
    previous = value;
    sum += value;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  chunk.add(windowMs, { count, sum, min, max, counter });
  chunk.counter.append(lastMs, previous);
  return chunk.finish();
}

/** The first sample that is no NaN; `end` when there is none. */
function firstNumber({ samples, start, end }: Batch): number {
  let i = start;
  while (i < end && Number.isNaN(samples.value(i))) i++;
  return i;
}

/** The last one; below `start` when there is none. */
function lastNumber({ samples, start, end }: Batch): number {
  let i = end - 1;
  while (i >= start && Number.isNaN(samples.value(i))) i--;
  return i;
}
