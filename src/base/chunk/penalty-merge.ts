// Thanos's choice between the samples of replicas: `--deduplication.func=penalty`.
//
// Two sequences of samples: the earlier next sample is taken, and from then on the other sequence
// must be ahead by twice the last distance before it is looked at again; so one replica is followed
// until it has a gap. Chunks that overlap each other, in the order of their first and last times,
// are put together one after the other this way (thanos pkg/dedup/chunk_iter.go, iter.go).
// Choosing goes by times alone, so kinds of samples may be mixed: Thanos drops the samples of
// chunks of another encoding than the first one's; here they take part.

import { F64Column, U32Column } from '../bytes/columns.ts';
import { assert } from '../errors/assert.ts';
import { ChunkBuilder, type MadeChunk } from './chunk-builder.ts';
import { ChunkReader } from './chunk-reader.ts';
import { HistogramValue } from './histogram-value.ts';
import type { TimedChunk } from './merge-chunks.ts';
import { notRising } from './reencode.ts';

/** How far, milliseconds, the other sequence must be ahead when no distance is known yet. */
const FIRST_PENALTY_MS = 5000;
const NEVER = Number.NEGATIVE_INFINITY;

/** Samples that were chosen: their times, and where each stands. */
class Chosen {
  readonly times = new F64Column(256);
  readonly chunks = new U32Column(256);
  readonly indexes = new U32Column(256);

  add(timeMs: number, chunk: number, index: number): void {
    this.times.push(timeMs);
    this.chunks.push(chunk);
    this.indexes.push(index);
  }
}

/**
 * The samples that stay of chunks that overlap, encoded anew.
 *
 * @param chunks at least one, none empty, by first time, then last time
 * @throws VarveError damaged_chunk also when a chunk's times do not rise or are not those given
 */
export function mergeByPenalty(chunks: readonly TimedChunk[]): MadeChunk[] {
  let chosen = new Chosen();
  for (const [number, chunk] of chunks.entries()) {
    const times = timesOf(chunk);
    if (number === 0) {
      for (let i = 0; i < times.length; i++) chosen.add(times.at(i), 0, i);
    } else {
      chosen = choose(chosen, times, number);
    }
  }
  return encode(chosen, chunks);
}

function timesOf(chunk: TimedChunk): F64Column {
  const times = new F64Column(Math.max(1, chunk.count));
  const reader = new ChunkReader();
  reader.open(chunk);
  let beforeMs = NEVER;
  while (reader.next()) {
    const { timeMs } = reader;
    const isInside = timeMs >= chunk.minTimeMs && timeMs <= chunk.maxTimeMs;
    if (!(timeMs > beforeMs) || !isInside) throw notRising(timeMs);
    times.push(timeMs);
    beforeMs = timeMs;
  }
  return times;
}

/** What stays of what was chosen so far (a) and one chunk more (b). */
function choose(a: Chosen, b: F64Column, chunk: number): Chosen {
  const result = new Chosen();
  const aCount = a.times.length;
  const bCount = b.length;
  let lastMs = NEVER;
  let aPenaltyMs = 0;
  let bPenaltyMs = 0;
  let aAt = 0;
  let bAt = 0;
  for (;;) {
    while (aAt < aCount && a.times.at(aAt) < lastMs + 1 + aPenaltyMs) aAt++;
    while (bAt < bCount && b.at(bAt) < lastMs + 1 + bPenaltyMs) bAt++;
    if (aAt >= aCount && bAt >= bCount) return result;
    const takesA = bAt >= bCount || (aAt < aCount && a.times.at(aAt) <= b.at(bAt));
    const bothLeft = aAt < aCount && bAt < bCount;
    const timeMs = takesA ? a.times.at(aAt) : b.at(bAt);
    const penaltyMs = lastMs === NEVER ? FIRST_PENALTY_MS : 2 * (timeMs - lastMs);
    if (takesA) {
      result.add(timeMs, a.chunks.at(aAt), a.indexes.at(aAt));
      aPenaltyMs = 0;
      if (bothLeft) bPenaltyMs = penaltyMs;
    } else {
      result.add(timeMs, chunk, bAt);
      bPenaltyMs = 0;
      if (bothLeft) aPenaltyMs = penaltyMs;
    }
    lastMs = timeMs;
  }
}

/** Reads the chosen samples, each chunk once more from front to back. */
function encode(chosen: Chosen, chunks: readonly TimedChunk[]): MadeChunk[] {
  const builder = new ChunkBuilder();
  const value = new HistogramValue();
  const left = new U32Column(Math.max(1, chunks.length));
  for (let i = 0; i < chunks.length; i++) left.push(0);
  for (let i = 0; i < chosen.chunks.length; i++) {
    const chunk = chosen.chunks.at(i);
    left.set(chunk, left.at(chunk) + 1);
  }
  const open = new Map<number, { readonly reader: ChunkReader; next: number }>();
  for (let i = 0; i < chosen.times.length; i++) {
    const chunk = chosen.chunks.at(i);
    const cursor = open.get(chunk) ?? { reader: opened(chunks[chunk]!), next: 0 };
    open.set(chunk, cursor);
    const { reader } = cursor;
    for (; cursor.next <= chosen.indexes.at(i); cursor.next++)
      assert(reader.next(), 'a sample that was read before is there again');
    if (reader.isHistogram) {
      reader.load(value);
      builder.addHistogram(reader.timeMs, value);
    } else {
      builder.addFloat(reader.timeMs, reader.low, reader.high);
    }
    left.set(chunk, left.at(chunk) - 1);
    if (left.at(chunk) === 0) open.delete(chunk);
  }
  return builder.take();
}

function opened(chunk: TimedChunk): ChunkReader {
  const reader = new ChunkReader();
  reader.open(chunk);
  return reader;
}
