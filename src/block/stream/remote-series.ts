// The series of a block that lies elsewhere as `query/select-remote` reads them: the index from
// front to back by ranges, of the chunks those that a query wants.
//
// What is in memory: the block's symbols, a few ranges, one series. Every checksum of what is read
// is compared (symbols, series, chunks). What is damaged is thrown; to one who has nothing better
// to read, chunks that are damaged are told and left out.

import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import type { TimedChunk } from '../../base/chunk/merge-chunks.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { LabelKeyWriter } from '../../base/model/label-key.ts';
import type { CompiledMatcher } from '../../query/matcher.ts';
import type { RemoteSource, SeriesBudget, TimeRange } from '../../query/source.ts';
import { ENCODING_AGGREGATE } from '../chunks/format.ts';
import { damagedBlock } from '../damage.ts';
import { withoutDeleted } from '../delete-samples.ts';
import { INDEX_HEADER_BYTES } from '../index/format.ts';
import { checkIndexHeader, seriesSection } from '../index/reader.ts';
import { Symbols } from '../index/symbols.ts';
import type { BlockMeta } from '../meta/format.ts';
import { INDEX_FILE } from '../paths.ts';
import type { Tombstones } from '../tombstones/format.ts';
import { type Interval, isAllDeleted } from '../tombstones/intervals.ts';
import type { ByteFeed } from './byte-feed.ts';
import { ChunkFeed } from './chunk-feed.ts';
import { SeriesFeed } from './series-feed.ts';
import { describeBlock, readStoredTombstones } from './small-files.ts';
import { type RangedBlock, readStoredToc } from './source-block.ts';
import { SymbolFeed } from './symbol-feed.ts';
import { SymbolMatcher } from './symbol-matcher.ts';

/** What of a block is read. */
export interface RemoteSeriesOptions {
  readonly matchers: readonly CompiledMatcher[];
  readonly range: TimeRange;
  /** Takes the bytes of the symbols before they are held, or throws `overloaded`. */
  readonly takeSymbolBytes: (bytes: number) => void;
  /** Given: chunks that are damaged are told and left out. */
  readonly onDamaged?: (error: VarveError) => void;
}

const NOTHING_DELETED: readonly Interval[] = [];

/** A cursor; see the head of the file. */
export class RemoteSeries implements RemoteSource {
  key: Uint8Array = new Uint8Array(0);
  readonly #options: RemoteSeriesOptions;
  readonly #parts: OpenedParts;
  readonly #symbols: Symbols;
  readonly #series: SeriesFeed;
  readonly #matcher: SymbolMatcher;
  readonly #chunks: ChunkFeed;
  readonly #keys = new LabelKeyWriter();
  readonly #gathered = new GatheredChunks();

