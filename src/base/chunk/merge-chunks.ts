// Merges chunks of one series that may overlap into chunks that do not: for the head's late samples
// and for compaction.
//
// A chunk that overlaps no other is taken over byte by byte, or, when it is of an encoding that
// Varve does not write, sample by sample as one chunk; groups of overlapping chunks are read sample
// by sample. Of samples at the same time the one of the chunk that stands first in the list
// stays.

import { assert } from '../errors/assert.ts';
import { ChunkBuilder, type MadeChunk } from './chunk-builder.ts';
import { type ChunkPlace, chunkCount, SAMPLES_PER_CHUNK, writtenEncoding } from './chunk-format.ts';
import { ChunkReader } from './chunk-reader.ts';
import { HistogramValue } from './histogram-value.ts';
import { notRising, reencode } from './reencode.ts';

/** A chunk to be merged, with the times of its first and last sample. */
export interface TimedChunk extends ChunkPlace {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/**
 * The samples of all chunks, each time once, in chunks of at most `samplesMax` samples (but chunks
 * that overlap no other stay as they are).
 *
 * @param chunks in any order; earlier in the list wins. None may be empty
 * @throws VarveError damaged_chunk also when a chunk's times do not rise or are not those given
 */
export function mergeChunks(
  chunks: readonly TimedChunk[],
  samplesMax = SAMPLES_PER_CHUNK,
): MadeChunk[] {
  const builder = new ChunkBuilder(samplesMax);
  const byTime = chunks.map((_, rank) => rank);
  byTime.sort((a, b) => chunks[a]!.minTimeMs - chunks[b]!.minTimeMs || a - b);
  let group: number[] = [];
  let groupEndMs = Number.NEGATIVE_INFINITY;
  for (const rank of byTime) {
    const chunk = chunks[rank]!;
    assert(chunk.count > 0, 'a chunk to be merged has samples');
    if (chunk.minTimeMs > groupEndMs) {
      mergeGroup(chunks, group, builder);
      group = [];
    }
    group.push(rank);
    groupEndMs = Math.max(groupEndMs, chunk.maxTimeMs);
  }
  mergeGroup(chunks, group, builder);
  return builder.take();
}

function mergeGroup(
  chunks: readonly TimedChunk[],
  group: readonly number[],
  builder: ChunkBuilder,
): void {
  if (group.length === 0) return;
  if (group.length === 1) {
    builder.addChunk(takenOver(chunks[group[0]!]!));
    return;
  }
  // The chunks come by their first time, and each is opened when that has come: a group may be a
  // chain of very many chunks, of which few overlap at any one time.
  const open: Cursor[] = [];
  const value = new HistogramValue();
  for (let next = 0; next < group.length || open.length > 0; ) {
    let earliest = earliestOf(open);
    for (; next < group.length; next++) {
      const rank = group[next]!;
      if (earliest !== undefined && chunks[rank]!.minTimeMs > earliest.timeMs) break;
      insertByRank(open, new Cursor(chunks[rank]!, rank));
      earliest = earliestOf(open);
    }
    assert(earliest !== undefined, 'a chunk to be merged has a first sample');
    earliest.addTo(builder, value);
    const { timeMs } = earliest;
    for (let at = open.length - 1; at >= 0; at--) {
      const cursor = open[at]!;
      if (cursor.timeMs === timeMs) cursor.step();
      if (cursor.ended) open.splice(at, 1);
    }
  }
  builder.finishChunk();
}

/** A copy of a chunk, its count in the header, without start timestamps. */
function takenOver(chunk: TimedChunk): MadeChunk {
  const { view, base, lengthBytes, count, minTimeMs, maxTimeMs } = chunk;
  const encoding = writtenEncoding(chunk.encoding);
  if (encoding !== chunk.encoding)
    return { encoding, count, minTimeMs, maxTimeMs, bytes: reencode(chunk) };
  const bytes = new Uint8Array(lengthBytes);
  bytes.set(new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes));
  const header = new DataView(bytes.buffer);
  if (chunkCount(encoding, header, 0) !== count) header.setUint16(0, count);
  return { encoding, count, minTimeMs, maxTimeMs, bytes };
}

/** Where the merge stands in one chunk. */
class Cursor {
  ended = false;
  timeMs = Number.NEGATIVE_INFINITY;
  readonly rank: number;
  readonly #reader = new ChunkReader();
  readonly #chunk: TimedChunk;

  constructor(chunk: TimedChunk, rank: number) {
    this.rank = rank;
    this.#chunk = chunk;
    this.#reader.open(chunk);
    this.step();
  }

  step(): void {
    const before = this.timeMs;
    if (!this.#reader.next()) {
      this.ended = true;
      return;
    }
    this.timeMs = this.#reader.timeMs;
    const inside = this.timeMs >= this.#chunk.minTimeMs && this.timeMs <= this.#chunk.maxTimeMs;
    if (!(this.timeMs > before) || !inside) throw notRising(this.timeMs);
  }

  addTo(builder: ChunkBuilder, value: HistogramValue): void {
    if (!this.#reader.isHistogram) {
      builder.addFloat(this.timeMs, this.#reader.low, this.#reader.high);
      return;
    }
    this.#reader.load(value);
    builder.addHistogram(this.timeMs, value);
  }
}

/** The first of the cursors, which are by rank, that has the smallest time: its sample stays. */
function earliestOf(open: readonly Cursor[]): Cursor | undefined {
  let earliest: Cursor | undefined;
  for (const cursor of open)
    if (earliest === undefined || cursor.timeMs < earliest.timeMs) earliest = cursor;
  return earliest;
}

function insertByRank(open: Cursor[], cursor: Cursor): void {
  let at = open.length;
  while (at > 0 && open[at - 1]!.rank > cursor.rank) at--;
  open.splice(at, 0, cursor);
}
