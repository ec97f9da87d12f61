// A layer as compaction sees it: units, which are merged with others, and walls, which are not, in
// the order of time. A unit is one block, or several that overlap: they are one before they are
// anything else.
//
// Invariant: units do not overlap each other; so to merge neighbours is Prometheus's planning.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import { byTime } from './families.ts';

/** A piece of a layer's time. */
export interface TimeItem {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** By min time; a wall has one. */
  readonly blocks: readonly ViewedBlock[];
  /** It stays as it is, and what is on both sides of it is not merged around it. */
  readonly isWall: boolean;
}

/** The items of these blocks, which are in the order of time. */
export function timeItems(
  blocks: readonly ViewedBlock[],
  isWall: (block: ViewedBlock) => boolean,
): readonly TimeItem[] {
  const items = blocks.filter(isWall).map(wallOf);
  let open: ViewedBlock[] = [];
  let openEndMs = Number.NEGATIVE_INFINITY;
  const close = (): void => {
    if (open.length > 0) items.push(unitOf(open));
    open = [];
  };
  for (const block of blocks) {
    if (isWall(block)) continue;
    if (block.minTimeMs >= openEndMs) close();
    open.push(block);
    openEndMs = open.length === 1 ? block.maxTimeMs : Math.max(openEndMs, block.maxTimeMs);
  }
  close();
  return items.sort(byItemTime);
}

/** Units of several blocks as so many walls: aggregates that overlap are not merged. */
export function withoutOverlaps(items: readonly TimeItem[]): readonly TimeItem[] {
  const split = items.flatMap((item) => (item.blocks.length > 1 ? item.blocks.map(wallOf) : item));
  return split.sort(byItemTime);
}

function wallOf(block: ViewedBlock): TimeItem {
  const { minTimeMs, maxTimeMs } = block;
  return { minTimeMs, maxTimeMs, blocks: [block], isWall: true };
}

function unitOf(blocks: readonly ViewedBlock[]): TimeItem {
  return { ...rangeOf(blocks), blocks, isWall: false };
}

/** The range of several blocks; there must be one. */
export function rangeOf(blocks: readonly ViewedBlock[]): { minTimeMs: number; maxTimeMs: number } {
  let minTimeMs = Number.POSITIVE_INFINITY;
  let maxTimeMs = Number.NEGATIVE_INFINITY;
  for (const block of blocks) {
    minTimeMs = Math.min(minTimeMs, block.minTimeMs);
    maxTimeMs = Math.max(maxTimeMs, block.maxTimeMs);
  }
  return { minTimeMs, maxTimeMs };
}

function byItemTime(a: TimeItem, b: TimeItem): number {
  const [first] = a.blocks;
  const [second] = b.blocks;
  const order = a.minTimeMs - b.minTimeMs || a.maxTimeMs - b.maxTimeMs;
  return order || (first === undefined || second === undefined ? 0 : byTime(first, second));
}
