// Merges blocks of a bucket into one, series by series, without bringing them to the disk
// (docs/design/0008-compactor.md).
//
// All sources are cursors over one order of series; bytes come by ranges ahead of the cursors, and
// as long as they are at hand nothing waits. Chunks that overlap nothing are copied as they are
// stored, their checksums compared; the others are merged by samples. A block is downsampled by the
// same course, with one source: its series are made coarser on their way.
//
// Invariant: a source that is damaged, the store, the disk or the signal end it without a block:
// meta.json is sent after every source was read to its last byte.

import { U32Column } from '../../base/bytes/columns.ts';
import { compareColumns } from '../../base/bytes/compare-ranges.ts';
import { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { DamagedGathered, mergeGathered, remakeGathered } from '../../base/chunk/merge-gathered.ts';
import { assert } from '../../base/errors/assert.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { SourceBlock } from '../../block/stream/source-block.ts';
import type { SymbolFeed } from '../../block/stream/symbol-feed.ts';
import type { MergeFigures, MergeOutcome, SourceFault } from './outcome.ts';
import type { MergeParts, MergeTask } from './parts.ts';
import { type Lineage, MergeResult } from './result.ts';

/** Sources that are opened at a time. */
const OPENED_AT_ONCE = 8;
/** Bytes of chunks that one series may have in all sources together. */
const SERIES_BYTES_MAX = 256 * 1024 * 1024;
/** Other work of the thread runs after so many series. */
const SERIES_BETWEEN_PAUSES = 2000;

/**
 * Merges the sources of `task`. Rejects with what the store, the disk or the signal says; then, as
 * with every outcome but `made`, there is no block, and nothing is left on the disk.
 */
export async function mergeBlocks(task: MergeTask, parts: MergeParts): Promise<MergeOutcome> {
  parts.disk.removeTree(parts.workDir);
  parts.disk.makeDir(parts.workDir);
  const merge = new Merge(task, parts);
  try {
    return await merge.run();
  } finally {
    await merge.close();
    parts.disk.removeTree(parts.workDir);
  }
}

class Merge {
  readonly #task: MergeTask;
  readonly #parts: MergeParts;
  readonly #sources: SourceBlock[] = [];
  readonly #chunks = new GatheredChunks();
  readonly #order = new U32Column(64);
  #result: MergeResult | undefined;
  /** Whose bytes are looked at: the one to blame for damage. */
  #current: SourceBlock | undefined;

  constructor(task: MergeTask, parts: MergeParts) {
    this.#task = task;
    this.#parts = parts;
  }

  async run(): Promise<MergeOutcome> {
    let isMade = false;
    try {
      const outcome = await this.#run();
      isMade = outcome.kind === 'made';
      return outcome;
    } catch (thrown) {
      const outcome = await this.#outcomeOf(thrown);
      if (outcome === undefined) throw thrown;
      return outcome;
    } finally {
      await this.#result?.close();
      if (!isMade && this.#parts.signal?.aborted !== true) await this.#parts.sending.takeBack();
    }
  }

  async close(): Promise<void> {
    await this.#result?.close();
    for (const source of this.#sources) source.close();
  }

  async #run(): Promise<MergeOutcome> {
    const { reading, indexBytesMax } = this.#parts;
    const failure = await this.#open();
    if (failure !== undefined) {
      const { ulid, thrown } = failure;
      if (!isDamage(thrown)) throw thrown;
      return { kind: 'bad-source', fault: this.#fault(ulid, thrown) };
    }
    if (reading.indexBytes > indexBytesMax) {
      const what = `The indexes of the sources have ${reading.indexBytes} bytes together`;
      throw new VarveError('block_too_large', `${what}, more than ${indexBytesMax}.`);
    }
    const segmentBytes = this.#parts.segmentBytesFor(reading.totalBytes);
    const result = new MergeResult(this.#task, this.#parts, segmentBytes);
    this.#result = result;
    await this.#begin(result);
    await this.#mergeSeries(result);
    for (const source of this.#sources) {
      this.#current = source;
      await source.finish();
    }
    this.#current = undefined;
    // A coarser block without series says that its sources have nothing that could be in it. With
    // none, made or merged, the finer block would be made coarser again and again, or stay.
    const isEmpty = result.stats.seriesCount === 0 && this.#task.resolutionMs === 0;
    if (isEmpty) return { kind: 'empty', figures: this.#figures(result) };
    const lineage = this.#lineage();
    const { meta, sizeBytes } = await result.finish(lineage);
    this.#tell();
    const { numSeries, numSamples, numChunks } = meta.stats;
    const { ulid, minTimeMs, maxTimeMs } = meta;
    const figures = this.#figures(result);
    const counts = { numSeries, numSamples, numChunks, sizeBytes };
    return { kind: 'made', ulid, minTimeMs, maxTimeMs, ...counts, figures };
  }

  /** Opens the sources, by min time: so the chunks of a series mostly come in order. */
  async #open(): Promise<OpenFailure | undefined> {
    const ulids = this.#task.sources.toSorted();
    assert(new Set(ulids).size === ulids.length && ulids.length > 0, 'sources, each once');
    for (let from = 0; from < ulids.length; from += OPENED_AT_ONCE) {
      const some = ulids.slice(from, from + OPENED_AT_ONCE);
      const opening = some.map((ulid, i) => this.#openOne(ulid, from + i));
      const failure = (await Promise.all(opening)).find((one) => one !== undefined);
      if (failure !== undefined) return failure;
    }
    this.#sources.sort((a, b) => a.meta.minTimeMs - b.meta.minTimeMs || a.rank - b.rank);
    const fromMs = this.#fromResolutionMs;
    const other = this.#sources.find(({ meta }) => (meta.thanos?.resolutionMs ?? 0) !== fromMs);
    if (other === undefined) return undefined;
    const what = `Block ${other.ulid} is not of resolution ${fromMs} ms.`;
    throw new VarveError('unsupported', what);
  }

  get #fromResolutionMs(): number {
    return this.#task.fromResolutionMs ?? this.#task.resolutionMs;
  }

  /** Never rejects, so that none of those opened side by side is forgotten. */
  async #openOne(ulid: string, rank: number): Promise<OpenFailure | undefined> {
    try {
      this.#sources.push(await this.#parts.reading.open(ulid, rank));
      return undefined;
    } catch (thrown) {
      return { ulid, thrown };
    }
  }

  /** Makes one symbol table of all, and begins the series of each source with it. */
  async #begin(result: MergeResult): Promise<void> {
    const tables = new Map<SymbolFeed, SourceBlock>();
    for (const source of this.#sources) {
      this.#current = source;
      tables.set(await source.symbols(), source);
    }
    let emptyNumber = -1;
    let number = 0;
    await this.#parts.uniteSymbols([...tables.keys()], {
      onTable: (table) => {
        this.#current = tables.get(table);
      },
      onSymbol: (symbol) => {
        if (symbol.length === 0) emptyNumber = number;
        number++;
        result.addSymbol(symbol);
      },
    });
    for (const [table, source] of tables) {
      this.#current = source;
      source.begin(table, emptyNumber);
    }
  }

  async #mergeSeries(result: MergeResult): Promise<void> {
    const live: SourceBlock[] = [];
    for (const source of this.#sources) if (await this.#next(source)) live.push(source);
    const here: SourceBlock[] = [];
    for (let count = 1; live.length > 0; count++) {
      const first = smallest(live, here);
      await this.#mergeOne(first, here, result);
      for (const source of here) {
        this.#current = source;
        const step = source.step();
        const isThere = step === 'ready' || (step === 'wait' && (await this.#next(source, true)));
        if (!isThere) live.splice(live.indexOf(source), 1);
      }
      if (count % SERIES_BETWEEN_PAUSES !== 0) continue;
      this.#tell();
      await this.#parts.pause();
      this.#parts.signal?.throwIfAborted();
    }
  }

  /** Steps to the source's next series, waiting for its bytes; false at the end. */
  async #next(source: SourceBlock, isWaiting = false): Promise<boolean> {
    this.#current = source;
    if (isWaiting) await source.bring();
    for (let step = source.step(); step !== 'end'; step = source.step()) {
      if (step === 'ready') return true;
      await source.bring();
    }
    return false;
  }

  /** `here` are the sources that stand on the series of `first`. */
  async #mergeOne(
    first: SourceBlock,
    here: readonly SourceBlock[],
    result: MergeResult,
  ): Promise<void> {
    const chunks = this.#chunks;
    chunks.clear();
    for (const source of here) {
      this.#current = source;
      let next = source.take(0, chunks);
      while (next < source.chunkCount) {
        await source.bring();
        next = source.take(next, chunks);
        if (chunks.dataBytes > SERIES_BYTES_MAX) throw seriesTooLarge();
      }
    }
    this.#current = undefined;
    const isPenalty = this.#task.deduplication === 'penalty';
    const isAggregated = this.#fromResolutionMs > 0;
    mergeGathered(chunks, { isPenalty, isAggregated }, this.#order);
    if (this.#task.fromResolutionMs !== undefined)
      remakeGathered(chunks, this.#parts.downsample, this.#order);
    if (this.#order.length === 0) return;
    result.beginSeries(first.labels);
    let written = result.writeChunks(chunks, this.#order, 0);
    while (written < this.#order.length) {
      await result.nextSegment();
      this.#tell();
      written = result.writeChunks(chunks, this.#order, written);
    }
    result.endSeries();
  }

  #lineage(): Lineage {
    const metas = this.#sources.map(({ meta }) => meta);
    const sources = new Set(metas.flatMap(({ compaction }) => compaction.sources));
    return {
      minTimeMs: Math.min(this.#task.minTimeMs, ...metas.map(({ minTimeMs }) => minTimeMs)),
      maxTimeMs: Math.max(this.#task.maxTimeMs, ...metas.map(({ maxTimeMs }) => maxTimeMs)),
      sources: [...sources].sort(),
      parents: metas.map(({ ulid, minTimeMs, maxTimeMs }) => ({ ulid, minTimeMs, maxTimeMs })),
    };
  }

  #tell(): void {
    const { readBytes, totalBytes } = this.#parts.reading;
    const writtenBytes = this.#result?.writtenBytes ?? 0;
    this.#parts.onProgress({ readBytes, writtenBytes, totalBytes });
  }

  #figures(result: MergeResult): MergeFigures {
    const { writtenBytes, diskBytesMax } = result;
    return { readBytes: this.#parts.reading.readBytes, writtenBytes, diskBytesMax };
  }

  /** What an error means; undefined when it is the store's, the disk's, the caller's or ours. */
  async #outcomeOf(thrown: unknown): Promise<MergeOutcome | undefined> {
    const { code, message } = asVarveError(thrown);
    if (code === 'block_too_large') return { kind: 'too-large', what: message };
    if (code === 'unsupported') return { kind: 'refused', what: message };
    const blamed = this.#blame(thrown);
    if (blamed === undefined || !isDamage(thrown)) return undefined;
    await blamed.source.confirm(blamed.error);
    return { kind: 'bad-source', fault: this.#fault(blamed.source.ulid, blamed.error) };
  }

  /** The source that an error is about. */
  #blame(thrown: unknown): Blamed | undefined {
    const { cause } = asVarveError(thrown);
    if (cause instanceof DamagedGathered) {
      const rank = this.#chunks.ranks.at(cause.chunk);
      const source = this.#sources.find((one) => one.rank === rank);
      const segment = this.#chunks.segments.at(cause.chunk);
      const offset = this.#chunks.offsets.at(cause.chunk);
      return source && { source, error: source.placeOfChunk(segment, offset, cause.what) };
    }
    const source = this.#current;
    return source && { source, error: thrown };
  }

  #fault(ulid: string, thrown: unknown): SourceFault {
    const place = this.#parts.placeOfDamage(thrown);
    if (place !== undefined) {
      const { file, offset, kind, what } = place;
      return { ulid, file, offset, kind, what };
    }
    const { message } = asVarveError(thrown);
    return { ulid, file: '', offset: 0, kind: 'format', what: message };
  }
}

/** A source that could not be opened, and why. */
interface OpenFailure {
  readonly ulid: string;
  readonly thrown: unknown;
}

interface Blamed {
  readonly source: SourceBlock;
  readonly error: unknown;
}

function isDamage(thrown: unknown): boolean {
  return thrown instanceof VarveError && thrown.kind === 'damaged';
}

function seriesTooLarge(): VarveError {
  const what = `A series has more than ${SERIES_BYTES_MAX} bytes of chunks.`;
  return new VarveError('block_too_large', what);
}

/** The source with the smallest labels; `here` becomes all that stand on the same series. */
function smallest(live: readonly SourceBlock[], here: SourceBlock[]): SourceBlock {
  here.length = 0;
  let first: SourceBlock | undefined;
  for (const source of live) {
    const order = first === undefined ? -1 : compareColumns(source.labels, first.labels);
    if (order > 0) continue;
    if (order < 0) {
      first = source;
      here.length = 0;
    }
    here.push(source);
  }
  assert(first !== undefined, 'there is a source left');
  return first;
}
