// What a stream's blocks say about its log and its windows. Pure.

import { isPartial } from './foreign-blocks.ts';
import type { BlockMeta } from './meta/format.ts';

/** A block cut from this stream's head: its range, and how far the log went into it. */
export interface CutRecord {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly position: { readonly segment: number; readonly offset: number };
}

/** The blocks among `metas` that were cut by Varve from the log beside them. */
export function cutRecords(metas: readonly BlockMeta[]): readonly CutRecord[] {
  return metas.flatMap((meta) => {
    const position = meta.thanos?.varve?.wal;
    if (position === undefined) return [];
    return [{ minTimeMs: meta.minTimeMs, maxTimeMs: meta.maxTimeMs, position }];
  });
}

/** Where a window's frontier is: up to where blocks hold it from its start. */
export interface WindowFrontier {
  readonly windowStartMs: number;
  readonly frontierMs: number;
}

/**
 * The frontier of every window that any block reaches into, whoever made it: a sample before it
 * goes to a late block. A window that a larger block spans counts as cut to its end; one that a
 * Prometheus made of late samples only does not count.
 */
export function windowFrontiers(
  metas: readonly BlockMeta[],
  windowMs: number,
): readonly WindowFrontier[] {
  const frontiers = new Map<number, number>();
  for (const { minTimeMs, maxTimeMs } of metas.filter((meta) => !isPartial(meta))) {
    const first = Math.floor(minTimeMs / windowMs) * windowMs;
    for (let start = first; start < maxTimeMs; start += windowMs) {
      const end = Math.min(maxTimeMs, start + windowMs);
      frontiers.set(start, Math.max(frontiers.get(start) ?? start, end));
    }
  }
  return [...frontiers]
    .sort(([a], [b]) => a - b)
    .map(([windowStartMs, frontierMs]) => ({ windowStartMs, frontierMs }));
}

/** The newest sample that these blocks may hold; -Infinity without any. */
export function newestTimeMs(metas: readonly BlockMeta[]): number {
  return metas.reduce((max, { maxTimeMs }) => Math.max(max, maxTimeMs - 1), -Infinity);
}
