// The merges of one layer: overlaps, then levels, each block in one of them at most, none whose
// index would be larger than an index can be.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import { type Layer, RAW_MS } from './families.ts';
import { levelMerges } from './levels.ts';
import type { EstimateJob, JobEstimate, PlanOptions } from './options.ts';
import { chooseOverlap } from './overlaps.ts';
import { type TimeItem, timeItems, withoutOverlaps } from './time-items.ts';

/**
 * Part of the limit that may be used: indexes grow a little when they are put together (Thanos).
 */
const INDEX_SHARE_MAX = 0.85;

/** Blocks to merge into one. */
export interface Merge {
  /** By min time. */
  readonly sources: readonly ViewedBlock[];
  readonly why: string;
  /** Of the level that it is for; 0 for blocks that overlap. */
  readonly rangeMs: number;
  readonly estimate: JobEstimate;
}

/** What compaction has to say of a layer. */
export interface LayerCompaction {
  readonly merges: readonly Merge[];
  /** Blocks that would make an index too large, with what it would come to. */
  readonly tooLarge: readonly { readonly block: ViewedBlock; readonly why: string }[];
  /** Blocks that overlap and wait, by ULID: until when. */
  readonly waiting: ReadonlyMap<string, number>;
  /** The layer at the end, for what is said of the blocks that stay. */
  readonly items: readonly TimeItem[];
}

/** What compaction goes by. */
export interface CompactionOptions {
  readonly atMs: number;
  /** Blocks that retention waits for: made coarser at once, and not put into larger ones first. */
  readonly isDue: (block: ViewedBlock) => boolean;
  readonly options: PlanOptions;
  readonly estimate: EstimateJob;
}

/** Plans the merges of a layer, of whose blocks retention takes none. */
export function planCompaction(layer: Layer, given: CompactionOptions): LayerCompaction {
  const tooLarge = new Map<string, { block: ViewedBlock; why: string }>();
  // Each round walls off a block in every merge that is too large, so there are few.
  for (;;) {
    const found = planRound(layer, given, (block) => {
      return block.marks.noCompact !== undefined || tooLarge.has(block.ulid);
    });
    const before = tooLarge.size;
    for (const { sources, estimate } of found.merges) {
      const why = excess(estimate, given.options);
      const [largest] = [...sources].sort((a, b) => b.indexBytes - a.indexBytes);
      if (why !== undefined && largest !== undefined)
        tooLarge.set(largest.ulid, { block: largest, why });
    }
    if (tooLarge.size === before) return { ...found, tooLarge: [...tooLarge.values()] };
  }
}

type Round = Omit<LayerCompaction, 'tooLarge'>;

function planRound(
  layer: Layer,
  given: CompactionOptions,
  isExcluded: (block: ViewedBlock) => boolean,
): Round {
  const units = timeItems(layer.blocks, isExcluded);
  if (layer.group.resolutionMs !== RAW_MS) {
    // Aggregates that overlap cannot be merged: their counts would be added up twice.
    const items = withDueAsWalls(withoutOverlaps(units), given);
    return { merges: levels(items, given), waiting: new Map(), items };
  }
  const items = withDueAsWalls(units, given);
  const merges = levels(items, given);
  const taken = new Set(merges.flatMap(({ sources }) => sources));
  const free = items.filter(({ blocks }) => blocks.length > 1 && !blocks.some((b) => taken.has(b)));
  const { overlaps, waiting } = overlapsOf(free, given);
  return { merges: [...overlaps, ...merges], waiting, items };
}

/**
 * A due block on its own is not put into a larger one; one that overlaps others is merged first.
 */
function withDueAsWalls(
  items: readonly TimeItem[],
  { isDue }: CompactionOptions,
): readonly TimeItem[] {
  return items.map((item) => {
    const { blocks, isWall } = item;
    return isWall || !blocks.some(isDue) ? item : { ...item, isWall: true };
  });
}

function levels(items: readonly TimeItem[], { options, estimate }: CompactionOptions): Merge[] {
  return levelMerges(items, options).map(({ units, rangeMs }) => {
    const sources = units.flatMap(({ blocks }) => blocks);
    const why = `they are all of a range of ${hoursText(rangeMs)}`;
    return { sources, why, rangeMs, estimate: estimate('compact', sources) };
  });
}

function overlapsOf(
  units: readonly TimeItem[],
  { atMs, isDue, options, estimate }: CompactionOptions,
): { overlaps: Merge[]; waiting: Map<string, number> } {
  const overlaps: Merge[] = [];
  const waiting = new Map<string, number>();
  for (const unit of units) {
    const isUrgent = unit.blocks.some(isDue);
    const choice = chooseOverlap(unit, { atMs, isUrgent, ...options });
    if ('waitsUntilMs' in choice) {
      for (const { ulid } of unit.blocks) waiting.set(ulid, choice.waitsUntilMs);
      continue;
    }
    const { merge: sources, why } = choice;
    overlaps.push({ sources, why, rangeMs: 0, estimate: estimate('compact', sources) });
  }
  return { overlaps, waiting };
}

/** What is too large about a merge's index, if anything. */
function excess(estimate: JobEstimate, options: PlanOptions): string | undefined {
  const { indexBytes, indexTableBytes } = estimate;
  if (indexBytes >= options.indexBytesMax * INDEX_SHARE_MAX)
    return `merged with its neighbours, the index could have ${indexBytes} bytes`;
  if (indexTableBytes >= options.indexTableBytesMax * INDEX_SHARE_MAX)
    return `merged with its neighbours, a table of the index could have ${indexTableBytes} bytes`;
  return undefined;
}

function hoursText(rangeMs: number): string {
  const hours = rangeMs / 3_600_000;
  return hours % 24 === 0 ? `${hours / 24} d` : `${hours} h`;
}
