// What is in a block: index, chunks, counts in meta.json and tombstones against each other. The
// bytes of a chunk segment are asked for when they are needed, so that a block that lies elsewhere
// can be checked with one segment on the disk at a time.

import type { ByteSource } from '../byte-source.ts';
import type { BlockMeta } from '../meta/format.ts';
import { META_FILE, TOMBSTONES_FILE } from '../paths.ts';
import type { Tombstones } from '../tombstones/format.ts';
import { ChunkChecker, type ChunkSegment } from './check-chunks.ts';
import { checkIndex } from './check-index.ts';
import type { SeriesResult } from './check-series.ts';
import type { Findings } from './findings.ts';

/** The parts of a block that are compared. */
export interface BlockContents {
  readonly index: ByteSource;
  /** In the order of their numbers; they get their sources on demand. */
  readonly segments: readonly ChunkSegment[];
  /** Undefined when it could not be read. */
  readonly meta: BlockMeta | undefined;
  /** Undefined when they could not be read, empty when there are none. */
  readonly tombstones: Tombstones | undefined;
}

/**
 * Checks everything. Yields the number of a segment whose source must be set before it goes on; a
 * source that was used may be taken away at the next yield. Each segment is asked for at least
 * once.
 */
export function* checkContents(
  { index, segments, meta, tombstones }: BlockContents,
  findings: Findings,
): Generator<number, void, undefined> {
  const chunks = new ChunkChecker(segments, findings);
  const seen = new Set<number>();
  const note = (number: number): void => {
    seen.add(number);
    chunks.checkHeader(number);
  };
  for (const [i, { source }] of segments.entries()) if (source !== undefined) note(i);
  const steps = checkIndex(index, chunks, meta, findings);
  let step = steps.next();
  while (step.done !== true) {
    yield step.value;
    note(step.value);
    step = steps.next();
  }
  for (let i = 0; i < segments.length; i++) {
    if (seen.has(i)) continue;
    yield i;
    note(i);
  }
  const series = step.value;
  if (series?.isComplete === true) {
    chunks.finish();
    if (meta !== undefined) checkStats(meta, series, chunks, findings);
  }
  if (tombstones !== undefined) checkTombstones(tombstones, series, findings);
}

function checkStats(
  meta: BlockMeta,
  series: SeriesResult,
  chunks: ChunkChecker,
  findings: Findings,
): void {
  const { stats } = meta;
  const compare = (key: string, inMeta: number, counted: number): void => {
    if (inMeta !== counted)
      findings.error(META_FILE, undefined, `stats.${key} is ${inMeta}, there are ${counted}`);
  };
  compare('numSeries', stats.numSeries, series.seriesCount);
  compare('numChunks', stats.numChunks, series.chunkCount);
  if (!chunks.isComplete) return;
  const samples = chunks.floatSamples + chunks.histogramSamples;
  compare('numSamples', stats.numSamples, samples + chunks.windows);
  // Of a downsampled block Thanos leaves those of the raw one; before Prometheus 3 there was only
  // the sum.
  if (chunks.windows > 0) return;
  if (stats.numFloatSamples + stats.numHistogramSamples === 0) return;
  compare('numFloatSamples', stats.numFloatSamples, chunks.floatSamples);
  compare('numHistogramSamples', stats.numHistogramSamples, chunks.histogramSamples);
}

function checkTombstones(
  tombstones: Tombstones,
  series: SeriesResult | undefined,
  findings: Findings,
): void {
  if (tombstones.size === 0 || series?.isComplete !== true) return;
  const refs = new Set<number>();
  for (let i = 0; i < series.seriesCount; i++) refs.add(series.postings.seriesRef(i));
  for (const ref of tombstones.keys()) {
    if (!refs.has(ref))
      findings.warning(TOMBSTONES_FILE, undefined, `there is no series ${ref} to delete from`);
  }
}
