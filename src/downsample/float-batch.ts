// Aggregates of one batch of raw floats (docs/formats/aggregate-chunks.md, "Floats").
//
// A counter's part is framed by the first and the last raw value, so that a reader sees whether it
// began again between two chunks.

import type { FloatKernel, KernelRange } from '../base/chunk/float-kernel.ts';
import type { FloatSamples } from '../base/chunk/float-samples.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { ENCODING_AGGREGATE } from '../block/chunks/format.ts';
import type { FloatChunk } from './float-chunk.ts';

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
  const range = { start: first, end: last + 1, resolutionMs };
  const made = samples.kernel && kernelBatch(samples.kernel, range);
  if (made !== undefined) return made;
  chunk.windows.aggregate(samples, range);
  chunk.begin();
  chunk.counter.append(samples.time(first), samples.value(first));
  chunk.appendWindows();
  chunk.counter.append(samples.time(last), samples.value(last));
  return chunk.finish();
}

/** The same in WebAssembly; undefined where there are too many windows for it. */
function kernelBatch(kernel: FloatKernel, range: KernelRange): ChunkToWrite | undefined {
  const windows = kernel.aggregate(range);
  if (windows === 0) return undefined;
  return {
    minTimeMs: kernel.windowMs(0),
    maxTimeMs: kernel.windowMs(windows - 1),
    encoding: ENCODING_AGGREGATE,
    sampleCount: windows,
    bytes: kernel.aggregateChunk(),
  };
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
