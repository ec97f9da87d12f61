// A chunk without what is deleted of it: what a reader of whole chunks gets where a tombstone
// touches one.

import { ChunkBuilder, type MadeChunk } from '../base/chunk/chunk-builder.ts';
import type { ChunkPlace } from '../base/chunk/chunk-format.ts';
import { ChunkReader } from '../base/chunk/chunk-reader.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import { type Interval, isDeleted } from './tombstones/intervals.ts';

/**
 * The samples of a chunk that are left, encoded anew; none when all are deleted.
 *
 * @throws VarveError damaged_chunk, unsupported
 */
export function withoutDeleted(chunk: ChunkPlace, deleted: readonly Interval[]): MadeChunk[] {
  const reader = new ChunkReader();
  const builder = new ChunkBuilder();
  const value = new HistogramValue();
  reader.open(chunk);
  while (reader.next()) {
    const { timeMs } = reader;
    if (isDeleted(deleted, timeMs)) continue;
    if (reader.isHistogram) {
      reader.load(value);
      builder.addHistogram(timeMs, value);
    } else {
      builder.addFloat(timeMs, reader.low, reader.high);
    }
  }
  return builder.take();
}
