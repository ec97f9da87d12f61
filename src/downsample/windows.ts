// Which samples go into which aggregate chunk, and which window of time a sample is in
// (docs/formats/aggregate-chunks.md, "Windows" and "How many chunks").
//
// The number of chunks and where they end are Thanos's, so that its blocks and Varve's come out the
// same. Invariant: a batch ends at the end of a window, so no window of a batch reaches into the
// next one's.

import { SAMPLES_PER_CHUNK_MAX } from '../base/chunk/chunk-format.ts';
import { windowEndMs } from '../base/chunk/float-windows.ts';

/** Thanos reckons the number of chunks as if raw samples were so far apart. */
const RAW_STEP_MS = 60_000;

/** A chunk has fewer samples than this on average, when the samples lie evenly. */
const WINDOWS_PER_CHUNK = 140;

/** Beside its windows a counter's part holds the first and the last value. */
export const WINDOWS_PER_CHUNK_MAX = SAMPLES_PER_CHUNK_MAX - 2;

/** What the number of chunks is reckoned from. */
export interface Reckoning {
  /** First and last sample's time. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly samples: number;
  /** How far apart the samples are when none is missing. */
  readonly stepMs: number;
}

/** How many chunks Thanos would make of a series. */
export function targetChunkCount(from: Reckoning, resolutionMs: number): number {
  const rangeMs = from.maxTimeMs - from.minTimeMs;
  const windows = Math.trunc(rangeMs / resolutionMs);
  const full = from.samples / (rangeMs / from.stepMs);
  // Without a range there is one window, whatever the division gave.
  const expected = windows === 0 ? 1 : Math.trunc(windows * Math.min(full, 1)) + 1;
  return Math.floor(expected / (WINDOWS_PER_CHUNK + 1)) + 1;
}

/**
 * Where the batches of raw samples end: positions behind the last sample of each, the last one is
 * `times.length`.
 */
export function batchEnds(times: Float64Array, resolutionMs: number): readonly number[] {
  const samples = times.length;
  if (samples === 0) return [];
  const reckoning = {
    minTimeMs: timeAt(times, 0),
    maxTimeMs: timeAt(times, samples - 1),
    samples,
    stepMs: RAW_STEP_MS,
  };
  const size = Math.floor(samples / targetChunkCount(reckoning, resolutionMs)) + 1;
  const ends: number[] = [];
  for (let start = 0; start < samples; ) {
    const end = batchEnd(times, start, Math.min(start + size, samples), resolutionMs);
    ends.push(end);
    start = end;
  }
  return ends;
}

/** The end of the batch that begins at `start` and has the samples before `end` at least. */
function batchEnd(times: Float64Array, start: number, end: number, resolutionMs: number): number {
  const windowsMs = (WINDOWS_PER_CHUNK_MAX - 1) * resolutionMs;
  const most = windowEndMs(timeAt(times, start), resolutionMs) + windowsMs;
  while (timeAt(times, end - 1) > most) end--;
  const windowMs = windowEndMs(timeAt(times, end - 1), resolutionMs);
  while (end < times.length && timeAt(times, end) <= windowMs) end++;
  return end;
}

function timeAt(times: Float64Array, index: number): number {
  return times.at(index) ?? Number.NaN;
}
