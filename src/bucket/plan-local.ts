// What to do with the blocks on local disk: which to upload, which may leave. Pure.

import type { LocalBlock } from './local-block.ts';

/**
 * Blocks to upload now, in the order in which they were cut: so an outage is caught up in the order
 * of time, and a block that is in the bucket had all before it there (wal/restore/covering.ts).
 */
export function planUploads(
  blocks: readonly LocalBlock[],
  uploaded: ReadonlySet<string>,
): readonly LocalBlock[] {
  return blocks
    .filter((block) => !uploaded.has(block.ulid))
    .sort((a, b) => (a.ulid < b.ulid ? -1 : 1));
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
