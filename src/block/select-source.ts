// The series of a block as `query/select` reads them: a cursor over those that a query found.
//
// A series or chunk that is damaged is told and left out; the rest of the block goes on. A disk
// that does not answer now is no damage and ends the reading.

import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import { LabelKeyWriter } from '../base/model/label-key.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { SeriesBudget, SeriesSource, TimeRange } from '../query/source.ts';
import { BlockReader } from './block-reader.ts';
import { ENCODING_AGGREGATE } from './chunks/format.ts';
import { emptyChunk, placeOf, type StoredChunk } from './chunks/segment-reader.ts';
import { withoutDeleted } from './delete-samples.ts';
import { SERIES_ALIGNMENT } from './index/format.ts';
import { SeriesEntry } from './index/series-entry.ts';
import type { ListedBlocks } from './listed-blocks.ts';
import { blockDir } from './paths.ts';
import { type Interval, isAllDeleted } from './tombstones/intervals.ts';

/** What of a block is read. */
export interface BlockSourceOptions {
  readonly block: BlockReader;
  /** References of the series, rising: label order, as the format has it. */
  readonly refs: Uint32Array;
  readonly range: TimeRange;
  readonly onDamaged: (error: VarveError) => void;
}

/** A cursor; the block stays whoever's who opened it. */
export class BlockSource implements SeriesSource {
  key: Uint8Array = new Uint8Array(0);
  readonly #options: BlockSourceOptions;
  readonly #entry = new SeriesEntry();
  readonly #keys = new LabelKeyWriter();
  readonly #stored: StoredChunk = emptyChunk();
  #next = 0;

  constructor(options: BlockSourceOptions) {
    this.#options = options;
  }

  next(): boolean {
    const { block, refs } = this.#options;
    for (;;) {
      const ref = refs.at(this.#next++);
      if (ref === undefined) return false;
      const isRead = this.#attempt(() => {
        block.index.series.readAt(ref * SERIES_ALIGNMENT, this.#entry);
      });
      if (!isRead) continue;
      const { symbols } = block.index;
      const { labels } = this.#entry;
      this.#keys.begin();
      for (let i = 0; i < labels.length; i++) this.#keys.add(symbols.bytes(labels.at(i)));
      this.key = this.#keys.key();
      return true;
    }
  }

  chunks(budget: SeriesBudget): readonly TimedChunk[] {
    const { block, range } = this.#options;
    const entry = this.#entry;
    const deleted = block.deletedIntervals(entry);
    const chunks: TimedChunk[] = [];
    for (let i = 0; i < entry.chunkCount; i++) {
      const minTimeMs = entry.chunkMinTimes.at(i);
      const maxTimeMs = entry.chunkMaxTimes.at(i);
      if (maxTimeMs < range.minTimeMs || minTimeMs > range.maxTimeMs) continue;
      if (isAllDeleted(deleted, minTimeMs, maxTimeMs)) continue;
      this.#attempt(() => {
        block.readChunk(entry, i, this.#stored);
        budget.take(this.#stored.data.length);
        chunks.push(...this.#left({ minTimeMs, maxTimeMs }, deleted));
      });
    }
    return chunks;
  }

  /** The chunk in hand, copied, without what is deleted of it. */
  #left(times: TimeRange, deleted: readonly Interval[]): readonly TimedChunk[] {
    const stored = this.#stored;
    if (stored.encoding === ENCODING_AGGREGATE) {
      const what = 'a chunk of aggregates is among raw ones';
      throw new VarveError('damaged_block', `${this.#options.block.dir}: ${what}`);
    }
    const isTouched = deleted.some(
      (one) => one.minTimeMs <= times.maxTimeMs && one.maxTimeMs >= times.minTimeMs,
    );
    if (!isTouched) return [{ ...placeOf({ ...stored, data: stored.data.slice() }), ...times }];
    return withoutDeleted(placeOf(stored), deleted).map(({ bytes, ...made }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return { ...made, view, base: 0, lengthBytes: bytes.length };
    });
  }

  /** False when what `read` wanted to read is damaged: told, and left out. */
  #attempt(read: () => void): boolean {
    try {
      read();
      return true;
    } catch (thrown) {
      const error = asVarveError(thrown);
      if (error.kind !== 'damaged' && error.code !== 'unsupported') throw thrown;
      this.#options.onDamaged(error);
      return false;
    }
  }
}

/** How `query/open-streams` gets at the blocks of a stream's directory. */
export function blockAccess(
  disk: Disk,
  listed: ListedBlocks,
  warn: (path: string, error: VarveError) => void,
) {
  return {
    listBlocks: (dir: string) => listed.list(dir, warn),
    openBlock: (dir: string, ulid: string) => new BlockReader(disk, blockDir(dir, ulid)),
    sourceOf: (part: BlockSourceOptions) => new BlockSource(part),
  };
}
