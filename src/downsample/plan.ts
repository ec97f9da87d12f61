// Which blocks are downsampled (DESIGN §3, Compaction): 5m from raw blocks of 40 h and more, 1h
// from 5m blocks of 10 d and more, as Thanos does (pkg/compact/downsample), and from any block
// that retention would take now or soon and that has no successor yet: a gap in the data must not
// become a hole in the layer.
//
// A block has its successor when the coarser layer has each of its sources, in blocks that do not
// overlap; where they do, and all they hold is in the block, it is downsampled anew and replaces
// them.
// Invariant: nothing is made that no policy wants; so what retention took is not made again.

import type { ViewedBlock } from '../bucket/block-view.ts';
import type { Family, Layer } from '../compact/plan/families.ts';
import type { Policy } from '../retention/policy.ts';

const HOUR_MS = 3_600_000;

/** Shorter raw blocks give too few 5m samples for chunks worth having (Thanos's figure). */
export const RAW_RANGE_MS_MIN = 40 * HOUR_MS;
/** The same for 5m blocks and 1h samples. */
export const FIVE_MINUTES_RANGE_MS_MIN = 240 * HOUR_MS;

/** A block to downsample. */
export interface Downsampling {
  readonly block: ViewedBlock;
  readonly layer: Layer;
  /** Of the result. */
  readonly resolutionMs: number;
  readonly why: string;
}

/** What downsampling goes by. */
export interface DownsampleOptions {
  readonly policy: Policy;
  /** Blocks that are due within this time count as due. */
  readonly dueAheadMs: number;
  readonly isSetAside: (block: ViewedBlock) => boolean;
}

/** Blocks that retention waits for, or soon will: any length. In the order of layers, then time. */
export function planDueDownsampling(family: Family, options: DownsampleOptions): Downsampling[] {
  const { policy, dueAheadMs } = options;
  return stepsOf(family).flatMap((step) => {
    const { from, resolutionMs } = step;
    return from.blocks
      .filter((block) => {
        const dueMs = policy.dueMs(from.group.resolutionMs, block.maxTimeMs);
        return dueMs - dueAheadMs < policy.atMs && isEligible(block, options);
      })
      .filter((block) => lacks(block, step, policy))
      .map((block) => ({
        block,
        layer: from,
        resolutionMs,
        why: `retention will take it, and ${step.name} lacks some of its sources`,
      }));
  });
}

/** Blocks long enough that the coarser layer lacks, or has in pieces that overlap. */
export function planDownsampling(family: Family, options: DownsampleOptions): Downsampling[] {
  return stepsOf(family).flatMap((step) => {
    const { from, resolutionMs, name } = step;
    const pieces = piecesToReplace(step, options);
    return from.blocks.flatMap((block): Downsampling[] => {
      if (!isEligible(block, options)) return [];
      const isLong = block.maxTimeMs - block.minTimeMs >= step.rangeMsMin;
      if (isLong && lacks(block, step, options.policy))
        return [{ block, layer: from, resolutionMs, why: `${name} lacks some of its sources` }];
      if (!pieces.has(block.ulid)) return [];
      const why = `${name} has it in blocks that overlap`;
      return [{ block, layer: from, resolutionMs, why }];
    });
  });
}

interface Step {
  readonly from: Layer;
  readonly to: Layer;
  /** Where 5m is for 1h only: what holds the sources for that. */
  readonly beyond: Layer | undefined;
  readonly name: string;
  readonly resolutionMs: number;
  readonly rangeMsMin: number;
}

function stepsOf({ raw, fiveMinutes, oneHour }: Family): readonly Step[] {
  const { resolutionMs } = fiveMinutes.group;
  return [
    {
      from: raw,
      to: fiveMinutes,
      beyond: oneHour,
      name: '5m',
      resolutionMs,
      rangeMsMin: RAW_RANGE_MS_MIN,
    },
    {
      from: fiveMinutes,
      to: oneHour,
      beyond: undefined,
      name: '1h',
      resolutionMs: oneHour.group.resolutionMs,
      rangeMsMin: FIVE_MINUTES_RANGE_MS_MIN,
    },
  ];
}

function isEligible(block: ViewedBlock, { isSetAside }: DownsampleOptions): boolean {
  return block.marks.noDownsample === undefined && !isSetAside(block);
}

/** Does the coarser layer, or the one beyond it, lack a source that its policy wants? */
function lacks(block: ViewedBlock, { to, beyond }: Step, policy: Policy): boolean {
  const sources = block.sources.length === 0 ? [block.ulid] : block.sources;
  const isIn = ({ holdersOf }: Layer, source: string): boolean => holdersOf(source).length > 0;
  if (policy.wants(to.group.resolutionMs, block.maxTimeMs))
    return sources.some((source) => !isIn(to, source));
  if (beyond === undefined || !policy.wants(beyond.group.resolutionMs, block.maxTimeMs))
    return false;
  return sources.some((source) => !isIn(to, source) && !isIn(beyond, source));
}

/**
 * The finer blocks, by ULID, each of which holds all that two overlapping blocks of the coarser
 * layer hold.
 */
function piecesToReplace({ from, to }: Step, { policy }: DownsampleOptions): ReadonlySet<string> {
  const found = new Set<string>();
  let before: ViewedBlock | undefined;
  let widest: ViewedBlock | undefined; // of those before, the one that reaches furthest
  for (const block of to.blocks) {
    for (const other of before === widest ? [before] : [before, widest]) {
      if (other === undefined || block.minTimeMs >= other.maxTimeMs) continue;
      const holder = holderOfBoth(from, other, block);
      if (holder !== undefined && policy.wants(to.group.resolutionMs, holder.maxTimeMs))
        found.add(holder.ulid);
    }
    before = block;
    if (widest === undefined || block.maxTimeMs > widest.maxTimeMs) widest = block;
  }
  return found;
}

function holderOfBoth(from: Layer, a: ViewedBlock, b: ViewedBlock): ViewedBlock | undefined {
  const [first] = a.sources;
  if (first === undefined || b.sources.length === 0) return undefined;
  return from.holdersOf(first).find(({ sources }) => {
    const held = new Set(sources);
    return [a, b].every((block) => block.sources.every((source) => held.has(source)));
  });
}
