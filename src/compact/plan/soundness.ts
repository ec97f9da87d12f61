// Which blocks may stand in for others: not those that were set aside because something is wrong
// with them. A no-compact mark is also put on sound blocks, for reasons of the compaction itself.

import type { ViewedBlock } from '../../bucket/block-view.ts';

/** Thanos's reason for a block that would make an index too large; Varve's as well. */
export const INDEX_SIZE_EXCEEDING = 'index-size-exceeding';

/** Reasons (thanos docs/storage.md) that say nothing against what the block holds. */
const HARMLESS: ReadonlySet<string> = new Set([
  INDEX_SIZE_EXCEEDING,
  'downsample-vertical-compaction',
  'manual',
]);

/** Has the block a no-compact mark that speaks against its contents? */
export function isSetAside({ marks: { noCompact } }: ViewedBlock): boolean {
  return noCompact !== undefined && !HARMLESS.has(noCompact.reason);
}

/**
 * The blocks cut from heads that are in it; itself when it names none, so that it is never
 * garbage.
 */
export function sourcesOf({ sources, ulid }: ViewedBlock): readonly string[] {
  return sources.length === 0 ? [ulid] : sources;
}
