// Writes a block: beside its place, synced, verified by reading it back, then renamed into place.
//
// Invariant: a directory named by a ULID alone is a whole, synced and verified block. Whatever
// happens before the rename leaves `<ULID>.tmp-for-creation` at most, which start-up removes.

import { assert } from '../base/errors/assert.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Labels } from '../base/model/labels.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { BlockSink, ChunkToWrite } from './block-sink.ts';
import {
  isHistogramEncoding,
  isWrittenEncoding,
  SEGMENT_BYTES_MAX,
  storedBytes,
} from './chunks/format.ts';
import { ChunkSegmentWriter } from './chunks/segment-writer.ts';
import { type FileDigest, HashedFile } from './hashed-file.ts';
import { SeriesEntry } from './index/series-entry.ts';
import { type IndexSummary, IndexWriter } from './index/writer.ts';
import type { BlockMeta, BlockParent, BlockSource, VarveExtension } from './meta/format.ts';
import { printMeta } from './meta/print.ts';
import { readMeta } from './meta.ts';
import { blockDir, blockFile, blockTmpDir, CHUNKS_DIR, INDEX_FILE, META_FILE } from './paths.ts';
import { verifyBlock } from './verify.ts';

/** Where and how a block is written. */
export interface BlockWriterOptions {
  readonly disk: Disk;
  /** The stream's directory: the block becomes a directory in it. */
  readonly dir: string;
  readonly ulid: string;
  /** 512 MiB, unless a test wants several small segments. */
  readonly segmentBytesMax?: number;
}

/** What meta.json says beside what the writer counted itself. */
export interface BlockDescription {
  /** The block's range: samples at or after the first, before the second. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** External labels, lifted labels, tenant. */
  readonly labels: Labels;
  readonly source: BlockSource;
  /** 0 (raw) by default. */
  readonly resolutionMs?: number;
  /** 1 by default. */
  readonly level?: number;
  /** The block itself by default. */
  readonly sources?: readonly string[];
  readonly parents?: readonly BlockParent[];
  readonly hints?: readonly string[];
  /** For a block cut from a head: the log's position at its snapshot. */
  readonly wal?: VarveExtension['wal'];
}

/** A block that is in its place. */
export interface WrittenBlock {
  readonly dir: string;
  readonly meta: BlockMeta;
  /** All files, meta.json included. */
  readonly sizeBytes: number;
}

/** One block. Order of calls: addSymbol …, addSeries …, finish; or abandon at any time. */
export class BlockWriter implements BlockSink {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #ulid: string;
  readonly #tmpDir: string;
  readonly #chunks: ChunkSegmentWriter;
  readonly #indexFile: HashedFile;
  readonly #index: IndexWriter;
  readonly #entry = new SeriesEntry();
  #chunkCount = 0;
  #floatSamples = 0;
  #histogramSamples = 0;
  #chunkBytesMax = 0;

