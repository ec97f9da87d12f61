// A damaged block that lies elsewhere, read as far as it can be: meta.json, which must be whole, as
// nothing else says whose samples these are; of the index the series that can be read; of each
// series the chunks that can be read. What is deleted by tombstones stays deleted.
//
// Invariant: nothing counts as lost that reads differently the second time (`confirm`).

import { U32Column } from '../../base/bytes/columns.ts';
import { compareColumns } from '../../base/bytes/compare-ranges.ts';
import type { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { labelsOf, labelsText } from '../../base/model/labels.ts';
import type { FileSource } from '../byte-source.ts';
import { withoutDeleted } from '../delete-samples.ts';
import {
  bytesOf,
  Fetched,
  SegmentSupply,
  type StoredBlock,
  type StoredWorld,
} from '../fetched-block.ts';
import type { SeriesEntry } from '../index/series-entry.ts';
import { type BlockMeta, META_BYTES_MAX } from '../meta/format.ts';
import { parseMeta } from '../meta/parse.ts';
import { parseOwnMeta } from '../meta/parse-own.ts';
import { printMeta } from '../meta/print.ts';
import {
  CHUNKS_DIR,
  INDEX_FILE,
  META_FILE,
  parseChunkSegmentName,
  TOMBSTONES_FILE,
} from '../paths.ts';
import { parseTombstones, TOMBSTONES_BYTES_MAX, type Tombstones } from '../tombstones/format.ts';
import type { ChunkSegment } from '../verify/check-chunks.ts';
import { Findings } from '../verify/findings.ts';
import { Losses } from './losses.ts';
import { SalvagedChunks } from './salvaged-chunks.ts';
import { SalvagedIndex } from './salvaged-index.ts';

/** Bytes of chunks that one series may have. */
const SERIES_BYTES_MAX = 256 * 1024 * 1024;

type Segment = ChunkSegment & { source: StoredSource };
type StoredSource = FileSource | undefined;

/** See the head of the file. */
export class SalvagedBlock {
  readonly meta: BlockMeta;
  readonly losses = new Losses();
  /** From the first to the last sample that was saved, so far. */
  minTimeMs = Number.POSITIVE_INFINITY;
  maxTimeMs = Number.NEGATIVE_INFINITY;
  readonly #fetched: Fetched;
  readonly #segments: readonly Segment[];
  /** Place in `#segments` by the segment's number, which counts from 0 in an index. */
  readonly #places: ReadonlyMap<number, number>;
  readonly #supply: SegmentSupply;
  readonly #chunks: SalvagedChunks;
  readonly #tombstones: Tombstones;
  readonly #index: SalvagedIndex | undefined;

  private constructor(fetched: Fetched, opened: Opened) {
    this.#fetched = fetched;
    this.meta = opened.meta;
    this.#tombstones = opened.tombstones;
    const names = opened.segments.map(({ name }) => name);
    this.#segments = opened.segments;
    this.#places = new Map(names.map((name, i) => [segmentNumber(name) - 1, i]));
    this.#supply = new SegmentSupply(fetched, this.#segments);
    this.#chunks = new SalvagedChunks((this.meta.thanos?.resolutionMs ?? 0) > 0);
    this.#index = opened.index && SalvagedIndex.open(opened.index, this.losses);
    if (this.#index === undefined) this.losses.files.add(INDEX_FILE);
    if (this.#index?.isWhole === true) return;
    const unread = this.meta.stats.numSeries - (this.#index?.count ?? 0);
    this.losses.unreadSeries = Math.max(this.losses.unreadSeries, unread);
  }

  /**
   * Opens it. Throws `unsupported` for a block that is not to be touched, with the reason, and what
   * the store or the disk says.
   */
  static async open(block: StoredBlock, world: StoredWorld): Promise<SalvagedBlock> {
    const fetched = new Fetched(block, world, new Findings());
    try {
      const meta = await readMeta(fetched, block.ulid);
      const tombstones = await readTombstones(fetched);
      const index =
        fetched.sizeOf(INDEX_FILE) === undefined ? undefined : await fetched.source(INDEX_FILE);
      const segments = block.files.flatMap(({ name, sizeBytes }): Segment[] =>
        segmentNumber(name) > 0 ? [{ name, sizeBytes, source: undefined }] : [],
      );
      return new SalvagedBlock(fetched, { meta, tombstones, index, segments });
    } catch (thrown) {
      fetched.close();
      throw thrown;
    }
  }

  /** All symbols, in byte order. */
  symbols(): Iterable<Uint8Array> {
    return this.#index?.symbols.all() ?? [];
  }

  /**
   * Each series that can be named, by labels; its chunks that can be read are put into `into`, in
   * the order in which they stand, none when all are lost. What it gives are the labels.
   */
  async *series(into: GatheredChunks): AsyncGenerator<U32Column> {
    const current = new U32Column(32);
    let rank = 0;
    into.clear();
    for (const { entry, labels } of this.#index?.series() ?? []) {
      if (rank > 0 && compareColumns(labels, current) !== 0) {
        yield current;
        into.clear();
        rank = 0;
      }
      current.clear();
      for (let i = 0; i < labels.length; i++) current.push(labels.at(i));
      if (rank > 0) this.losses.mendedSeries++;
      await this.#takeChunks(entry, { labels, rank: rank++ }, into);
    }
    if (rank > 0) yield current;
  }

  /** Throws `store_unavailable` when a file that lost something reads differently now. */
  async confirm(): Promise<void> {
    for (const name of this.losses.files) {
      if (this.#fetched.sizeOf(name) === undefined) continue;
      if (await this.#fetched.isTheSameAgain(name)) continue;
      const what = `${name} gave other bytes when it was read again`;
      throw new VarveError('store_unavailable', what);
    }
  }

  close(): void {
    this.#fetched.close();
  }

  async #takeChunks(
    entry: SeriesEntry,
    { labels, rank }: { readonly labels: U32Column; readonly rank: number },
    into: GatheredChunks,
  ): Promise<void> {
    const lost: number[] = [];
    let isMended = false;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < entry.chunkCount; i++) {
      const times = await this.#takeChunk(entry, { chunk: i, rank }, into);
      if (times === undefined) {
        lost.push(i);
        continue;
      }
      const isAsIndexed =
        times.minTimeMs === entry.chunkMinTimes.at(i) &&
        times.maxTimeMs === entry.chunkMaxTimes.at(i);
      isMended ||= !isAsIndexed || times.minTimeMs <= lastMs || this.#isOutside(times);
      lastMs = Math.max(lastMs, times.maxTimeMs);
      if (into.dataBytes > SERIES_BYTES_MAX)
        throw new VarveError('block_too_large', `a series has more than ${SERIES_BYTES_MAX} bytes`);
    }
    if (isMended) this.losses.mendedSeries++;
    if (lost.length > 0) this.#noteLost(entry, labels, lost);
  }

  #isOutside({ minTimeMs, maxTimeMs }: { minTimeMs: number; maxTimeMs: number }): boolean {
    return minTimeMs < this.meta.minTimeMs || maxTimeMs >= this.meta.maxTimeMs;
  }

  async #takeChunk(
    entry: SeriesEntry,
    { chunk, rank }: { readonly chunk: number; readonly rank: number },
    into: GatheredChunks,
  ) {
    const segment = entry.chunkSegments.at(chunk);
    const place = this.#places.get(segment);
    if (place === undefined) return undefined;
    await this.#supply.bring(place);
    const source = this.#segments.at(place)?.source;
    if (source === undefined) return undefined;
    const offset = entry.chunkOffsets.at(chunk);
    const times = this.#chunks.take(source, { segment, offset, rank }, into);
    if (times === undefined) {
      this.losses.files.add(source.name);
      return undefined;
    }
    if (!this.#delete(entry, into)) {
      this.losses.files.add(TOMBSTONES_FILE);
      return undefined;
    }
    this.minTimeMs = Math.min(this.minTimeMs, times.minTimeMs);
    this.maxTimeMs = Math.max(this.maxTimeMs, times.maxTimeMs);
    return times;
  }

  /** Takes what is deleted out of the chunk that was added last; false when that cannot be done. */
  #delete(entry: SeriesEntry, into: GatheredChunks): boolean {
    const deleted = this.#tombstones.get(entry.ref) ?? [];
    const last = into.count - 1;
    const chunk = into.place(last);
    const isTouched = deleted.some(
      (one) => one.minTimeMs <= chunk.maxTimeMs && one.maxTimeMs >= chunk.minTimeMs,
    );
    if (!isTouched) return true;
    const rank = into.ranks.at(last);
    into.removeLast();
    // Nobody can tell what an aggregate would be without some of its samples.
    if ((this.meta.thanos?.resolutionMs ?? 0) > 0) return false;
    for (const made of withoutDeleted(chunk, deleted)) into.addMade(made, rank);
    return true;
  }

  #noteLost(entry: SeriesEntry, labels: U32Column, lost: readonly number[]): void {
    const pairs: [string, string][] = [];
    const textOf = (number: number): string => this.#index?.symbols.text(number) ?? '';
    for (let i = 0; i < labels.length; i += 2)
      pairs.push([textOf(labels.at(i)), textOf(labels.at(i + 1))]);
    let [minTimeMs, maxTimeMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    // One by one: a series may have more chunks than a call can have arguments.
    for (const i of lost) {
      minTimeMs = Math.min(minTimeMs, entry.chunkMinTimes.at(i));
      maxTimeMs = Math.max(maxTimeMs, entry.chunkMaxTimes.at(i));
    }
    const labelled = { labels: labelsText(labelsOf(pairs)), ofChunks: entry.chunkCount };
    this.losses.note({ ...labelled, chunks: lost.length, minTimeMs, maxTimeMs });
  }
}

interface Opened {
  readonly meta: BlockMeta;
  readonly tombstones: Tombstones;
  readonly index: StoredSource;
  readonly segments: readonly Segment[];
}

/** The number in a segment's name (`chunks/000001`); 0 for what is none. */
function segmentNumber(name: string): number {
  if (!name.startsWith(`${CHUNKS_DIR}/`)) return 0;
  return parseChunkSegmentName(name.slice(CHUNKS_DIR.length + 1)) ?? 0;
}

async function readMeta(fetched: Fetched, ulid: string): Promise<BlockMeta> {
  const read = await fetched.small(META_FILE, META_BYTES_MAX);
  const meta = understood('its labels and its range are not known', () => {
    const bytes = bytesOf(read, META_FILE);
    return withTrueSizes(bytes, fetched) ?? parseOwnMeta(bytes, META_FILE);
  });
  if (meta.ulid === ulid) return meta;
  const what = `${META_FILE} is of block ${meta.ulid}: whose samples these are is not known`;
  throw new VarveError('unsupported', what);
}

async function readTombstones(fetched: Fetched): Promise<Tombstones> {
  if (fetched.sizeOf(TOMBSTONES_FILE) === undefined) return new Map();
  const bytes = await fetched.small(TOMBSTONES_FILE, TOMBSTONES_BYTES_MAX);
  return understood('what was deleted is not known, and must not come back', () =>
    parseTombstones(bytesOf(bytes, TOMBSTONES_FILE), TOMBSTONES_FILE),
  );
}

/**
 * Of a meta.json of Varve's, which has a digest of itself: as it is with the sizes that its files
 * have, if that is what the digest is of. Then nothing but sizes was changed in it.
 */
function withTrueSizes(bytes: Uint8Array, fetched: Fetched): BlockMeta | undefined {
  const meta = parseMeta(bytes, META_FILE);
  const { thanos } = meta;
  const { varve } = thanos ?? {};
  if (thanos === undefined || varve?.digest === undefined) return undefined;
  const sized = <T extends { readonly relPath: string }>(file: T): T => {
    const sizeBytes = fetched.sizeOf(file.relPath);
    return file.relPath === META_FILE || sizeBytes === undefined ? file : { ...file, sizeBytes };
  };
  const files = thanos.files.map(sized);
  const own = { ...varve, files: varve.files.map(sized) };
  const trueMeta = { ...meta, thanos: { ...thanos, files, varve: own } };
  return Buffer.from(printMeta(trueMeta)).includes(`"${varve.digest}"`) ? trueMeta : undefined;
}

/** What must be whole; damage in it is a reason to leave the block alone. */
function understood<T>(without: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const { kind, message } = asVarveError(thrown);
    if (kind !== 'damaged' && kind !== 'not_found') throw thrown;
    throw new VarveError('unsupported', `${without}: ${message}`);
  }
}
