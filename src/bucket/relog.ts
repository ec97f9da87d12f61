// Makes the log of uploads anew when it was lost: blocks that are noted as uploaded and not in the
// log are looked for in the bucket, one list each, a few in a round.

import type { Bucket, CallOptions } from './bucket.ts';
import { blockPrefix, META_FILE } from './layout.ts';
import type { LocalBlock } from './local-block.ts';
import type { UploadLog } from './upload-log.ts';

/** Blocks looked for in one round. */
const BLOCKS_PER_ROUND = 20;

/** Blocks of a directory that are noted as uploaded. */
export interface UploadedBlocks {
  readonly tenant: string;
  readonly blocks: readonly LocalBlock[];
}

/** How many were looked for, and how many of them were not in the bucket (any more). */
export interface Relogged {
  readonly looked: number;
  readonly missing: number;
  /** True when the log does not keep what it is told: then it is of no use to go on. */
  readonly isLost: boolean;
}

/** One round of it. Throws what the bucket throws. */
export async function relogUploads(
  bucket: Bucket,
  { log, call }: { readonly log: UploadLog; readonly call: CallOptions },
  dirs: readonly UploadedBlocks[],
): Promise<Relogged> {
  let [looked, missing] = [0, 0];
  for (const { tenant, blocks } of dirs) {
    for (const block of blocks) {
      if (log.isNoted(bucket.name, block.ulid) !== false) continue;
      if (looked === BLOCKS_PER_ROUND) return { looked, missing, isLost: false };
      looked++;
      if (!(await relog(bucket, { log, call, tenant }, block))) missing++;
      if (log.isNoted(bucket.name, block.ulid) !== true) return { looked, missing, isLost: true };
    }
  }
  return { looked, missing, isLost: false };
}

/** True when the block is in the bucket. */
async function relog(
  bucket: Bucket,
  { log, call, tenant }: { log: UploadLog; call: CallOptions; tenant: string },
  { ulid, minTimeMs, maxTimeMs, files }: LocalBlock,
): Promise<boolean> {
  const prefix = blockPrefix(ulid);
  const listed = new Map<string, number>();
  for await (const page of bucket.list(prefix, call))
    for (const { key, sizeBytes } of page) listed.set(key.slice(prefix.length), sizeBytes);
  const blockBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  log.begin(bucket.name, { ulid, tenant, minTimeMs, maxTimeMs, sizeBytes: blockBytes });
  const digests = new Map(files.map((file) => [file.name, file]));
  for (const [name, sizeBytes] of listed) {
    const local = digests.get(name);
    const noted = local?.sizeBytes === sizeBytes ? local : undefined;
    const sums = { crc32c: undefined, sha256: noted?.sha256 };
    const verified = { verifiedBy: 'listed size', sent: false } as const;
    log.fileVerified(bucket.name, ulid, { name, sizeBytes, ...sums, ...verified });
  }
  const isThere = listed.has(META_FILE);
  log.end(bucket.name, ulid, isThere ? 'listed' : 'missing');
  return isThere;
}
