// What the blocks that somebody else made say about the log beside them. Pure.
//
// Prometheus's rule on a start (tsdb/db.go, "minValidTime"): of the samples in order, all before
// the newest end of its blocks are in blocks. Blocks of late samples, and of single series that
// were taken out of the head early, do not count; they say so by their compaction hints.

import type { BlockMeta } from './meta/format.ts';

/** Hints of blocks that hold only a part of what the head had in their range. */
const PARTIAL_HINTS: readonly string[] = [
  'from-out-of-order',
  'from-stale-series',
  'from-selected-series',
];
const LATE_HINT = 'from-out-of-order';

/** Samples at or after the first, before the second. */
export interface TimeSpan {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** See the head of the file. */
export interface ForeignBlocks {
  readonly count: number;
  /** Samples in order before this are in blocks; -Infinity when there is no such block. */
  readonly coveredBeforeMs: number;
  /** The ranges of blocks of late samples. */
  readonly late: readonly TimeSpan[];
}

/** True for a block that holds only some of its range's samples, by Prometheus's hints. */
export function isPartial({ compaction: { hints } }: Pick<BlockMeta, 'compaction'>): boolean {
  return hints.some((hint) => PARTIAL_HINTS.includes(hint));
}

/** Looks at the blocks that Varve did not make. */
export function foreignBlocks(metas: readonly BlockMeta[]): ForeignBlocks {
  const foreign = metas.filter((meta) => meta.thanos?.varve === undefined);
  const whole = foreign.filter((meta) => !isPartial(meta));
  const late = foreign.filter(({ compaction }) => compaction.hints.includes(LATE_HINT));
  return {
    count: foreign.length,
    coveredBeforeMs: whole.reduce((max, meta) => Math.max(max, meta.maxTimeMs), -Infinity),
    late: late.map(({ minTimeMs, maxTimeMs }) => ({ minTimeMs, maxTimeMs })),
  };
}
