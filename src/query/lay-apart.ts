// One series of aggregates out of the chunks that several blocks have of it: each window once.
//
// Windows of two chunks that overlap cannot be added up or chosen one by one: a counter's windows
// are framed by their neighbours (docs/formats/aggregate-chunks.md). So whole chunks are chosen.

import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { mergeSeries, type SelectedChunk } from './merge-series.ts';

/**
 * The chunks of a series, by time, without overlaps: of those that overlap the one that stands
 * first in the list. One that is the same in two blocks is no overlap.
 *
 * @param onLeftOut told of each chunk that was left out
 */
export function layApart(
  chunks: readonly TimedChunk[],
  onLeftOut: (error: VarveError) => void,
): SelectedChunk[] {
  if (areApart(chunks)) return mergeSeries(chunks, onLeftOut);
  const chosen: TimedChunk[] = [];
  for (const chunk of chunks) {
    const other = chosen.find((one) => overlaps(one, chunk));
    if (other === undefined) chosen.push(chunk);
    else if (!isSame(other, chunk)) onLeftOut(leftOut(chunk, other));
  }
  return mergeSeries(chosen, onLeftOut);
}

/** As nearly always. */
function areApart(chunks: readonly TimedChunk[]): boolean {
  const byTime = chunks.toSorted((a, b) => a.minTimeMs - b.minTimeMs);
  let endMs = Number.NEGATIVE_INFINITY;
  for (const { minTimeMs, maxTimeMs } of byTime) {
    if (minTimeMs <= endMs) return false;
    endMs = maxTimeMs;
  }
  return true;
}

function overlaps(a: TimedChunk, b: TimedChunk): boolean {
  return a.minTimeMs <= b.maxTimeMs && b.minTimeMs <= a.maxTimeMs;
}

function isSame(a: TimedChunk, b: TimedChunk): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ view, base, lengthBytes }: TimedChunk): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes);
}

function leftOut(chunk: TimedChunk, other: TimedChunk): VarveError {
  const what = `${chunk.minTimeMs} to ${chunk.maxTimeMs} is left out`;
  const why = `one from ${other.minTimeMs} to ${other.maxTimeMs} has windows of the same time`;
  return new VarveError('damaged_block', `a chunk of aggregates, ${what}: ${why}`);
}
