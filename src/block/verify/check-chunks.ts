// The chunks of a block against what its index says of them: each is decoded to the last sample.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { F64Column } from '../../base/bytes/columns.ts';
import { ChunkReader } from '../../base/chunk/chunk-reader.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { ByteSource } from '../byte-source.ts';
import { ENCODING_AGGREGATE, isHistogramEncoding, SEGMENT_HEADER_BYTES } from '../chunks/format.ts';
import { checkSegmentHeader, emptyChunk, placeOf, readChunk } from '../chunks/segment-reader.ts';
import type { SeriesEntry } from '../index/series-entry.ts';
import { checkAggregate } from './check-aggregate.ts';
import type { Findings } from './findings.ts';

/** A chunk segment: its name and size are known before its bytes are at hand. */
export interface ChunkSegment {
  readonly name: string;
  readonly sizeBytes: number;
  /** Undefined while the bytes are not at hand. */
  source: ByteSource | undefined;
}

/** Shown each series of an index that is checked, in order. */
export interface EntryChecker {
  /**
   * Checks the chunks of one series from number `from` on; the number of the first that must wait,
   * `chunkCount` when all are checked.
   */
  check(entry: SeriesEntry, from: number): number;
  /** A series could not be read. */
  skipUnknown(): void;
}

/** Checks chunks series by series, then what lies between and behind them. */
export class ChunkChecker implements EntryChecker {
  readonly #segments: readonly ChunkSegment[];
  readonly #headersSeen = new Set<number>();
  readonly #findings: Findings;
  /** Per segment: where the next chunk must begin; -1 when that cannot be told. */
  readonly #next = new F64Column(4);
  readonly #chunk = emptyChunk();
  readonly #samples = new ChunkReader();
  readonly #reader = new ByteReader();
  /** Samples counted so far. */
  floatSamples = 0;
  histogramSamples = 0;
  /** Windows of aggregate chunks. */
  windows = 0;
  /** False when some chunk could not be decoded, so that the counts say nothing. */
  isComplete = true;

  constructor(segments: readonly ChunkSegment[], findings: Findings) {
    this.#segments = segments;
    this.#findings = findings;
    for (let i = 0; i < segments.length; i++) this.#next.push(SEGMENT_HEADER_BYTES);
  }

  /**
   * Checks the chunks of one series from number `from` on. Stops before one whose segment is not at
   * hand; the number of the chunk that is next, `chunkCount` when all are checked.
   */
  check(entry: SeriesEntry, from: number): number {
    for (let i = from; i < entry.chunkCount; i++) {
      const segment = this.#segments.at(entry.chunkSegments.at(i));
      if (segment !== undefined && segment.source === undefined) return i;
      this.#checkChunk(entry, i);
    }
    return entry.chunkCount;
  }

  /** Checks how a segment begins. Call for each when its bytes have come to hand; once counts. */
  checkHeader(number: number): void {
    const source = this.#segments.at(number)?.source;
    if (source === undefined || this.#headersSeen.has(number)) return;
    this.#headersSeen.add(number);
    this.#findings.attempt(source.name, 0, () => checkSegmentHeader(source));
  }

  /** A series could not be read: where its chunks are, and the next one's must be, is not known. */
  skipUnknown(): void {
    for (let i = 0; i < this.#next.length; i++) this.#next.set(i, -1);
  }

  /** What no chunk of the index covers. Call after the last series. */
  finish(): void {
    for (const [i, segment] of this.#segments.entries()) {
      const next = this.#next.at(i);
      if (next >= 0 && next < segment.sizeBytes)
        this.#findings.warning(segment.name, next, 'the rest of the file belongs to no chunk');
    }
  }

  #checkChunk(entry: SeriesEntry, i: number): void {
    const number = entry.chunkSegments.at(i);
    const offset = entry.chunkOffsets.at(i);
    const segment = this.#segments.at(number)?.source;
    if (segment === undefined) {
      this.#findings.error(
        'index',
        entry.ref * 16,
        `a chunk in segment ${number + 1}, which is not there`,
      );
      this.isComplete = false;
      return;
    }
    const next = this.#next.at(number);
    if (next >= 0 && offset > next)
      this.#findings.warning(segment.name, next, `no chunk from here to ${offset}`);
    if (next >= 0 && offset < next)
      this.#findings.error(segment.name, offset, 'a chunk begins within or before another');
    const isRead = this.#findings.attempt(segment.name, offset, () => {
      readChunk(segment, offset, this.#reader, this.#chunk);
      return true;
    });
    this.#next.set(number, isRead === true ? this.#chunk.end : -1);
    if (isRead !== true) {
      this.isComplete = false;
      return;
    }
    this.#decode(entry, i, segment.name);
  }

  /** Checks counts and times of the chunk that was read. */
  #decode(entry: SeriesEntry, i: number, file: string): void {
    const offset = entry.chunkOffsets.at(i);
    try {
      const minTimeMs = entry.chunkMinTimes.at(i);
      const maxTimeMs = entry.chunkMaxTimes.at(i);
      const fault =
        this.#chunk.encoding === ENCODING_AGGREGATE
          ? this.#faultOfAggregate(minTimeMs, maxTimeMs)
          : this.#faultOfSamples(minTimeMs, maxTimeMs);
      if (fault !== undefined) this.#findings.error(file, offset, fault);
    } catch (thrown) {
      if (!(thrown instanceof VarveError)) throw thrown;
      this.isComplete = false;
      // What a later version may well read is not damage.
      if (thrown.code === 'unsupported') this.#findings.warning(file, offset, thrown.message);
      else this.#findings.error(file, offset, thrown.message);
    }
  }

  #faultOfAggregate(minTimeMs: number, maxTimeMs: number): string | undefined {
    const { data } = this.#chunk;
    const checked = checkAggregate(data, { minTimeMs, maxTimeMs }, this.#samples);
    this.windows += checked.windows;
    return checked.fault;
  }

  #faultOfSamples(minTimeMs: number, maxTimeMs: number): string | undefined {
    const cursor = this.#samples;
    const place = placeOf(this.#chunk);
    cursor.open(place);
    if (isHistogramEncoding(place.encoding)) this.histogramSamples += place.count;
    else this.floatSamples += place.count;
    if (!cursor.next()) return 'a chunk without samples';
    if (cursor.timeMs !== minTimeMs)
      return `the first sample is at ${cursor.timeMs}, by the index at ${minTimeMs}`;
    let last = cursor.timeMs;
    while (cursor.next()) {
      if (cursor.timeMs <= last) return `a sample at ${cursor.timeMs} comes after one at ${last}`;
      last = cursor.timeMs;
    }
    if (last !== maxTimeMs) return `the last sample is at ${last}, by the index at ${maxTimeMs}`;
    return undefined;
  }
}
