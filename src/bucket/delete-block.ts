// Takes a block out of the bucket, in the order that leaves no half of it for whole: meta.json
// first, so that nobody takes it for a block any more; the deletion mark last, so that a deletion
// that was cut off is found and ended (thanos docs/storage.md).

import { VarveError } from '../base/errors/varve-error.ts';
import { listBlock } from './block-listing.ts';
import { type BlockListing, isPartial, newestMs } from './block-record.ts';
import type { Bucket, CallOptions } from './bucket.ts';
import { blockKey, blockPrefix, DELETION_MARK_FILE, META_FILE } from './layout.ts';

/** How many keys are held between listing and deleting. */
const BATCH_KEYS = 1000;

/** Deletes the block with everything under its ULID. Harmless when it is not there. */
export async function deleteBlock(
  bucket: Bucket,
  ulid: string,
  options?: CallOptions,
): Promise<void> {
  await bucket.delete(blockKey(ulid, META_FILE), options);
  await deleteRest(bucket, ulid, options);
}

/**
 * Deletes what an upload left that was cut off. It is listed once more first: an upload that has
 * gone on since `seen` was listed, or has ended, is left alone.
 * @returns false when it was left alone
 */
export async function deletePartial(
  bucket: Bucket,
  seen: BlockListing,
  options?: CallOptions,
): Promise<boolean> {
  const now = await listBlock(bucket, seen.ulid, options);
  if (!isPartial(now) || newestMs(now) !== newestMs(seen)) return false;
  if (now.files.length !== seen.files.length) return false;
  await deleteRest(bucket, seen.ulid, options);
  if (!(await bucket.exists(blockKey(seen.ulid, META_FILE), options))) return true;
  const what = 'its meta.json appeared while its other files were deleted: upload it again';
  throw new VarveError('damaged_object', `block ${seen.ulid} in ${bucket.name}: ${what}`);
}

/** Everything but meta.json; the deletion mark last. */
async function deleteRest(bucket: Bucket, ulid: string, options?: CallOptions): Promise<void> {
  const kept = new Set([META_FILE, DELETION_MARK_FILE].map((name) => blockKey(ulid, name)));
  for (;;) {
    const keys: string[] = [];
    for await (const page of bucket.list(blockPrefix(ulid), options)) {
      for (const { key } of page) if (!kept.has(key)) keys.push(key);
      if (keys.length >= BATCH_KEYS) break;
    }
    for (const key of keys) await bucket.delete(key, options);
    if (keys.length < BATCH_KEYS) break;
  }
  await bucket.removeUnfinished(blockPrefix(ulid), options);
  await bucket.delete(blockKey(ulid, DELETION_MARK_FILE), options);
}
