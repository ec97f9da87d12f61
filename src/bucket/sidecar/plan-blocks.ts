// Which of the blocks in a Prometheus's directory are to be uploaded, and why the others are not.
// Pure. The rules are those of Thanos's shipper (thanos pkg/shipper).

import type { BlockMeta } from '../../block/meta/format.ts';

/** A block in the directory, as its meta.json tells of it. */
export interface FoundBlock {
  readonly dir: string;
  readonly meta: BlockMeta;
}

/** What the plan goes by. */
export interface BlockRules {
  /** ULIDs of those that are in the bucket. */
  readonly uploaded: ReadonlySet<string>;
  /** ULIDs of those that are left alone for a while: damaged ones. */
  readonly resting: ReadonlySet<string>;
  /** A block that ends at this time or before is left out. */
  readonly minTimeMs: number;
  readonly uploadCompacted: boolean;
}

/** Why a block is not meant to be uploaded. */
export type PassedOver = 'empty' | 'compacted' | 'before-min-time';

/** What a round has to do. */
export interface BlockPlan {
  /** Oldest first. */
  readonly upload: readonly FoundBlock[];
  /** How many, by reason; what is in the bucket already is in none. */
  readonly passedOver: Readonly<Record<PassedOver, number>>;
}

/** Makes the plan of a round. */
export function planBlocks(found: readonly FoundBlock[], rules: BlockRules): BlockPlan {
  const passedOver = { empty: 0, compacted: 0, 'before-min-time': 0 };
  const upload: FoundBlock[] = [];
  for (const block of found) {
    if (rules.uploaded.has(block.meta.ulid)) continue;
    const reason = reasonAgainst(block.meta, rules);
    if (reason !== undefined) passedOver[reason]++;
    else if (!rules.resting.has(block.meta.ulid)) upload.push(block);
  }
  upload.sort(
    ({ meta: a }, { meta: b }) => a.minTimeMs - b.minTimeMs || (a.ulid < b.ulid ? -1 : 1),
  );
  return { upload, passedOver };
}

function reasonAgainst(meta: BlockMeta, rules: BlockRules): PassedOver | undefined {
  if (meta.stats.numSamples === 0) return 'empty';
  if (isCompacted(meta) && !rules.uploadCompacted) return 'compacted';
  return meta.maxTimeMs <= rules.minTimeMs ? 'before-min-time' : undefined;
}

/** Made of other blocks, not of a head. */
export function isCompacted({ compaction }: BlockMeta): boolean {
  return compaction.level > 1;
}
