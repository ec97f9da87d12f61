// Which neighbours to merge into a block of the next level: Prometheus's rule as Thanos has it
// (pkg/compact/planner.go), for all ranges at once instead of the first one.
//
// Ranges are aligned to the epoch. A range is merged when its blocks span it, or when the block
// before the newest begins at or after their end: then no other block of theirs will come. The
// newest is left alone. Walls are walked around: nothing is merged over one.
// Invariant: no block is in two of the merges; each lies within one range of a level.

import type { TimeItem } from './time-items.ts';

/** What levels go by. */
export interface LevelOptions {
  readonly levelRangesMs: readonly number[];
  readonly directMergeBlocksMax: number;
  readonly mergeSourcesMax: number;
}

/** Units to merge into one block. */
export interface LevelMerge {
  readonly units: readonly TimeItem[];
  /** Of the level that it is for. */
  readonly rangeMs: number;
}

/** The merges of a layer's items, the lowest level first, then the oldest. */
export function levelMerges(
  items: readonly TimeItem[],
  options: LevelOptions,
): readonly LevelMerge[] {
  const old = items.slice(0, -1);
  const highTimeMs = old.at(-1)?.minTimeMs ?? Number.NEGATIVE_INFINITY;
  const merges = mergesOf(old, options.levelRangesMs.length - 1, { ...options, highTimeMs });
  return merges.sort((a, b) => a.rangeMs - b.rangeMs || firstTimeMs(a) - firstTimeMs(b));
}

/** The newest time of which the layer still expects blocks: ranges that end later are open. */
export function highTimeMs(items: readonly TimeItem[]): number {
  return items.at(-2)?.minTimeMs ?? Number.NEGATIVE_INFINITY;
}

function firstTimeMs({ units }: LevelMerge): number {
  return units.at(0)?.minTimeMs ?? 0;
}

interface Walk extends LevelOptions {
  readonly highTimeMs: number;
}

/** Of one level, or of those below it where they come first. */
function mergesOf(items: readonly TimeItem[], level: number, walk: Walk): LevelMerge[] {
  const rangeMs = walk.levelRangesMs[level];
  if (level < 1 || rangeMs === undefined) return [];
  return splitByRange(items, rangeMs).flatMap((part) => {
    const lower = mergesOf(part, level - 1, walk);
    if (lower.length > 0 && blocksIn(part) > walk.directMergeBlocksMax) return lower;
    const merges = isComplete(part, rangeMs, walk.highTimeMs) ? segmentsOf(part, walk) : [];
    return merges.length > 0 ? merges.map((units) => ({ units, rangeMs })) : lower;
  });
}

/** Items by aligned range; those that no range holds whole are left out, and part the others. */
function splitByRange(items: readonly TimeItem[], rangeMs: number): TimeItem[][] {
  const parts: TimeItem[][] = [];
  let part: TimeItem[] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    if (part.length > 0 && item.maxTimeMs <= endMs) {
      part.push(item);
      continue;
    }
    if (part.length > 0) parts.push(part);
    endMs = rangeMs * Math.floor(item.minTimeMs / rangeMs) + rangeMs;
    part = item.maxTimeMs <= endMs ? [item] : [];
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

function isComplete(part: readonly TimeItem[], rangeMs: number, highTimeMs: number): boolean {
  const minTimeMs = part.at(0)?.minTimeMs ?? 0;
  const maxTimeMs = part.reduce((max, item) => Math.max(max, item.maxTimeMs), minTimeMs);
  return maxTimeMs - minTimeMs === rangeMs || maxTimeMs <= highTimeMs;
}

/** Runs of at least two units between walls, no longer than a merge may be. */
function segmentsOf(part: readonly TimeItem[], { mergeSourcesMax }: Walk): TimeItem[][] {
  const segments: TimeItem[][] = [];
  let run: TimeItem[] = [];
  let blocks = 0;
  const close = (): void => {
    if (run.length > 1) segments.push(run);
    run = [];
    blocks = 0;
  };
  for (const item of part) {
    if (item.isWall || blocks + item.blocks.length > mergeSourcesMax) close();
    if (item.isWall || item.blocks.length > mergeSourcesMax) continue;
    run.push(item);
    blocks += item.blocks.length;
  }
  close();
  return segments;
}

function blocksIn(part: readonly TimeItem[]): number {
  return part.reduce((sum, { blocks }) => sum + blocks.length, 0);
}