  constructor(options: BlockWriterOptions) {
    this.#disk = options.disk;
    this.#dir = options.dir;
    this.#ulid = options.ulid;
    this.#tmpDir = blockTmpDir(options.dir, options.ulid);
    options.disk.removeTree(this.#tmpDir); // what a crash left behind
    options.disk.makeDir(blockFile(this.#tmpDir, CHUNKS_DIR));
    const segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    this.#chunks = new ChunkSegmentWriter(options.disk, this.#tmpDir, segmentBytesMax);
    this.#indexFile = new HashedFile(options.disk, blockFile(this.#tmpDir, INDEX_FILE), INDEX_FILE);
    this.#index = new IndexWriter(this.#indexFile);
  }

  addSymbol(bytes: Uint8Array): void {
    this.#index.addSymbol(bytes);
  }

  addSeries(labels: Uint32Array, chunks: readonly ChunkToWrite[]): void {
    for (const { encoding } of chunks)
      assert(isWrittenEncoding(encoding), 'chunks are written in encodings that everybody reads');
    const entry = this.#entry;
    entry.clear();
    for (const symbol of labels) entry.labels.push(symbol);
    this.#chunks.writeSeries(chunks, entry);
    this.#index.addSeries(entry);
    for (const chunk of chunks) {
      this.#chunkCount++;
      if (isHistogramEncoding(chunk.encoding)) this.#histogramSamples += chunk.sampleCount;
      else this.#floatSamples += chunk.sampleCount;
      this.#chunkBytesMax = Math.max(this.#chunkBytesMax, storedBytes(chunk.bytes.length));
    }
  }

  /**
   * Syncs and verifies the block and puts it into its place. When it throws, nothing is there: what
   * was written is removed, and the caller still holds what it was made from.
   */
  finish(description: BlockDescription): WrittenBlock {
    try {
      return this.#finish(description);
    } catch (thrown) {
      this.abandon();
      throw thrown;
    }
  }

  /** Removes what was written. Harmless after `finish`. */
  abandon(): void {
    this.#chunks.close();
    this.#indexFile.close();
    this.#disk.removeTree(this.#tmpDir);
  }

  #finish(description: BlockDescription): WrittenBlock {
    const summary = this.#index.finish();
    assert(summary.seriesCount > 0, 'a block has series');
    const files = [...this.#chunks.finish(), this.#indexFile.finish()];
    const metaBytes = printMeta(this.#meta(description, summary, files));
    this.#writeMeta(metaBytes);
    this.#disk.syncDir(blockFile(this.#tmpDir, CHUNKS_DIR));
    this.#disk.syncDir(this.#tmpDir);
    this.#verify();
    const meta = readMeta(this.#disk, this.#tmpDir);
    const dir = this.#giveName();
    const fileBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return { dir, meta, sizeBytes: fileBytes + metaBytes.length };
  }

  /** The block gets its name for good, or, when that cannot be made durable, not at all. */
  #giveName(): string {
    const dir = blockDir(this.#dir, this.#ulid);
    this.#disk.rename(this.#tmpDir, dir);
    try {
      this.#disk.syncDir(this.#dir);
    } catch (thrown) {
      this.#disk.rename(dir, this.#tmpDir);
      throw thrown;
    }
    return dir;
  }

  #writeMeta(bytes: Uint8Array): void {
    const file = new HashedFile(this.#disk, blockFile(this.#tmpDir, META_FILE), META_FILE);
    try {
      file.write(bytes);
      file.finish();
    } finally {
      file.close();
    }
  }

  #verify(): void {
    const findings = verifyBlock(this.#disk, this.#tmpDir);
    const first = findings.find((finding) => finding.severity === 'error');
    if (first === undefined) return;
    const where = first.offset === undefined ? first.file : `${first.file}, byte ${first.offset}`;
    const what = `Block ${this.#ulid} did not read back as it was written: ${where}: ${first.what}`;
    throw new VarveError('damaged_block', what);
  }

  #meta(
    description: BlockDescription,
    summary: IndexSummary,
    files: readonly FileDigest[],
  ): BlockMeta {
    return {
      ulid: this.#ulid,
      minTimeMs: description.minTimeMs,
      maxTimeMs: description.maxTimeMs,
      stats: {
        numSamples: this.#floatSamples + this.#histogramSamples,
        numFloatSamples: this.#floatSamples,
        numHistogramSamples: this.#histogramSamples,
        numSeries: summary.seriesCount,
        numChunks: this.#chunkCount,
        numTombstones: 0,
      },
      compaction: {
        level: description.level ?? 1,
        sources: description.sources ?? [this.#ulid],
        parents: description.parents ?? [],
        hints: description.hints ?? [],
        deletable: false,
        failed: false,
      },
      thanos: {
        labels: description.labels,
        resolutionMs: description.resolutionMs ?? 0,
        source: description.source,
        segmentFiles: files
          .filter((file) => file.relPath !== INDEX_FILE)
          .map((file) => file.relPath.slice(CHUNKS_DIR.length + 1)),
        files: [
          ...files.map(({ relPath, sizeBytes, sha256 }) => ({ relPath, sizeBytes, sha256 })),
          { relPath: META_FILE },
        ],
        seriesBytesMax: summary.seriesBytesMax,
        chunkBytesMax: this.#chunkBytesMax,
        varve: {
          wal: description.wal,
          files: files.map((file) => ({
            relPath: file.relPath,
            sizeBytes: file.sizeBytes,
            crc32c: file.crc32c.toString(16).padStart(8, '0'),
            sha256: file.sha256,
          })),
        },
      },
    };
  }
}
