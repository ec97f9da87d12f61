// One series out of the chunks of several blocks: by time, without overlaps, no sample lost but
// those that deduplication drops. What overlaps nothing is passed on undecoded.
//
// What is made joins the gathered chunks; the result is an order over them.

import type { U32Column } from '../bytes/columns.ts';
import { asVarveError, VarveError } from '../errors/varve-error.ts';
import { ChunkBuilder, type MadeChunk } from './chunk-builder.ts';
import {
  ENCODING_FLOAT_HISTOGRAM_ST,
  ENCODING_HISTOGRAM_ST,
  ENCODING_XOR,
  ENCODING_XOR2,
  SAMPLES_PER_CHUNK,
  writtenEncoding,
} from './chunk-format.ts';
import { ChunkReader } from './chunk-reader.ts';
import type { GatheredChunks } from './gathered-chunks.ts';
import { HistogramValue } from './histogram-value.ts';
import { mergeChunks, type TimedChunk } from './merge-chunks.ts';
import { mergeByPenalty } from './penalty-merge.ts';
import { notRising, reencode } from './reencode.ts';
import { XorReader } from './xor-reader.ts';

/**
 * Float chunks of fewer samples than this, side by side, become one: late blocks and slow scrapes
 * leave very many of them, and each costs some 20 bytes of index. They are small, so is the price.
 */
const SMALL_SAMPLES = SAMPLES_PER_CHUNK / 4;

/** How samples are put together. */
export interface MergeRules {
  /** Thanos's choice between replicas instead of each sample once. */
  readonly isPenalty: boolean;
  /** Chunks of aggregates: they are passed on, and must not overlap. */
  readonly isAggregated: boolean;
}

/** Which of the gathered chunks does not decode; the cause of a `damaged_chunk` from here. */
export class DamagedGathered {
  readonly chunk: number;
  readonly what: string;

  constructor(chunk: number, what: string) {
    this.chunk = chunk;
    this.what = what;
  }
}

/**
 * Fills `order` with the numbers of the series' chunks by time.
 *
 * @throws VarveError damaged_chunk, whose cause is a DamagedGathered; unsupported when aggregates
 *   overlap
 */
export function mergeGathered(chunks: GatheredChunks, rules: MergeRules, order: U32Column): void {
  order.clear();
  if (!isInOrder(chunks)) mergeOverlapping(chunks, rules, order);
  else for (let i = 0; i < chunks.count; i++) order.push(i);
  if (rules.isAggregated) return;
  writeKnownEncodings(chunks, order);
  joinSmall(chunks, order);
}

/** Makes chunks of a whole series, by time, out of others. */
export type MakeChunks = (chunks: readonly TimedChunk[]) => readonly (Omit<
  MadeChunk,
  'encoding' | 'count'
> & {
  readonly encoding: number;
  readonly sampleCount: number;
})[];

/**
 * Puts what `make` makes of the chunks that `order` names in their place; all of them are decoded.
 *
 * @throws VarveError damaged_chunk, whose cause is a DamagedGathered
 */
export function remakeGathered(chunks: GatheredChunks, make: MakeChunks, order: U32Column): void {
  const used = Array.from({ length: order.length }, (_, i) => order.at(i));
  const places = used.map((chunk) => chunks.place(chunk));
  const faultOfOne = (place: TimedChunk): string | undefined => faultOfRun(() => make([place]));
  const made = decoding(chunks, used, () => make(places), faultOfOne);
  order.clear();
  for (const { bytes, encoding, maxTimeMs, minTimeMs, sampleCount: count } of made)
    order.push(chunks.addMade({ minTimeMs, maxTimeMs, encoding, count, bytes }));
}

/** Do the chunks come by time as they are, without overlaps? */
function isInOrder(chunks: GatheredChunks): boolean {
  for (let i = 1; i < chunks.count; i++)
    if (chunks.minTimes.at(i) <= chunks.maxTimes.at(i - 1)) return false;
  return true;
}

function mergeOverlapping(chunks: GatheredChunks, rules: MergeRules, order: U32Column): void {
  const byTime = Array.from({ length: chunks.count }, (_, i) => i).sort(
    (a, b) =>
      chunks.minTimes.at(a) - chunks.minTimes.at(b) ||
      chunks.maxTimes.at(a) - chunks.maxTimes.at(b) ||
      chunks.ranks.at(a) - chunks.ranks.at(b),
  );
  let group: number[] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const chunk of byTime) {
    if (chunks.minTimes.at(chunk) > endMs) {
      finishGroup(chunks, group, { rules, order });
      group = [];
    }
    group.push(chunk);
    endMs = Math.max(endMs, chunks.maxTimes.at(chunk));
  }
  finishGroup(chunks, group, { rules, order });
}

/** `group` holds chunks that overlap, by time. */
function finishGroup(
  chunks: GatheredChunks,
  group: readonly number[],
  { rules, order }: { readonly rules: MergeRules; readonly order: U32Column },
): void {
  const different = withoutCopies(chunks, group);
  const [only] = different;
  if (only === undefined) return;
  if (different.length === 1) {
    order.push(only);
    return;
  }
  if (rules.isAggregated) {
    const what = 'Chunks of aggregates overlap; they are made anew from raw samples, not merged.';
    throw new VarveError('unsupported', what);
  }
  const byRank = different.toSorted((a, b) => chunks.ranks.at(a) - chunks.ranks.at(b) || a - b);
  const used = rules.isPenalty ? different : byRank;
  const merge = rules.isPenalty ? mergeByPenalty : mergeChunks;
  const places = used.map((chunk) => chunks.place(chunk));
  const made = decoding(chunks, used, () => merge(places));
  for (const chunk of made) order.push(chunks.addMade(chunk));
}

