// A block that is merged with others, read from where it lies without being brought to the disk: a
// cursor over its series, with their chunks as they are stored.
//
// Invariant: at the end every byte of index and segments has passed; what is noted of a file's
// checksum was compared, and where nothing is noted each part's own checksum was.

import type { U32Column } from '../../base/bytes/columns.ts';
import type { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { ENCODING_AGGREGATE } from '../chunks/format.ts';
import { damagedBlock, placeOfDamage, wrongChecksum } from '../damage.ts';
import { withoutDeleted } from '../delete-samples.ts';
import {
  INDEX_HEADER_BYTES,
  readToc,
  sectionsAreInOrder,
  TOC_BYTES,
  type Toc,
} from '../index/format.ts';
import { checkIndexHeader, seriesSection } from '../index/reader.ts';
import type { BlockMeta } from '../meta/format.ts';
import { INDEX_FILE, META_FILE } from '../paths.ts';
import type { Tombstones } from '../tombstones/format.ts';
import { type Interval, isAllDeleted } from '../tombstones/intervals.ts';
import { notedFiles } from '../verify/check-files.ts';
import type { StoredBlock } from '../verify-stored.ts';
import type { ByteFeed, Step } from './byte-feed.ts';
import { ChunkFeed } from './chunk-feed.ts';
import { checkIndexRest } from './index-rest.ts';
import { SeriesFeed } from './series-feed.ts';
import { describeBlock, readStoredTombstones } from './small-files.ts';
import { SymbolFeed } from './symbol-feed.ts';

/** A block's files where they are kept, to be read by ranges as well. */
export interface RangedBlock extends StoredBlock {
  /** A file from front to back. */
  feed(name: string): ByteFeed;
  /** Some bytes of a file. */
  readRange(name: string, offset: number, length: number): Promise<Uint8Array>;
}

const NOTHING_DELETED: readonly Interval[] = [];

/** See the head of the file. Order of calls: open, symbols, begin, then step and take, finish. */
export class SourceBlock {
  readonly ulid: string;
  readonly meta: BlockMeta;
  readonly rank: number;
  readonly #indexFeed: ByteFeed;
  readonly #toc: Toc;
  readonly #chunks: ChunkFeed;
  readonly #feeds: readonly ByteFeed[];
  readonly #crcs: ReadonlyMap<string, string>;
  readonly #tombstones: Tombstones;
  #series: SeriesFeed | undefined;
  #isSeriesWanted = true;

  private constructor(opened: OpenedBlock) {
    const { meta, rank, index, toc, feeds, tombstones } = opened;
    this.ulid = meta.ulid;
    this.meta = meta;
    this.rank = rank;
    this.#indexFeed = index;
    this.#toc = toc;
    this.#feeds = feeds;
    this.#tombstones = tombstones;
    const noted = [...notedFiles(meta)];
    this.#crcs = new Map(noted.flatMap(([name, { crc32c }]) => (crc32c ? [[name, crc32c]] : [])));
    this.#chunks = new ChunkFeed({
      feeds,
      rank,
      isAggregated: this.isAggregated,
      isNoted: (name) => this.#crcs.has(name),
      onSegmentEnd: (feed) => this.#checkWhole(feed),
    });
  }

  /** @param rank of two samples at one time that of the smaller rank stays */
  static async open(block: RangedBlock, rank: number): Promise<SourceBlock> {
    const { meta, segments } = await describeBlock(block);
    const tombstones = await readStoredTombstones(block);
    const toc = await readStoredToc(block);
    const index = block.feed(INDEX_FILE);
    const feeds = segments.map((name) => block.feed(name));
    await index.bring(0, INDEX_HEADER_BYTES);
    checkIndexHeader(index);
    return new SourceBlock({ meta, rank, index, toc, feeds, tombstones });
  }

  get isAggregated(): boolean {
    return (this.meta.thanos?.resolutionMs ?? 0) > 0;
  }

  /** The symbol table, to be united with those of others. */
  symbols(): Promise<SymbolFeed> {
    return SymbolFeed.open(this.#indexFeed, this.#toc.symbols);
  }

  /** Begins the series; `symbols` is the table, united with others. */
  begin(symbols: SymbolFeed, emptyNumber: number): void {
    const section = seriesSection(this.#toc);
    if (section.start < symbols.tableEnd || section.end < section.start)
      throw damagedBlock(INDEX_FILE, section.start, 'sections are missing or mixed up');
    const { minTimeMs, maxTimeMs } = this.meta;
    const bounds = { ...section, minTimeMs, maxTimeMs };
    const { numbers } = symbols;
    this.#series = new SeriesFeed(this.#indexFeed, bounds, { numbers, emptyNumber });
  }

  /** Steps to the next series, if it is at hand. */
  step(): Step {
    this.#isSeriesWanted = true;
    return this.#begun.step();
  }

  /** Labels of the current series, as numbers of the united symbols. */
  get labels(): U32Column {
    return this.#begun.labels;
  }

  /** Chunks of the current series. */
  get chunkCount(): number {
    return this.#begun.entry.chunkCount;
  }

  /**
   * Adds the chunks of the current series from number `from` on, without what is deleted; the
   * number of the first that is not at hand, `chunkCount` when there is none.
   */
  take(from: number, into: GatheredChunks): number {
    this.#isSeriesWanted = false;
    const { entry } = this.#begun;
    const deleted = this.#tombstones.get(entry.ref) ?? NOTHING_DELETED;
    for (let i = from; i < entry.chunkCount; i++) {
      if (deleted.length > 0 && this.#isGone(i, deleted)) continue;
      if (!this.#chunks.take(entry, i, into)) return i;
      if (deleted.length > 0) this.#delete(deleted, into);
    }
    return entry.chunkCount;
  }

  /** Brings what the last `step` or `take` waits for. */
  bring(): Promise<void> {
    return this.#isSeriesWanted ? this.#begun.bring() : this.#chunks.bring();
  }

  /** Goes through all that no series needed, and compares checksums and counts. */
  async finish(): Promise<void> {
    await this.#chunks.finish();
    if (this.#crcs.has(INDEX_FILE)) await this.#checkWhole(this.#indexFeed);
    else await checkIndexRest(this.#indexFeed, this.#toc);
    const { numSeries, numChunks } = this.meta.stats;
    const { count } = this.#begun;
    const isCounted = numSeries + numChunks > 0; // not every maker counts
    if (isCounted && numSeries !== count)
      throw damagedBlock(META_FILE, 0, `stats.numSeries is ${numSeries}, there are ${count}`);
  }

  /**
   * Reads what is damaged a second time. Throws `store_unavailable` when it is other bytes now: the
   * first reading was wrong, and the block may be whole.
   */
  async confirm(thrown: unknown): Promise<void> {
    const place = placeOfDamage(thrown);
    const feed = [this.#indexFeed, ...this.#feeds].find(({ name }) => name === place?.file);
    if (place === undefined || feed === undefined) return;
    if (place.kind === 'missing' || place.kind === 'size') return;
    if (await feed.isTheSameAgain(place.offset)) return;
    const what = `${this.ulid}/${place.file} gave other bytes at ${place.offset} when read again`;
    throw new VarveError('store_unavailable', what, { cause: thrown });
  }

  /** The place of a chunk, as errors name it. */
  placeOfChunk(segment: number, offset: number, what: string): VarveError {
    return damagedBlock(this.#feeds.at(segment)?.name ?? 'chunks', offset, what);
  }

  close(): void {
    for (const feed of [this.#indexFeed, ...this.#feeds]) feed.close();
  }

  get #begun(): SeriesFeed {
    if (this.#series === undefined) throw new VarveError('internal', 'series before begin');
    return this.#series;
  }

  #isGone(chunk: number, deleted: readonly Interval[]): boolean {
    const { entry } = this.#begun;
    return isAllDeleted(deleted, entry.chunkMinTimes.at(chunk), entry.chunkMaxTimes.at(chunk));
  }

  /** Takes what is deleted out of the chunk that was added last. */
  #delete(deleted: readonly Interval[], into: GatheredChunks): void {
    const last = into.count - 1;
    const place = into.place(last);
    const isTouched = deleted.some(
      (one) => one.minTimeMs <= place.maxTimeMs && one.maxTimeMs >= place.minTimeMs,
    );
    if (!isTouched) return;
    const segment = into.segments.at(last);
    const offset = into.offsets.at(last);
    if (place.encoding === ENCODING_AGGREGATE)
      throw this.placeOfChunk(segment, offset, 'tombstones touch a chunk of aggregates');
    if (!into.checksumHolds(last))
      throw this.placeOfChunk(segment, offset, 'the checksum of a chunk is wrong');
    try {
      const left = withoutDeleted(place, deleted);
      into.removeLast();
      for (const made of left) into.addMade(made, this.rank);
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      if (code !== 'damaged_chunk' && code !== 'unsupported') throw thrown;
      throw this.placeOfChunk(segment, offset, message);
    }
  }

  /** Fetches what is left of a file and compares it with what is noted of it. */
  async #checkWhole(feed: ByteFeed): Promise<void> {
    await feed.drain();
    const noted = this.#crcs.get(feed.name);
    const crc = feed.crcOfWhole?.toString(16).padStart(8, '0');
    if (noted !== undefined && noted !== crc)
      throw wrongChecksum(feed.name, 0, 'its CRC-32C is not the one in meta.json');
  }
}

interface OpenedBlock {
  readonly meta: BlockMeta;
  readonly rank: number;
  readonly index: ByteFeed;
  readonly toc: Toc;
  readonly feeds: readonly ByteFeed[];
  readonly tombstones: Tombstones;
}

async function readTocOnce(block: RangedBlock): Promise<Toc> {
  const sizeBytes = block.files.find(({ name }) => name === INDEX_FILE)?.sizeBytes ?? 0;
  if (sizeBytes < INDEX_HEADER_BYTES + TOC_BYTES)
    throw damagedBlock(INDEX_FILE, sizeBytes, 'the file is shorter than an empty index');
  const bytes = await block.readRange(INDEX_FILE, sizeBytes - TOC_BYTES, TOC_BYTES);
  const toc = readToc(INDEX_FILE, bytes, sizeBytes);
  if (!sectionsAreInOrder(toc))
    throw damagedBlock(INDEX_FILE, sizeBytes - TOC_BYTES, 'sections are missing or mixed up');
  return toc;
}

/** The table of contents of an index, its sections in order; damage counts when it is so twice. */
export async function readStoredToc(block: RangedBlock): Promise<Toc> {
  try {
    return await readTocOnce(block);
  } catch (thrown) {
    if (asVarveError(thrown).kind !== 'damaged') throw thrown;
    return readTocOnce(block);
  }
}
