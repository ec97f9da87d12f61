// Opens a block's directory for reading: index, chunk segments and tombstones; meta.json is read
// when it is wanted.
// Nothing in it is trusted: see the readers for what each of them checks.

import { VarveError } from '../base/errors/varve-error.ts';
import { type Labels, labelsOf } from '../base/model/labels.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { FileSource } from './byte-source.ts';
import { ChunkSegmentReader, type StoredChunk } from './chunks/segment-reader.ts';
import { IndexReader } from './index/reader.ts';
import { SeriesEntry } from './index/series-entry.ts';
import type { BlockMeta } from './meta/format.ts';
import { readMeta } from './meta.ts';
import { blockFile, CHUNKS_DIR, INDEX_FILE, parseChunkSegmentName } from './paths.ts';
import type { Tombstones } from './tombstones/format.ts';
import type { Interval } from './tombstones/intervals.ts';
import { readTombstones } from './tombstones.ts';

const NO_INTERVALS: readonly Interval[] = [];

/** An open block. Close it; it holds a file open per chunk segment and one for the index. */
export class BlockReader {
  readonly dir: string;
  readonly index: IndexReader;
  readonly #disk: Disk;
  readonly #tombstones: Tombstones;
  readonly #chunks: ChunkSegmentReader;
  readonly #open: readonly FileSource[];

  /**
   * Opens the block in `dir`: `not_found` or `damaged_block` when it cannot be. Its meta.json is
   * not looked at: a read opens many blocks, whose metas it has seen in a list.
   */
  constructor(disk: Disk, dir: string) {
    this.dir = dir;
    this.#disk = disk;
    const open: FileSource[] = [];
    try {
      const index = new FileSource(disk, blockFile(dir, INDEX_FILE));
      open.push(index);
      this.index = new IndexReader(index);
      const segments = listSegments(disk, dir);
      for (const name of segments) open.push(new FileSource(disk, blockFile(dir, name)));
      this.#chunks = new ChunkSegmentReader(open.slice(1));
      this.#tombstones = readTombstones(disk, dir);
    } catch (thrown) {
      for (const source of open) source.close();
      throw thrown;
    }
    this.#open = open;
  }

  /** Reads and checks meta.json: `not_found` or `damaged_block`. */
  readMeta(): BlockMeta {
    return readMeta(this.#disk, this.dir);
  }

  close(): void {
    for (const source of this.#open) source.close();
  }

  /** All series in label order, filled into one reused entry. */
  series(into = new SeriesEntry()): Generator<SeriesEntry> {
    return this.index.allSeries(into);
  }

  /** The labels of an entry as text. */
  labelsOf(entry: SeriesEntry): Labels {
    const symbols = this.index.symbols;
    const pairs: [string, string][] = [];
    for (let i = 0; i < entry.labels.length; i += 2)
      pairs.push([symbols.text(entry.labels.at(i)), symbols.text(entry.labels.at(i + 1))]);
    return labelsOf(pairs);
  }

  /** Fills `into` with chunk number `chunk` of `entry`; its data are valid until the next read. */
  readChunk(entry: SeriesEntry, chunk: number, into: StoredChunk): void {
    this.#chunks.read(entry.chunkSegments.at(chunk), entry.chunkOffsets.at(chunk), into);
  }

  /** What is deleted of the series. */
  deletedIntervals(entry: SeriesEntry): readonly Interval[] {
    return this.#tombstones.get(entry.ref) ?? NO_INTERVALS;
  }
}

/** The names of a block's chunk segments (`chunks/000001` …), which must be 1, 2, 3 … */
export function listSegments(disk: Disk, dir: string): readonly string[] {
  const names: string[] = [];
  const numbers = disk
    .list(blockFile(dir, CHUNKS_DIR))
    .map((entry) => ({ name: entry.name, number: parseChunkSegmentName(entry.name) }))
    .filter((entry) => entry.number !== undefined)
    .sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
  for (const { name, number } of numbers) {
    if (number !== names.length + 1)
      throw new VarveError('damaged_block', `${dir}: chunk segment ${names.length + 1} is missing`);
    names.push(`${CHUNKS_DIR}/${name}`);
  }
  return names;
}
