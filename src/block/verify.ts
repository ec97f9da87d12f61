// Verifies a block: finds every inconsistency at once and says where. Run on each block that was
// just written, before it gets its name, and by `varve tsdb verify`.
//
// It trusts nothing and keeps going: a finding costs what cannot be read because of it, no more.
// The parts are in verify/.

import type { Disk } from '../base/runtime/disk.ts';
import { FileSource } from './byte-source.ts';
import type { BlockMeta } from './meta/format.ts';
import { blockFile, INDEX_FILE, META_FILE, TOMBSTONES_FILE } from './paths.ts';
import { readTombstones } from './tombstones.ts';
import { ChunkChecker } from './verify/check-chunks.ts';
import { checkDirectory, checkListedFiles, checkMeta } from './verify/check-files.ts';
import { checkIndex } from './verify/check-index.ts';
import type { SeriesResult } from './verify/check-series.ts';
import { type Finding, Findings } from './verify/findings.ts';

/**
 * Everything that is wrong with the block in `dir`; nothing, when all is well. Throws only when the
 * disk does, or when there is no such directory.
 */
export function verifyBlock(disk: Disk, dir: string): readonly Finding[] {
  const findings = new Findings();
  const meta = checkMeta(disk, dir, findings);
  const segments = checkDirectory(disk, dir, findings);
  if (meta !== undefined) checkListedFiles(disk, dir, meta, { segments, findings });
  if (disk.stat(blockFile(dir, INDEX_FILE)) === undefined) return findings.list();
  const open = [INDEX_FILE, ...segments].map(
    (name) => new FileSource(disk, blockFile(dir, name), name),
  );
  try {
    const [index, ...chunkSources] = open;
    if (index === undefined) return findings.list();
    const chunks = new ChunkChecker(chunkSources, findings);
    const series = checkIndex(index, chunks, meta, findings);
    if (series?.isComplete === true) {
      chunks.finish();
      if (meta !== undefined) checkStats(meta, series, chunks, findings);
    }
    checkTombstones(disk, dir, series, findings);
  } finally {
    for (const source of open) source.close();
  }
  return findings.list();
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
  compare('numSamples', stats.numSamples, chunks.floatSamples + chunks.histogramSamples);
  // Before Prometheus 3 there was only the sum.
  if (stats.numFloatSamples + stats.numHistogramSamples === 0) return;
  compare('numFloatSamples', stats.numFloatSamples, chunks.floatSamples);
  compare('numHistogramSamples', stats.numHistogramSamples, chunks.histogramSamples);
}

function checkTombstones(
  disk: Disk,
  dir: string,
  series: SeriesResult | undefined,
  findings: Findings,
): void {
  const tombstones = findings.attempt(TOMBSTONES_FILE, undefined, () =>
    readTombstones(disk, dir, TOMBSTONES_FILE),
  );
  if (tombstones === undefined || tombstones.size === 0 || series?.isComplete !== true) return;
  const refs = new Set<number>();
  for (let i = 0; i < series.seriesCount; i++) refs.add(series.postings.seriesRef(i));
  for (const ref of tombstones.keys()) {
    if (!refs.has(ref))
      findings.warning(TOMBSTONES_FILE, undefined, `there is no series ${ref} to delete from`);
  }
}
