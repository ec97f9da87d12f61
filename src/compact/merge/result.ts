// The block that a merge makes: segments leave as they are full, then the index, then meta.json.
//
// Invariant: at most two segments are on the disk, the one that is written and the one that is
// sent. meta.json is sent last, after everything else was verified; so before it there is no block.

import type { U32Column } from '../../base/bytes/columns.ts';
import type { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { assert } from '../../base/errors/assert.ts';
import type { BlockMeta, BlockParent, BlockSource, RepairNote } from '../../block/meta/format.ts';
import { CHUNKS_DIR, INDEX_FILE, META_FILE } from '../../block/paths.ts';
import type { BlockSpool, SpooledFile } from '../../block/stream/block-spool.ts';
import type { MergeParts, MergeTask } from './parts.ts';

/** Settles when a file was sent; never rejects. */
type Sending = Promise<{ readonly failure: unknown } | undefined>;

/** What meta.json says of the sources. */
export interface Lineage {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly sources: readonly string[];
  readonly parents: readonly BlockParent[];
  /** `compactor` unless it says otherwise. */
  readonly source?: BlockSource;
  readonly repair?: RepairNote;
}

/** What the block is to be. */
type ResultTask = Pick<MergeTask, 'ulid' | 'labels' | 'resolutionMs' | 'level'>;
/** What it is made with. */
export type ResultParts = Pick<
  MergeParts,
  'disk' | 'workDir' | 'sending' | 'signal' | 'newSpool' | 'checkIndex'
>;

/** See the head of the file. */
export class MergeResult {
  /** Bytes that were sent. */
  writtenBytes = 0;
  /** Of the disk at its highest. */
  diskBytesMax = 0;
  readonly #task: ResultTask;
  readonly #parts: ResultParts;
  readonly #spool: BlockSpool;
  readonly #files: SpooledFile[] = [];
  #sending: Sending | undefined;
  #sendingBytes = 0;

  constructor(task: ResultTask, parts: ResultParts, segmentBytes: number) {
    this.#task = task;
    this.#parts = parts;
    this.#spool = parts.newSpool(parts.workDir, segmentBytes);
  }

  get stats() {
    return this.#spool.stats;
  }

  addSymbol(symbol: Uint8Array): void {
    this.#spool.addSymbol(symbol);
  }

  /** Begins a series; `writeChunks` or `writeRest`, then `endSeries` follow. */
  beginSeries(labels: U32Column): void {
    this.#spool.beginSeries(labels);
  }

  /** Writes what fits of the series; the place in `order` of the first chunk that does not. */
  writeChunks(chunks: GatheredChunks, order: U32Column, from: number): number {
    return this.#spool.writeChunks(chunks, order, from);
  }

  endSeries(): void {
    this.#spool.endSeries();
  }

  /** The segment is full: it is sent while the next one is written. */
  async nextSegment(): Promise<void> {
    this.#noteDisk();
    const file = this.#spool.finishSegment();
    await this.#sent();
    if (file === undefined) return;
    this.#files.push(file);
    this.#sendingBytes = file.digest.sizeBytes;
    this.#sending = this.#send(file).then(
      () => undefined,
      (failure: unknown) => ({ failure }),
    );
  }

  /** Sends all that is left; bytes of the whole block. */
  async finish(
    lineage: Lineage,
  ): Promise<{ readonly sizeBytes: number; readonly meta: BlockMeta }> {
    await this.nextSegment();
    await this.#sent();
    const { file, summary } = this.#spool.finishIndex();
    this.#noteDisk();
    this.#parts.checkIndex(this.#spool, file);
    this.#files.push(file);
    await this.#send(file);
    const meta = this.#meta(lineage, summary.seriesBytesMax);
    this.#parts.signal?.throwIfAborted();
    const metaBytes = await this.#parts.sending.sendMeta(meta);
    this.writtenBytes += metaBytes;
    const sizeBytes = this.#files.reduce((sum, { digest }) => sum + digest.sizeBytes, metaBytes);
    return { sizeBytes, meta };
  }

  /** Waits for what is under way, whatever comes of it, and closes what is open. */
  async close(): Promise<void> {
    await this.#sending;
    this.#spool.close();
  }

  /** Waits until the segment under way has been sent. */
  async #sent(): Promise<void> {
    const outcome = await this.#sending;
    this.#sending = undefined;
    this.#sendingBytes = 0;
    if (outcome !== undefined) throw outcome.failure;
  }

  async #send(file: SpooledFile): Promise<void> {
    await this.#parts.sending.send(file);
    this.#parts.disk.removeFile(file.path);
    this.writtenBytes += file.digest.sizeBytes;
  }

  #noteDisk(): void {
    this.diskBytesMax = Math.max(this.diskBytesMax, this.#spool.localBytes + this.#sendingBytes);
  }

  #meta(lineage: Lineage, seriesBytesMax: number): BlockMeta {
    const { stats } = this.#spool;
    const digests = this.#files.map(({ digest }) => digest);
    const segments = digests.filter(({ relPath }) => relPath !== INDEX_FILE);
    assert(segments.length + 1 === digests.length, 'a block has one index');
    const { floatSamples, histogramSamples, aggregateSamples } = stats;
    return {
      ulid: this.#task.ulid,
      minTimeMs: lineage.minTimeMs,
      maxTimeMs: lineage.maxTimeMs,
      stats: {
        numSamples: floatSamples + histogramSamples + aggregateSamples,
        numFloatSamples: floatSamples,
        numHistogramSamples: histogramSamples,
        numSeries: stats.seriesCount,
        numChunks: stats.chunkCount,
        numTombstones: 0,
      },
      compaction: {
        level: this.#task.level,
        sources: lineage.sources,
        parents: lineage.parents,
        hints: [],
        deletable: false,
        failed: false,
      },
      thanos: {
        labels: this.#task.labels,
        resolutionMs: this.#task.resolutionMs,
        source: lineage.source ?? 'compactor',
        segmentFiles: segments.map(({ relPath }) => relPath.slice(CHUNKS_DIR.length + 1)),
        files: [
          ...digests.map(({ relPath, sizeBytes, sha256 }) => ({ relPath, sizeBytes, sha256 })),
          { relPath: META_FILE },
        ],
        seriesBytesMax,
        chunkBytesMax: stats.chunkBytesMax,
        varve: {
          repair: lineage.repair,
          files: digests.map((digest) => ({
            relPath: digest.relPath,
            sizeBytes: digest.sizeBytes,
            crc32c: digest.crc32c.toString(16).padStart(8, '0'),
            sha256: digest.sha256,
          })),
        },
      },
    };
  }
}
