// Which blocks wait for another one of their directory. Pure.
//
// Invariant, which a restore of the WAL archive relies on (wal/restore/covering.ts): no block is
// uploaded while one of its directory that was cut before it, and overlaps it in time, is not in
// the bucket. So a sample that a block in the bucket seems to hold is in it, or in one that was
// there before. A block that waits for another is itself not in the bucket: what overlaps it and
// was cut later waits for it in its turn. A block that was not cut from the log (a Prometheus's)
// holds nothing back: no restore asks for it.

import type { LocalBlock } from './local-block.ts';

/** What of a block says whether it holds back another. */
export type HeldRange = Pick<LocalBlock, 'ulid' | 'cutAt' | 'minTimeMs' | 'maxTimeMs'>;

/**
 * The order of cutting: by the log's position at the snapshot, because ULIDs go back with the
 * clock. Those that were not cut from the log were there before it, in the order of their ULIDs.
 */
export function byCutting(a: HeldRange, b: HeldRange): number {
  const [at, bt] = [a.cutAt, b.cutAt];
  if (at === undefined || bt === undefined) {
    if (at !== bt) return at === undefined ? -1 : 1;
  } else if (at.segment !== bt.segment) return at.segment - bt.segment;
  else if (at.offset !== bt.offset) return at.offset - bt.offset;
  if (a.ulid === b.ulid) return 0;
  return a.ulid < b.ulid ? -1 : 1;
}

/**
 * The first of `missing`, blocks of its directory which are not in the bucket in the order of
 * cutting, that `block` waits for; undefined when it may go.
 */
export function holderOf<B extends HeldRange>(
  block: HeldRange,
  missing: readonly B[],
): B | undefined {
  for (const other of missing) {
    if (other.cutAt === undefined) continue;
    if (byCutting(other, block) >= 0) return undefined;
    if (other.minTimeMs < block.maxTimeMs && block.minTimeMs < other.maxTimeMs) return other;
  }
  return undefined;
}
