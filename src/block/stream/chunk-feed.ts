// The chunks of a block on their way: one segment after the other, each from front to back, as
// those who write blocks lay them out. A block whose chunks lie in another order is read as well,
// at a request for each step back.
//
// What is checked of a chunk: its place, its length, its checksum (of a block of Varve's the one of
// the whole segment, before anything becomes of it), an encoding that belongs into the block, at
// least one sample, and that its first sample's time is the index's (of histograms only where the
// block is not Varve's). Further samples are not decoded: only a merge of overlapping chunks does.

import { ByteReader, OutOfBytes } from '../../base/bytes/byte-reader.ts';
import { crc32cOfRange } from '../../base/bytes/crc32c.ts';
import { ENCODING_XOR, isHistogramWithStarts } from '../../base/chunk/chunk-format.ts';
import { ChunkReader } from '../../base/chunk/chunk-reader.ts';
import type { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import {
  CHUNK_BYTES_MAX,
  CRC_BYTES,
  ENCODING_AGGREGATE,
  ENCODING_BYTES,
  isHistogramEncoding,
  isReadableEncoding,
  LENGTH_BYTES_MAX,
  SEGMENT_HEADER_BYTES,
} from '../chunks/format.ts';
import { checkSegmentHeader } from '../chunks/segment-reader.ts';
import { damagedBlock, wrongChecksum } from '../damage.ts';
import type { SeriesEntry } from '../index/series-entry.ts';
import type { ByteFeed } from './byte-feed.ts';

/** A chunk's place and size are read from so many bytes. */
const COUNT_BYTES = 2;
/** Histogram chunks with start timestamps keep flags in the upper bits of the count. */
const COUNT_MASK_ST = 0x3fff;

/** What a chunk feed is made of. */
export interface ChunkFeedOptions {
  /** Of the segments, in the order of their numbers. */
  readonly feeds: readonly ByteFeed[];
  /** Number of the source among those merged. */
  readonly rank: number;
  readonly isAggregated: boolean;
  /**
   * Is the checksum of a whole segment known, and compared in `onSegmentEnd`? Then those of its
   * chunks, which it covers, are not computed one by one.
   */
  readonly isNoted: (name: string) => boolean;
  /** Called once for each segment that has been gone through. */
  readonly onSegmentEnd: (feed: ByteFeed) => Promise<void>;
}

/** See the head of the file. */
export class ChunkFeed {
  /** Samples in the chunks that were taken, as their headers say. */
  samples = 0;
  readonly #options: ChunkFeedOptions;
  readonly #reader = new ByteReader();
  readonly #samples = new ChunkReader();
  /** Segments below this one have been gone through, this one has been begun. */
  #segment = -1;
  #wantedSegment = 0;
  #wantedStart = 0;
  #wantedBytes = 0;

  constructor(options: ChunkFeedOptions) {
    this.#options = options;
  }

  /** Adds chunk `i` of `entry`; false, and nothing is added, while its bytes are not at hand. */
  take(entry: SeriesEntry, i: number, into: GatheredChunks): boolean {
    const segment = entry.chunkSegments.at(i);
    const offset = entry.chunkOffsets.at(i);
    const feed = this.#options.feeds.at(segment);
    if (feed === undefined)
      throw damagedBlock('chunks', offset, `there is no segment ${segment + 1}`);
    if (segment > this.#segment) return this.#want(segment, 0, SEGMENT_HEADER_BYTES);
    try {
      return this.#take(feed, { entry, chunk: i }, into);
    } catch (thrown) {
      if (thrown instanceof OutOfBytes) throw damagedBlock(feed.name, offset, thrown.message);
      throw thrown;
    }
  }

  /** Brings what `take` waits for. */
  async bring(): Promise<void> {
    while (this.#segment < this.#wantedSegment) {
      const done = this.#options.feeds.at(this.#segment);
      if (this.#segment >= 0 && done !== undefined) await this.#options.onSegmentEnd(done);
      this.#segment++;
      await this.#begin(this.#segment);
    }
    const feed = this.#options.feeds.at(this.#wantedSegment);
    await feed?.bring(this.#wantedStart, this.#wantedBytes);
  }

  /** Goes through what is left of all segments. */
  async finish(): Promise<void> {
    const { feeds, onSegmentEnd } = this.#options;
    for (let number = Math.max(0, this.#segment); number < feeds.length; number++) {
      const feed = feeds.at(number);
      if (feed === undefined) continue;
      if (number > this.#segment) await this.#begin(number);
      this.#segment = number;
      await onSegmentEnd(feed);
    }
  }

  async #begin(number: number): Promise<void> {
    const feed = this.#options.feeds.at(number);
    if (feed === undefined) return;
    await feed.bring(0, SEGMENT_HEADER_BYTES);
    checkSegmentHeader(feed);
  }

  #take(feed: ByteFeed, { entry, chunk }: WantedChunk, into: GatheredChunks): boolean {
    const segment = entry.chunkSegments.at(chunk);
    const offset = entry.chunkOffsets.at(chunk);
    const left = feed.sizeBytes - offset;
    if (offset < SEGMENT_HEADER_BYTES || left <= 0)
      throw damagedBlock(feed.name, offset, 'no chunk begins here');
    const available = Math.min(left, LENGTH_BYTES_MAX);
    if (!feed.has(offset, available)) return this.#want(segment, offset, available);
    const at = feed.load(offset, available);
    const reader = this.#reader.reset(feed.loaded, at, at + available);
    const length = reader.uvarint();
    const lengthBytes = reader.position - at;
    const whole = lengthBytes + ENCODING_BYTES + length + CRC_BYTES;
    if (length > CHUNK_BYTES_MAX || whole > left)
      throw damagedBlock(feed.name, offset, `a chunk of ${length} bytes with ${left} left`);
    if (!feed.has(offset, whole)) return this.#want(segment, offset, whole);
    this.#add({ feed, entry, chunk, lengthBytes, whole }, into);
    return true;
  }

  #want(segment: number, start: number, bytes: number): false {
    this.#wantedSegment = segment;
    this.#wantedStart = start;
    this.#wantedBytes = bytes;
    return false;
  }

  #add({ feed, entry, chunk, lengthBytes, whole }: FoundChunk, into: GatheredChunks): void {
    const offset = entry.chunkOffsets.at(chunk);
    const start = feed.load(offset, whole);
    const bytes = feed.loaded;
    const end = start + whole;
    const dataStart = start + lengthBytes + ENCODING_BYTES;
    const dataEnd = end - CRC_BYTES;
    const reader = this.#reader.reset(bytes, dataEnd, end);
    if (!this.#options.isNoted(feed.name)) {
      if (reader.u32be() !== crc32cOfRange(bytes, dataStart - ENCODING_BYTES, dataEnd))
        throw wrongChecksum(feed.name, offset, 'the checksum of a chunk does not match');
    }
    reader.reset(bytes, dataStart - ENCODING_BYTES, dataEnd);
    const encoding = reader.u8();
    const fault = this.#faultOfEncoding(encoding);
    if (fault !== undefined) throw damagedBlock(feed.name, offset, fault);
    const minTimeMs = entry.chunkMinTimes.at(chunk);
    const count =
      encoding === ENCODING_AGGREGATE ? aggregateCount(reader) : sampleCount(reader, encoding);
    if (count === 0) throw damagedBlock(feed.name, offset, 'a chunk without samples');
    if (encoding === ENCODING_XOR) {
      const firstMs = reader.varint();
      if (firstMs !== minTimeMs) throw wrongFirst(feed, { offset, firstMs, minTimeMs });
    }
    this.samples += count;
    into.times(minTimeMs, entry.chunkMaxTimes.at(chunk));
    into.origin(this.#options.rank, entry.chunkSegments.at(chunk), offset);
    into.data(bytes, dataStart, dataEnd);
    into.kind(encoding, count);
    into.stored(start, end);
    if (isHistogramEncoding(encoding) && !this.#options.isNoted(feed.name))
      this.#checkFirst(into, feed, { offset, minTimeMs });
  }

  /**
   * Of a histogram chunk that Varve did not write: is its first sample where the index says? The
   * time stands behind the layout, so it takes a reader.
   */
  #checkFirst(
    into: GatheredChunks,
    feed: ByteFeed,
    { minTimeMs, offset }: { readonly minTimeMs: number; readonly offset: number },
  ): void {
    const chunk = this.#samples;
    try {
      chunk.open(into.place(into.count - 1));
      if (!chunk.next()) throw damagedBlock(feed.name, offset, 'a chunk without samples');
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      if (code === 'unsupported') return; // numbers that cannot be held here can be passed on
      if (code !== 'damaged_chunk') throw thrown;
      throw damagedBlock(feed.name, offset, message);
    }
    if (chunk.timeMs !== minTimeMs)
      throw wrongFirst(feed, { offset, firstMs: chunk.timeMs, minTimeMs });
  }

  #faultOfEncoding(encoding: number): string | undefined {
    const { isAggregated } = this.#options;
    if (isAggregated !== (encoding === ENCODING_AGGREGATE))
      return isAggregated ? 'a chunk of raw samples among aggregates' : 'a chunk of aggregates';
    return isReadableEncoding(encoding) ? undefined : `chunk encoding ${encoding} is not known`;
  }
}

interface WantedChunk {
  readonly entry: SeriesEntry;
  readonly chunk: number;
}

/** A chunk whose bytes are at hand. */
interface FoundChunk extends WantedChunk {
  readonly feed: ByteFeed;
  readonly lengthBytes: number;
  readonly whole: number;
}

function wrongFirst(
  feed: ByteFeed,
  { firstMs, minTimeMs, offset }: Readonly<Record<'offset' | 'firstMs' | 'minTimeMs', number>>,
): Error {
  const what = `the first sample is at ${firstMs}, by the index at ${minTimeMs}`;
  return damagedBlock(feed.name, offset, what);
}

function sampleCount(reader: ByteReader, encoding: number): number {
  const count = reader.u16be();
  return isHistogramWithStarts(encoding) ? count & COUNT_MASK_ST : count;
}

/**
 * Windows in a chunk of aggregates: the samples of its first part, the counts. Each part is a
 * length, an encoding and data (thanos pkg/compact/downsample/aggr.go); counts are always there.
 */
function aggregateCount(reader: ByteReader): number {
  const length = reader.uvarint();
  if (length < COUNT_BYTES) return 0;
  reader.u8();
  return reader.u16be();
}
