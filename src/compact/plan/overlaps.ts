// When raw blocks that overlap are merged: at once, or once it is worth writing the large one
// again.
//
// Late samples come as small blocks over a large one, hourly. They wait for as long as the range
// of what they overlap, a day at most, or until together they have a quarter of its bytes, or
// until something else wants the blocks as one. When more than eight wait they are merged with
// each other. So a block is written again at most once in its own range (once a day from a day on)
// for late samples, or four bytes for each late byte; and nine blocks overlap at most. Replicas of
// one size are merged at once.

import { ulidTimeMs } from '../../base/model/ulid.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import { sourcesOf } from './soundness.ts';
import type { TimeItem } from './time-items.ts';

/** Late blocks wait so long at most. */
export const LATE_WAIT_MS_MAX = 86_400_000;
/** Late blocks wait until they are this part of what they overlap. */
export const LATE_SHARE = 0.25;
/** More late blocks than this do not wait side by side. */
export const LATE_BLOCKS_MAX = 8;

/**
 * What is done about a unit of several blocks: those that are merged now, or until when it
 * waits.
 */
export type OverlapChoice =
  | { readonly merge: readonly ViewedBlock[]; readonly why: string }
  | { readonly waitsUntilMs: number };

/** What the choice goes by. */
export interface OverlapOptions {
  readonly atMs: number;
  readonly mergeSourcesMax: number;
  /** Something wants the blocks as one now: retention, say. */
  readonly isUrgent: boolean;
}

/** What to do about a unit of at least two blocks. */
export function chooseOverlap(unit: TimeItem, options: OverlapOptions): OverlapChoice {
  const { blocks } = unit;
  const largest = blocks.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a));
  const late = blocks.filter((block) => block !== largest);
  const lateBytes = late.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const waitMs = Math.min(LATE_WAIT_MS_MAX, unit.maxTimeMs - unit.minTimeMs);
  const waitsUntilMs = Math.min(...late.map(sinceMs)) + waitMs;
  const all = { merge: blocks.slice(0, options.mergeSourcesMax) };
  const isWorth = lateBytes >= LATE_SHARE * largest.sizeBytes;
  if (isWorth) return { ...all, why: 'they overlap' };
  if (options.isUrgent) return { ...all, why: 'they overlap and are due' };
  if (waitsUntilMs <= options.atMs)
    return { ...all, why: 'they overlap, and the late ones have waited long enough' };
  if (late.length > LATE_BLOCKS_MAX)
    return {
      merge: late.slice(0, options.mergeSourcesMax),
      why: `more than ${LATE_BLOCKS_MAX} late blocks wait to be merged with ${largest.ulid}`,
    };
  return { waitsUntilMs };
}

/** When the first of its samples came late: a block that late blocks were merged into keeps it. */
function sinceMs(block: ViewedBlock): number {
  return sourcesOf(block).reduce(
    (since, source) => Math.min(since, ulidTimeMs(source) ?? since),
    block.uploadedMs,
  );
}
