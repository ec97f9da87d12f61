// What to do with the blocks on local disk: which to upload, which may leave. Pure.

import type { LocalBlock } from './local-block.ts';

/** A directory with blocks: its whole blocks, and which of them are in the bucket. */
export interface DirToShip {
  readonly blocks: readonly LocalBlock[];
  readonly uploaded: ReadonlySet<string>;
}

/** A block to be uploaded, and where it is. */
export interface PlannedUpload<D extends DirToShip> {
  readonly from: D;
  readonly block: LocalBlock;
}

/**
 * Blocks that are not in the bucket, of all directories by the time at which they were cut: so an
 * outage is caught up in the order of time, and no stream waits behind another.
 */
export function planUploads<D extends DirToShip>(dirs: readonly D[]): readonly PlannedUpload<D>[] {
  return dirs
    .flatMap((from) =>
      from.blocks.filter(({ ulid }) => !from.uploaded.has(ulid)).map((block) => ({ from, block })),
    )
    .sort((a, b) => (a.block.ulid < b.block.ulid ? -1 : 1));
}

/** What local retention goes by. */
export interface LocalRetention {
  readonly nowMs: number;
  /** How long a block stays on local disk after its last sample; 0 keeps it for ever. */
  readonly retentionMs: number;
  /** False when no bucket is configured: then age alone decides, as in Prometheus. */
  readonly hasBucket: boolean;
}

/**
 * Blocks that may leave the disk: old enough, of no use to the log, in the bucket if there is one.
 * Without one, those that a Prometheus left stay: its user chose how long they are kept, not ours.
 */
export function planLocalDeletions(
  blocks: readonly LocalBlock[],
  uploaded: ReadonlySet<string>,
  { nowMs, retentionMs, hasBucket }: LocalRetention,
): readonly LocalBlock[] {
  if (retentionMs === 0) return [];
  return blocks.filter(
    (block) =>
      block.maxTimeMs <= nowMs - retentionMs &&
      !block.coversLog &&
      (hasBucket ? uploaded.has(block.ulid) : !block.isForeign),
  );
}