  private constructor(parts: OpenedParts, options: RemoteSeriesOptions) {
    const { meta, index, feeds, symbols, numbers, section } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#symbols = symbols;
    const emptyNumber = symbols.count > 0 && symbols.lengthOf(0) === 0 ? 0 : -1;
    const { minTimeMs, maxTimeMs } = meta;
    const bounds = { ...section, minTimeMs, maxTimeMs };
    this.#series = new SeriesFeed(index, bounds, { numbers, emptyNumber });
    this.#matcher = new SymbolMatcher(symbols, options.matchers);
    this.#chunks = new ChunkFeed({
      feeds,
      rank: 0,
      isAggregated: (meta.thanos?.resolutionMs ?? 0) > 0,
      isNoted: () => false,
      onSegmentEnd: async (feed) => feed.close(),
    });
  }

  /** Opens the block: its small files, symbols, and where its series lie. */
  static async open(block: RangedBlock, options: RemoteSeriesOptions): Promise<RemoteSeries> {
    const { meta, segments } = await describeBlock(block);
    const tombstones = await readStoredTombstones(block);
    const toc = await readStoredToc(block);
    const index = block.feed(INDEX_FILE);
    await index.bring(0, INDEX_HEADER_BYTES);
    checkIndexHeader(index);
    const table = await SymbolFeed.open(index, toc.symbols);
    options.takeSymbolBytes(table.tableEnd - toc.symbols);
    const symbols = await readSymbols(table, index);
    const section = seriesSection(toc);
    if (section.start < table.tableEnd || section.end < section.start)
      throw damagedBlock(INDEX_FILE, section.start, 'sections are missing or mixed up');
    const feeds = segments.map((name) => block.feed(name));
    const { numbers } = table;
    return new RemoteSeries({ meta, tombstones, index, feeds, symbols, numbers, section }, options);
  }

  async next(): Promise<boolean> {
    for (;;) {
      const step = this.#series.step();
      if (step === 'end') return false;
      if (step === 'wait') await this.#series.bring();
      else if (this.#matcher.matches(this.#series.entry)) break;
    }
    const { labels } = this.#series.entry;
    this.#keys.begin();
    for (let i = 0; i < labels.length; i++) this.#keys.add(this.#symbols.bytes(labels.at(i)));
    this.key = this.#keys.key();
    return true;
  }

  async chunks(budget: SeriesBudget): Promise<readonly TimedChunk[]> {
    const { range } = this.#options;
    const { entry } = this.#series;
    const deleted = this.#parts.tombstones.get(entry.ref) ?? NOTHING_DELETED;
    const found: TimedChunk[] = [];
    for (let i = 0; i < entry.chunkCount; i++) {
      const minTimeMs = entry.chunkMinTimes.at(i);
      const maxTimeMs = entry.chunkMaxTimes.at(i);
      if (maxTimeMs < range.minTimeMs || minTimeMs > range.maxTimeMs) continue;
      if (isAllDeleted(deleted, minTimeMs, maxTimeMs)) continue;
      try {
        found.push(...withoutDeletedOf(await this.#read(i, budget), deleted));
      } catch (thrown) {
        this.#tell(thrown);
      }
    }
    return found;
  }

  close(): void {
    for (const feed of [this.#parts.index, ...this.#parts.feeds]) feed.close();
  }

  /** A copy of chunk `i` of the current series. */
  async #read(i: number, budget: SeriesBudget): Promise<TimedChunk> {
    const gathered = this.#gathered;
    gathered.clear();
    while (!this.#chunks.take(this.#series.entry, i, gathered)) await this.#chunks.bring();
    budget.take(gathered.dataBytes);
    const bytes = new Uint8Array(gathered.bytes(0)); // of a Buffer, `slice` is no copy
    return { ...gathered.place(0), view: new DataView(bytes.buffer), base: 0 };
  }

  /** Goes on after damage that costs a chunk only, if anybody wants to hear of it. */
  #tell(thrown: unknown): void {
    const error = asVarveError(thrown);
    const { onDamaged } = this.#options;
    const isOfAChunk = error.kind === 'damaged' || error.code === 'unsupported';
    if (onDamaged === undefined || !isOfAChunk) throw thrown;
    onDamaged(error);
  }
}

interface OpenedParts {
  readonly meta: BlockMeta;
  readonly tombstones: Tombstones;
  readonly index: ByteFeed;
  readonly feeds: readonly ByteFeed[];
  readonly symbols: Symbols;
  /** By symbol its number: itself. */
  readonly numbers: U32Column;
  readonly section: { readonly start: number; readonly end: number };
}

/** All symbols of a table, which must be in order: labels are compared by their numbers. */
async function readSymbols(table: SymbolFeed, { name }: ByteFeed): Promise<Symbols> {
  const bytes = new ByteWriter(Math.max(16, table.tableEnd - table.tableStart));
  const starts = new U32Column(Math.max(1, table.count));
  const ends = new U32Column(Math.max(1, table.count));
  for (let isMore = await table.next(); isMore; isMore = await table.next()) {
    starts.push(bytes.length);
    bytes.bytes(table.bytes.subarray(table.start, table.end));
    ends.push(bytes.length);
    table.settle(ends.length - 1);
  }
  const symbols = new Symbols(bytes.view(), starts, ends);
  for (let i = 1; i < symbols.count; i++) {
    if (Buffer.compare(symbols.bytes(i - 1), symbols.bytes(i)) >= 0)
      throw damagedBlock(name, table.tableStart, 'the symbols are not in order');
  }
  return symbols;
}

function withoutDeletedOf(chunk: TimedChunk, deleted: readonly Interval[]): readonly TimedChunk[] {
  const isTouched = deleted.some(
    (one) => one.minTimeMs <= chunk.maxTimeMs && one.maxTimeMs >= chunk.minTimeMs,
  );
  if (!isTouched) return [chunk];
  if (chunk.encoding === ENCODING_AGGREGATE)
    throw new VarveError('damaged_block', 'tombstones touch a chunk of aggregates');
  return withoutDeleted(chunk, deleted).map(({ bytes, ...made }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return { ...made, view, base: 0, lengthBytes: bytes.length };
  });
}