/** The same chunk in two blocks counts once. Copies have the same times, so they are near. */
function withoutCopies(chunks: GatheredChunks, group: readonly number[]): number[] {
  const different: number[] = [];
  for (const chunk of group) {
    let isCopy = false;
    for (let at = different.length - 1; at >= 0 && !isCopy; at--) {
      const other = different[at]!;
      if (chunks.minTimes.at(other) !== chunks.minTimes.at(chunk)) break;
      isCopy =
        chunks.maxTimes.at(other) === chunks.maxTimes.at(chunk) &&
        chunks.encodings.at(other) === chunks.encodings.at(chunk) &&
        Buffer.compare(chunks.bytes(other), chunks.bytes(chunk)) === 0;
    }
    if (!isCopy) different.push(chunk);
  }
  return different;
}

/** Chunks of newer encodings are written as everybody reads them. */
function writeKnownEncodings(chunks: GatheredChunks, order: U32Column): void {
  for (let i = 0; i < order.length; i++) {
    const chunk = order.at(i);
    const encoding = chunks.encodings.at(chunk);
    if (!isNewer(encoding)) continue;
    const place = chunks.place(chunk);
    const bytes = decoding(chunks, [chunk], () => reencode(place));
    order.set(i, chunks.addMade({ ...place, encoding: writtenEncoding(encoding), bytes }));
  }
}

function isNewer(encoding: number): boolean {
  return (
    encoding === ENCODING_XOR2 ||
    encoding === ENCODING_HISTOGRAM_ST ||
    encoding === ENCODING_FLOAT_HISTOGRAM_ST
  );
}

/** Makes runs of small float chunks into full ones. */
function joinSmall(chunks: GatheredChunks, order: U32Column): void {
  let kept = 0;
  const count = order.length;
  for (let i = 0; i < count; ) {
    let end = i;
    while (end < count && isSmall(chunks, order.at(end))) end++;
    if (end - i < 2) {
      order.set(kept++, order.at(i++));
      continue;
    }
    const run = Array.from({ length: end - i }, (_, at) => order.at(i + at));
    for (const chunk of decoding(chunks, run, () => joined(chunks, run)))
      order.set(kept++, chunks.addMade(chunk));
    i = end;
  }
  order.length = kept;
}

function isSmall(chunks: GatheredChunks, chunk: number): boolean {
  return chunks.encodings.at(chunk) === ENCODING_XOR && chunks.counts.at(chunk) < SMALL_SAMPLES;
}

function joined(chunks: GatheredChunks, run: readonly number[]): MadeChunk[] {
  const builder = new ChunkBuilder();
  const reader = new XorReader();
  for (const chunk of run) {
    const { view, base, lengthBytes, count, ...times } = chunks.place(chunk);
    reader.reset(view, base, lengthBytes, count);
    let beforeMs = Number.NEGATIVE_INFINITY;
    while (reader.next()) {
      const { timeMs } = reader;
      const isInside = timeMs >= times.minTimeMs && timeMs <= times.maxTimeMs;
      if (!(timeMs > beforeMs) || !isInside) throw notRising(timeMs);
      builder.addFloat(timeMs, reader.low, reader.high);
      beforeMs = timeMs;
    }
  }
  return builder.take();
}

/** Runs what reads samples of `used`; when one does not decode, the error says which. */
function decoding<T>(
  chunks: GatheredChunks,
  used: readonly number[],
  run: () => T,
  fault: (place: TimedChunk) => string | undefined = faultOf,
): T {
  for (const chunk of used)
    if (!chunks.checksumHolds(chunk)) throw damaged(chunk, 'the checksum of a chunk is wrong');
  try {
    return run();
  } catch (thrown) {
    if (!isOfAChunk(thrown)) throw thrown;
    for (const chunk of used) {
      const what = fault(chunks.place(chunk));
      if (what !== undefined) throw damaged(chunk, what);
    }
    throw thrown;
  }
}

function damaged(chunk: number, what: string): VarveError {
  return new VarveError('damaged_chunk', what, { cause: new DamagedGathered(chunk, what) });
}

/** Damage, or numbers that this version cannot hold. */
function isOfAChunk(thrown: unknown): boolean {
  const { code } = asVarveError(thrown);
  return code === 'damaged_chunk' || code === 'unsupported';
}

/** Reads all of a chunk as a merge would; what is wrong with it. */
function faultOf(chunk: TimedChunk): string | undefined {
  return faultOfRun(() => {
    const reader = new ChunkReader();
    const value = new HistogramValue();
    reader.open(chunk);
    let beforeMs = Number.NEGATIVE_INFINITY;
    while (reader.next()) {
      const { timeMs } = reader;
      const isInside = timeMs >= chunk.minTimeMs && timeMs <= chunk.maxTimeMs;
      if (!(timeMs > beforeMs) || !isInside) throw notRising(timeMs);
      if (reader.isHistogram) reader.load(value);
      beforeMs = timeMs;
    }
  });
}

function faultOfRun(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    if (!isOfAChunk(thrown)) throw thrown;
    return asVarveError(thrown).message;
  }
}
