// Writes chunks into segment files, one after the other (docs/formats/chunks-segment.md).
//
// Where a new segment begins is decided as Prometheus decides it, series by series, so that the
// same chunks give the same files.

import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { crc32c } from '../../base/bytes/crc32c.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { ChunkToWrite } from '../block-sink.ts';
import { type FileDigest, HashedFile } from '../hashed-file.ts';
import type { SeriesEntry } from '../index/series-entry.ts';
import { blockFile, chunkSegmentName } from '../paths.ts';
import {
  reckonedBytes,
  SEGMENT_BYTES_MAX,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
} from './format.ts';

/** The chunk files of one block. The first one is made by the first chunk. */
export class ChunkSegmentWriter {
  readonly #disk: Disk;
  readonly #blockPath: string;
  readonly #segmentBytesMax: number;
  readonly #finished: FileDigest[] = [];
  readonly #head = new ByteWriter(16);
  #file: HashedFile | undefined;

  /** Writes into `chunks/` of the block directory `blockPath`, which must exist. */
  constructor(disk: Disk, blockPath: string, segmentBytesMax = SEGMENT_BYTES_MAX) {
    this.#disk = disk;
    this.#blockPath = blockPath;
    this.#segmentBytesMax = segmentBytesMax;
  }

  /** Writes the chunks of one series and adds their places to `entry`. */
  writeSeries(chunks: readonly ChunkToWrite[], entry: SeriesEntry): void {
    // Prometheus sums up what it reckons for the chunks of this call, on top of what the segment
    // really holds; only the very first chunk of a block goes into its segment whatever its size.
    const filledBytes = this.#file?.position ?? 0;
    let isFirstBatch = filledBytes > SEGMENT_HEADER_BYTES;
    let batchBytes = isFirstBatch ? filledBytes : SEGMENT_HEADER_BYTES;
    for (const [i, chunk] of chunks.entries()) {
      const bytes = reckonedBytes(chunk.bytes.length);
      const over = batchBytes + bytes > this.#segmentBytesMax;
      if (this.#file === undefined || (over && (i > 0 || isFirstBatch))) {
        this.#nextSegment();
        isFirstBatch = false;
        batchBytes = SEGMENT_HEADER_BYTES;
      }
      batchBytes += bytes;
      this.#write(chunk, entry);
    }
  }

  /** Syncs and closes the last segment; sizes and hashes of all. */
  finish(): readonly FileDigest[] {
    if (this.#file !== undefined) this.#finished.push(this.#file.finish());
    this.#file = undefined;
    return this.#finished;
  }

  /** Closes what is open. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #nextSegment(): void {
    if (this.#file !== undefined) this.#finished.push(this.#file.finish());
    const name = chunkSegmentName(this.#finished.length + 1);
    this.#file = new HashedFile(this.#disk, blockFile(this.#blockPath, name), name);
    const head = this.#head;
    head.clear();
    head.u32be(SEGMENT_MAGIC);
    head.u8(SEGMENT_VERSION);
    head.zeros(SEGMENT_HEADER_BYTES - head.length);
    this.#file.write(head.view());
  }

  #write(chunk: ChunkToWrite, entry: SeriesEntry): void {
    const file = this.#file;
    if (file === undefined) return;
    entry.addChunk(chunk.minTimeMs, chunk.maxTimeMs, this.#finished.length, file.position);
    const head = this.#head;
    head.clear();
    head.uvarint(chunk.bytes.length);
    const lengthBytes = head.length;
    head.u8(chunk.encoding);
    file.write(head.view());
    file.write(chunk.bytes);
    const crc = crc32c(chunk.bytes, crc32c(head.view().subarray(lengthBytes)));
    head.clear();
    head.u32be(crc);
    file.write(head.view());
  }
}
