// What a view keeps of a block's meta.json (docs/formats/meta.md), and what makes a meta.json that
// parses no block all the same. Pure.
//
// Invariant: `sources` is sorted, without repetition and never empty. (A block without any would be
// contained in every other, and so be garbage everywhere.)

import { VarveError } from '../../base/errors/varve-error.ts';
import { compareUtf8, type Labels } from '../../base/model/labels.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { ViewedBlock } from '../block-view.ts';
import { CHUNKS_PREFIX, META_FILE } from '../layout.ts';

/** The half of a ViewedBlock that meta.json gives. */
export type MetaFacts = Omit<
  ViewedBlock,
  'ulid' | 'sizeBytes' | 'indexBytes' | 'fileCount' | 'uploadedMs' | 'marks'
>;

/** A file that meta.json names; the size is undefined when it gives none. */
export interface NamedFile {
  readonly name: string;
  readonly sizeBytes: number | undefined;
}

/** What is kept of a meta.json. */
export interface MetaRecord {
  readonly facts: MetaFacts;
  /** In byte order of their names; empty when it names none. */
  readonly files: readonly NamedFile[];
}

/** Raw, and Thanos's two downsampled ones (thanos pkg/compact/downsample). */
const RESOLUTIONS_MS: ReadonlySet<number> = new Set([0, 300_000, 3_600_000]);
/** Nobody can print a time beyond this (ECMA-262, "Time Values"): it is in another unit. */
const TIME_MS_MAX = 8.64e15;
const NO_LABELS: Labels = [];

/** The record of `meta`, read from `where` in the folder `ulid`; `damaged_block` if it is none. */
export function metaRecord(meta: BlockMeta, ulid: string, where: string): MetaRecord {
  const wrong = wrongWith(meta, ulid);
  if (wrong !== undefined) throw new VarveError('damaged_block', `${where}: ${wrong}`);
  const { stats, compaction, thanos } = meta;
  return {
    facts: {
      minTimeMs: meta.minTimeMs,
      maxTimeMs: meta.maxTimeMs,
      labels: thanos?.labels ?? NO_LABELS,
      resolutionMs: thanos?.resolutionMs ?? 0,
      level: compaction.level,
      sources: compaction.sources.length === 0 ? [ulid] : [...new Set(compaction.sources)].sort(),
      source: thanos?.source ?? '',
      numSeries: stats.numSeries,
      numSamples: stats.numSamples,
      numChunks: stats.numChunks,
      numTombstones: stats.numTombstones,
    },
    files: namedFiles(meta),
  };
}

function wrongWith(meta: BlockMeta, ulid: string): string | undefined {
  const { minTimeMs, maxTimeMs, stats, thanos } = meta;
  const resolutionMs = thanos?.resolutionMs ?? 0;
  if (meta.ulid !== ulid) return `its ulid is ${meta.ulid}, that of another block`;
  if (Math.max(Math.abs(minTimeMs), Math.abs(maxTimeMs)) > TIME_MS_MAX)
    return `its times ${minTimeMs} and ${maxTimeMs} are no milliseconds of any year`;
  if (minTimeMs >= maxTimeMs && stats.numSamples > 0)
    return `${stats.numSamples} samples in no time at all: from ${minTimeMs} to ${maxTimeMs}`;
  if (!RESOLUTIONS_MS.has(resolutionMs)) return `a resolution of ${resolutionMs} ms is not known`;
  return undefined;
}

/** Of the list with sizes, else of the list of segments that older Thanos versions wrote. */
function namedFiles({ thanos }: BlockMeta): readonly NamedFile[] {
  const files = new Map<string, NamedFile>();
  for (const name of thanos?.segmentFiles ?? [])
    files.set(CHUNKS_PREFIX + name, { name: CHUNKS_PREFIX + name, sizeBytes: undefined });
  for (const { relPath: name, sizeBytes } of thanos?.files ?? []) {
    // Go leaves a size of 0 out, and no file of a block is that small.
    if (name !== META_FILE) files.set(name, { name, sizeBytes: sizeBytes || undefined });
  }
  return [...files.values()].sort((a, b) => compareUtf8(a.name, b.name));
}
