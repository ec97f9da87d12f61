// The chunks of a downsampled block before they are downsampled once more: their parts, and which
// of them can be put into one chunk (docs/formats/aggregate-chunks.md, "5m to 1h").

import { type AggregateParts, COUNT, COUNTER, SUM } from '../base/chunk/aggregate-format.ts';
import { readAggregate } from '../base/chunk/aggregate-reader.ts';
import { type ChunkPlace, ENCODING_XOR, writtenEncoding } from '../base/chunk/chunk-format.ts';
import { HistogramReader } from '../base/chunk/histogram-reader.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { HistogramKind } from './histogram-kind.ts';
import { targetChunkCount, WINDOWS_PER_CHUNK_MAX } from './windows.ts';

/** What a part of histograms is like. */
export interface PartLayout {
  readonly kind: HistogramKind;
  readonly schema: number;
}

/** An aggregate chunk. */
export interface AggregateEntry {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly parts: AggregateParts;
  readonly isHistogram: boolean;
  /** Of histograms; undefined when the part is not there or has only stale markers. */
  readonly sum: PartLayout | undefined;
  readonly counter: PartLayout | undefined;
}

/** What is known of a chunk before its bytes are looked at. */
export interface TimedBytes {
  readonly view: DataView;
  readonly base: number;
  readonly lengthBytes: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** Takes an aggregate chunk apart. Throws VarveError damaged_chunk. */
export function readEntry({ view, base, lengthBytes, ...times }: TimedBytes): AggregateEntry {
  const parts = readAggregate(view, base, lengthBytes);
  const sum = parts.at(SUM);
  const counter = parts.at(COUNTER);
  const isHistogram = isHistogramPart(counter ?? sum);
  if (sum !== undefined && isHistogramPart(sum) !== isHistogram)
    throw new VarveError('damaged_chunk', 'An aggregate chunk mixes floats and histograms.');
  if (!isHistogram) return { ...times, parts, isHistogram, sum: undefined, counter: undefined };
  return { ...times, parts, isHistogram, sum: layoutOf(sum), counter: layoutOf(counter) };
}

function isHistogramPart(part: ChunkPlace | undefined): boolean {
  return part !== undefined && writtenEncoding(part.encoding) !== ENCODING_XOR;
}

function layoutOf(part: ChunkPlace | undefined): PartLayout | undefined {
  if (part === undefined) return undefined;
  const reader = new HistogramReader();
  reader.reset(part);
  while (reader.next()) {
    if (reader.state.isStale) continue;
    const { layout } = reader.state;
    return { kind: new HistogramKind(reader.header, layout), schema: layout.schema };
  }
  return undefined;
}

/**
 * One part of each chunk that has it, with its times: a counter's first value stands at the time of
 * the first sample, so up to `earlierMs` before the first window.
 */
export function partsOf(
  batch: readonly AggregateEntry[],
  which: number,
  earlierMs = 0,
): readonly TimedChunk[] {
  return batch.flatMap(({ maxTimeMs, minTimeMs, parts }) => {
    const part = parts.at(which);
    return part === undefined ? [] : [{ ...part, minTimeMs: minTimeMs - earlierMs, maxTimeMs }];
  });
}

/** How far apart windows are in the chunks and in what is made of them. */
export interface Resolutions {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The chunks in the groups of which one chunk each is made; only neighbours go together. */
export function batchesOf(
  entries: readonly AggregateEntry[],
  resolutions: Resolutions,
): readonly (readonly AggregateEntry[])[] {
  const batches: AggregateEntry[][] = [];
  for (let i = 0; i < entries.length; ) {
    const from = i;
    const isHistogram = entries.at(from)?.isHistogram;
    while (i < entries.length && entries.at(i)?.isHistogram === isHistogram) i++;
    batches.push(...batchesOfRun(entries.slice(from, i), resolutions));
  }
  return batches;
}

function batchesOfRun(
  run: readonly AggregateEntry[],
  { fromMs, toMs }: Resolutions,
): AggregateEntry[][] {
  const samples = run.reduce((sum, entry) => sum + samplesOf(entry), 0);
  const minTimeMs = run.at(0)?.minTimeMs ?? 0;
  const maxTimeMs = run.at(-1)?.maxTimeMs ?? 0;
  const target = targetChunkCount({ minTimeMs, maxTimeMs, samples, stepMs: fromMs }, toMs);
  // Thanos comes to no end when there are fewer chunks than it wants to make.
  const size = Math.max(1, Math.floor(run.length / target));
  const batches: AggregateEntry[][] = [];
  for (let at = 0; at < run.length; at += size) {
    let batch: AggregateEntry[] = [];
    let windows = 0;
    for (const entry of run.slice(at, at + size)) {
      windows += samplesOf(entry);
      const first = batch.at(0);
      const isFull = windows > WINDOWS_PER_CHUNK_MAX;
      if (first !== undefined && (isFull || !goTogether(first, entry, toMs))) {
        batches.push(batch);
        batch = [];
        windows = samplesOf(entry);
      }
      batch.push(entry);
    }
    batches.push(batch);
  }
  return batches;
}

/** Windows of a chunk. */
function samplesOf({ parts }: AggregateEntry): number {
  return parts.at(COUNT)?.count ?? 0;
}

function goTogether(first: AggregateEntry, other: AggregateEntry, toMs: number): boolean {
  // Times in a chunk must not jump by thousands of years.
  const isNear = other.maxTimeMs - first.minTimeMs <= WINDOWS_PER_CHUNK_MAX * toMs;
  return isNear && layoutsFit(first.sum, other.sum) && layoutsFit(first.counter, other.counter);
}

function layoutsFit(first: PartLayout | undefined, other: PartLayout | undefined): boolean {
  if (first === undefined || other === undefined) return first === other;
  return first.kind.fits(other.kind);
}
