// A block that is made to lie elsewhere: its chunk segments come to the disk one at a time, to be
// sent away and removed, and its index last. What of it is on the disk is bounded by that.
//
// Segments are filled up to their size and never beyond; a chunk that is larger has its own.

import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import type { U32Column } from '../../base/bytes/columns.ts';
import { crc32c } from '../../base/bytes/crc32c.ts';
import type { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { assert } from '../../base/errors/assert.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import {
  ENCODING_AGGREGATE,
  isHistogramEncoding,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
  storedBytes,
} from '../chunks/format.ts';
import { type FileDigest, HashedFile } from '../hashed-file.ts';
import { SeriesEntry } from '../index/series-entry.ts';
import { type IndexSummary, IndexWriter } from '../index/writer.ts';
import { blockFile, chunkSegmentName, INDEX_FILE } from '../paths.ts';
import { PlaceDigest } from './place-digest.ts';

/** A file that is complete. */
export interface SpooledFile {
  readonly path: string;
  readonly digest: FileDigest;
}

/** What was put into the block. */
export interface SpoolStats {
  readonly seriesCount: number;
  readonly chunkCount: number;
  readonly floatSamples: number;
  readonly histogramSamples: number;
  /** Windows of aggregates. */
  readonly aggregateSamples: number;
  readonly chunkBytesMax: number;
}

export interface SpoolOptions {
  readonly disk: Disk;
  /** An empty directory. */
  readonly dir: string;
  readonly segmentBytes: number;
}

/** See the head of the file. Order of calls: addSymbol …, series …, finishSegment, finishIndex. */
export class BlockSpool {
  /** Of all places of chunks that were written, to be compared with what the index says. */
  readonly places = new PlaceDigest();
  readonly #options: SpoolOptions;
  readonly #indexFile: HashedFile;
  readonly #index: IndexWriter;
  readonly #entry = new SeriesEntry();
  readonly #head = new ByteWriter(16);
  #segment: HashedFile | undefined;
  #segments = 0;
  #stats = {
    seriesCount: 0,
    chunkCount: 0,
    floatSamples: 0,
    histogramSamples: 0,
    aggregateSamples: 0,
    chunkBytesMax: 0,
  };

  constructor(options: SpoolOptions) {
    this.#options = options;
    const path = blockFile(options.dir, INDEX_FILE);
    this.#indexFile = new HashedFile(options.disk, path, INDEX_FILE);
    this.#index = new IndexWriter(this.#indexFile);
  }

  get stats(): SpoolStats {
    return this.#stats;
  }

  /** Bytes of the index so far, and of the segment that is being written. */
  get localBytes(): number {
    return this.#indexFile.position + (this.#segment?.position ?? 0);
  }

  addSymbol(symbol: Uint8Array): void {
    this.#index.addSymbol(symbol);
  }

  /** Begins a series: its labels, as numbers of the symbols. */
  beginSeries(labels: U32Column): void {
    const entry = this.#entry;
    entry.clear();
    for (let i = 0; i < labels.length; i++) entry.labels.push(labels.at(i));
  }

  /**
   * Writes chunks of the series: those that `order` names from place `from` on. The place of the
   * first that does not fit into the segment: then the segment must be finished first.
   */
  writeChunks(chunks: GatheredChunks, order: U32Column, from: number): number {
    for (let i = from; i < order.length; i++) {
      const chunk = order.at(i);
      const stored = chunks.isStored(chunk)
        ? chunks.storedEnds.at(chunk) - chunks.storedStarts.at(chunk)
        : storedBytes(chunks.ends.at(chunk) - chunks.starts.at(chunk));
      if (!this.#hasRoom(stored)) return i;
      this.#write(chunks, chunk, stored);
    }
    return order.length;
  }

  /** Ends the series. */
  endSeries(): void {
    this.#index.addSeries(this.#entry);
    this.places.add(this.#entry);
    this.#stats.seriesCount++;
  }

  /**
   * Ends the segment that is being written, if there is one. A block has one at least: without
   * files an object store has no directory of chunks, and readers take that for damage.
   */
  finishSegment(): SpooledFile | undefined {
    if (this.#segments === 0) this.#beginSegment();
    const segment = this.#segment;
    if (segment === undefined) return undefined;
    this.#segment = undefined;
    return { path: segment.path, digest: segment.finishUnsynced() };
  }

  /** Writes the rest of the index. */
  finishIndex(): { readonly file: SpooledFile; readonly summary: IndexSummary } {
    const summary = this.#index.finish();
    const digest = this.#indexFile.finishUnsynced();
    return { file: { path: this.#indexFile.path, digest }, summary };
  }

  /** Closes what is open. The files stay for whoever removes the directory. */
  close(): void {
    this.#segment?.close();
    this.#indexFile.close();
  }

  #hasRoom(stored: number): boolean {
    if (this.#segment === undefined) this.#beginSegment();
    const filled = this.#segment?.position ?? 0;
    return filled === SEGMENT_HEADER_BYTES || filled + stored <= this.#options.segmentBytes;
  }

  #beginSegment(): void {
    const { disk, dir } = this.#options;
    const name = chunkSegmentName(++this.#segments);
    const path = blockFile(dir, name.replace('/', '-'));
    this.#segment = new HashedFile(disk, path, name);
    const head = this.#head;
    head.clear();
    head.u32be(SEGMENT_MAGIC);
    head.u8(SEGMENT_VERSION);
    head.zeros(SEGMENT_HEADER_BYTES - head.length);
    this.#segment.write(head.view());
  }

  #write(chunks: GatheredChunks, chunk: number, stored: number): void {
    const file = this.#segment;
    assert(file !== undefined, 'a segment is open');
    const { minTimes, maxTimes } = chunks;
    this.#entry.addChunk(minTimes.at(chunk), maxTimes.at(chunk), this.#segments - 1, file.position);
    const buffer = chunks.buffer(chunk);
    if (chunks.isStored(chunk)) {
      file.writeRange(buffer, chunks.storedStarts.at(chunk), chunks.storedEnds.at(chunk));
    } else {
      this.#writeNew(file, chunks.bytes(chunk), chunks.encodings.at(chunk));
    }
    this.#count(chunks.encodings.at(chunk), chunks.counts.at(chunk), stored);
  }

  #writeNew(file: HashedFile, bytes: Uint8Array, encoding: number): void {
    const head = this.#head;
    head.clear();
    head.uvarint(bytes.length);
    const lengthBytes = head.length;
    head.u8(encoding);
    file.write(head.view());
    file.write(bytes);
    const crc = crc32c(bytes, crc32c(head.view().subarray(lengthBytes)));
    head.clear();
    head.u32be(crc);
    file.write(head.view());
  }

  #count(encoding: number, samples: number, stored: number): void {
    const stats = this.#stats;
    stats.chunkCount++;
    if (stored > stats.chunkBytesMax) stats.chunkBytesMax = stored;
    if (encoding === ENCODING_AGGREGATE) stats.aggregateSamples += samples;
    else if (isHistogramEncoding(encoding)) stats.histogramSamples += samples;
    else stats.floatSamples += samples;
  }
}
