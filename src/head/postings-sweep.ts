// Taking removed series off the postings: work in proportion to the lists they stood on, once for
// all of them, a list at a time.

import { BitSet } from '../base/bytes/bit-set.ts';
import type { U32Column } from '../base/bytes/columns.ts';
import type { EngineMemory } from './engine-memory.ts';
import { BLOCK_OLDER, BLOCK_SLOTS, BLOCK_USED, PAIR_COUNT, PAIR_LIST } from './pair-record.ts';
import type { Postings } from './postings.ts';

export interface PostingsSweep {
  /** The pairs of all removed series, with repetitions. */
  readonly touched: U32Column;
  readonly isRemoved: (slot: number) => boolean;
}

/**
 * Takes all series for which `isRemoved` off the lists of `touched`. A step is one list and yields
 * the number of slots looked at. The slots must not be used again before the last step; series may
 * be added between steps.
 */
export function* sweepPostings(
  memory: EngineMemory,
  postings: Postings,
  sweep: PostingsSweep,
): Generator<number> {
  const { pairs } = memory;
  const seen = new BitSet(pairs.highWater);
  for (let i = 0; i < sweep.touched.length; i++) {
    const pair = sweep.touched.at(i);
    if (!seen.add(pair)) continue;
    const count = pairs.view(pair).getUint32(pairs.offset(pair) + PAIR_COUNT, true);
    if (sweepPair(memory, pair, sweep.isRemoved) === 0) postings.removePair(pair);
    yield count;
  }
}

/** Returns how many series are left. */
function sweepPair(
  memory: EngineMemory,
  pair: number,
  isRemoved: (slot: number) => boolean,
): number {
  const { arena, pairs } = memory;
  const view = pairs.view(pair);
  const at = pairs.offset(pair);
  let count = view.getUint32(at + PAIR_COUNT, true);
  let block = view.getUint32(at + PAIR_LIST, true);
  if (count === 1) return isRemoved(block) ? 0 : 1;
  // Where the block now looked at is named: the pair, then the block newer than it.
  let linkView = view;
  let linkAt = at + PAIR_LIST;
  while (block !== 0) {
    const blockView = arena.view(block);
    const base = arena.offset(block);
    const older = blockView.getUint32(base + BLOCK_OLDER, true);
    count -= filterBlock(blockView, base, isRemoved);
    if (blockView.getUint16(base + BLOCK_USED, true) === 0) {
      linkView.setUint32(linkAt, older, true);
      arena.free(block);
    } else {
      linkView = blockView;
      linkAt = base + BLOCK_OLDER;
    }
    block = older;
  }
  view.setUint32(at + PAIR_COUNT, count, true);
  if (count === 1) {
    const last = view.getUint32(at + PAIR_LIST, true);
    const slot = arena.view(last).getUint32(arena.offset(last) + BLOCK_SLOTS, true);
    view.setUint32(at + PAIR_LIST, slot, true);
    arena.free(last);
  }
  return count;
}

/** Returns how many slots went. */
function filterBlock(view: DataView, base: number, isRemoved: (slot: number) => boolean): number {
  const used = view.getUint16(base + BLOCK_USED, true);
  let kept = 0;
  for (let i = 0; i < used; i++) {
    const slot = view.getUint32(base + BLOCK_SLOTS + i * 4, true);
    if (isRemoved(slot)) continue;
    view.setUint32(base + BLOCK_SLOTS + kept * 4, slot, true);
    kept++;
  }
  view.setUint16(base + BLOCK_USED, kept, true);
  return used - kept;
}
