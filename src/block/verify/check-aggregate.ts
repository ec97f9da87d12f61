// The parts of an aggregate chunk against what its index says of it
// (docs/formats/aggregate-chunks.md): each is decoded to the last sample.

import { AGGREGATES, COUNT, COUNTER } from '../../base/chunk/aggregate-format.ts';
import { readAggregate } from '../../base/chunk/aggregate-reader.ts';
import type { ChunkPlace } from '../../base/chunk/chunk-format.ts';
import type { ChunkReader } from '../../base/chunk/chunk-reader.ts';

/** A chunk's first and last window, by the index. */
export interface IndexedTimes {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** What checking came to. */
export interface CheckedAggregate {
  /** Half a sentence; undefined when all is well. */
  readonly fault: string | undefined;
  /** Windows: what meta.json counts as samples of a downsampled block. */
  readonly windows: number;
}

/**
 * Decodes all parts of a chunk.
 *
 * @param reader is used; nothing of it is kept
 * @throws VarveError damaged_chunk
 */
export function checkAggregate(
  data: Uint8Array,
  times: IndexedTimes,
  reader: ChunkReader,
): CheckedAggregate {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const parts = readAggregate(view, 0, data.length);
  const windows = parts.at(COUNT)?.count ?? 0;
  if (windows === 0) return { fault: 'an aggregate chunk without a count', windows };
  for (const [which, part] of parts.entries()) {
    if (part === undefined) continue;
    const fault = faultOfPart(part, which, times, reader);
    if (fault !== undefined) return { fault: `${fault}, in its ${AGGREGATES[which]}`, windows };
  }
  return { fault: undefined, windows };
}

/**
 * The count has every window, the others may lack some. A counter's first value may stand before
 * the first window, at the time of the first sample, and its first and last at that of a window.
 */
function faultOfPart(
  part: ChunkPlace,
  which: number,
  { minTimeMs, maxTimeMs }: IndexedTimes,
  reader: ChunkReader,
): string | undefined {
  reader.open(part);
  let last = Number.NEGATIVE_INFINITY;
  let first = Number.POSITIVE_INFINITY;
  while (reader.next()) {
    const { timeMs } = reader;
    if (timeMs < last || (timeMs === last && which !== COUNTER))
      return `a sample at ${timeMs} comes after one at ${last}`;
    first = Math.min(first, timeMs);
    last = timeMs;
  }
  if (which === COUNT ? first !== minTimeMs : first < minTimeMs && which !== COUNTER)
    return `the first sample is at ${first}, by the index at ${minTimeMs}`;
  if (which === COUNT ? last !== maxTimeMs : last > maxTimeMs)
    return `the last sample is at ${last}, by the index at ${maxTimeMs}`;
  return undefined;
}
