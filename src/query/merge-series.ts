// One series out of the chunks that several sources have of it: by time, without overlaps, each
// sample once.
//
// A chunk that overlaps no other passes as it is, whatever its encoding. The same chunk in two
// sources (a head that has just been cut, and its block) is taken once. What else overlaps is read
// sample by sample; of two samples of one time the one that comes first in the list stays.

import { ChunkReader } from '../base/chunk/chunk-reader.ts';
import { mergeChunks, type TimedChunk } from '../base/chunk/merge-chunks.ts';
import { notRising } from '../base/chunk/reencode.ts';
import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';

/** A chunk in memory of its own. */
export interface SelectedChunk {
  readonly encoding: number;
  /** Samples in it; their times go from the first to the second, both inclusive. */
  readonly count: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** The data as blocks have it: the sample count first, without length and checksum. */
  readonly bytes: Uint8Array;
}

/**
 * The chunks of a series, merged.
 *
 * @param chunks in any order; at equal times the sample of the one that stands first stays
 * @param onDamaged told of each chunk that should be read and cannot be; it is left out
 */
export function mergeSeries(
  chunks: readonly TimedChunk[],
  onDamaged: (error: VarveError) => void,
): SelectedChunk[] {
  const byTime = chunks
    .map((chunk, rank) => ({ chunk, rank }))
    .filter(({ chunk }) => chunk.count > 0)
    .sort((a, b) => a.chunk.minTimeMs - b.chunk.minTimeMs || a.rank - b.rank);
  const merged: SelectedChunk[] = [];
  let group: RankedChunk[] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const ranked of byTime) {
    if (ranked.chunk.minTimeMs > endMs) {
      merged.push(...mergeGroup(group, onDamaged));
      group = [];
    } else if (isAgain(group, ranked.chunk)) {
      continue;
    }
    group.push(ranked);
    endMs = Math.max(endMs, ranked.chunk.maxTimeMs);
  }
  merged.push(...mergeGroup(group, onDamaged));
  return merged;
}

interface RankedChunk {
  readonly chunk: TimedChunk;
  readonly rank: number;
}

function mergeGroup(
  group: readonly RankedChunk[],
  onDamaged: (error: VarveError) => void,
): readonly SelectedChunk[] {
  const [first, second] = group;
  if (first === undefined) return [];
  if (second === undefined) return [asItIs(first.chunk)];
  const chunks = group.toSorted((a, b) => a.rank - b.rank).map(({ chunk }) => chunk);
  try {
    return mergeChunks(chunks);
  } catch (thrown) {
    if (!isOfAChunk(asVarveError(thrown))) throw thrown;
    return mergeReadable(chunks, onDamaged);
  }
}

/** Merges those of the chunks that can be read. */
function mergeReadable(
  chunks: readonly TimedChunk[],
  onDamaged: (error: VarveError) => void,
): readonly SelectedChunk[] {
  const readable = chunks.filter((chunk) => {
    try {
      checkChunk(chunk);
      return true;
    } catch (thrown) {
      const error = asVarveError(thrown);
      if (!isOfAChunk(error)) throw thrown;
      onDamaged(error);
      return false;
    }
  });
  return mergeChunks(readable);
}

/** Damage, or an encoding that is not known here. */
function isOfAChunk({ kind, code }: VarveError): boolean {
  return kind === 'damaged' || code === 'unsupported';
}

/** Reads all of a chunk, as a merge would. */
function checkChunk(chunk: TimedChunk): void {
  const reader = new ChunkReader();
  reader.open(chunk);
  let beforeMs = Number.NEGATIVE_INFINITY;
  while (reader.next()) {
    const { timeMs } = reader;
    const isInside = timeMs >= chunk.minTimeMs && timeMs <= chunk.maxTimeMs;
    if (!(timeMs > beforeMs) || !isInside) throw notRising(timeMs);
    beforeMs = timeMs;
  }
}

/** Is this chunk in the group already, byte by byte? The group is by first time. */
function isAgain(group: readonly RankedChunk[], chunk: TimedChunk): boolean {
  for (let at = group.length - 1; at >= 0; at--) {
    const other = group.at(at)?.chunk;
    if (other === undefined || other.minTimeMs !== chunk.minTimeMs) return false;
    if (isSameChunk(other, chunk)) return true;
  }
  return false;
}

function isSameChunk(a: TimedChunk, b: TimedChunk): boolean {
  if (a.maxTimeMs !== b.maxTimeMs || a.count !== b.count || a.encoding !== b.encoding) return false;
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function asItIs(chunk: TimedChunk): SelectedChunk {
  const { encoding, count, minTimeMs, maxTimeMs } = chunk;
  return { encoding, count, minTimeMs, maxTimeMs, bytes: bytesOf(chunk) };
}

function bytesOf({ view, base, lengthBytes }: TimedChunk): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes);
}
