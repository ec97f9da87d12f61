// Uploads of single objects that were begun and never ended, where Varve may take them away: under
// a ULID or varve/. What lies elsewhere is somebody else's. No listing of objects shows them.

import type { Bucket, BucketReader, CallOptions } from './bucket.ts';
import { blockOfKey, blockPrefix, VARVE_PREFIX } from './layout.ts';

/** What lies under one prefix. */
export interface UploadsUnder {
  /** Uploads that have not moved since the time asked for, and the oldest time of any. */
  readonly stale: number;
  readonly staleSinceMs: number;
  /** Uploads that have moved since, or of which the store says no time. */
  readonly fresh: number;
}

/** By prefix (a block's, or varve/): those that have not moved since `beforeMs`, and the others. */
export async function unfinishedUploads(
  bucket: BucketReader,
  beforeMs: number,
  options: CallOptions = {},
): Promise<ReadonlyMap<string, UploadsUnder>> {
  const found = new Map<string, UploadsUnder>();
  for await (const { key, sinceMs } of bucket.listUnfinished('', options)) {
    const ulid = blockOfKey(key);
    if (ulid === undefined && !key.startsWith(VARVE_PREFIX)) continue;
    const prefix = ulid === undefined ? VARVE_PREFIX : blockPrefix(ulid);
    const one = found.get(prefix) ?? { stale: 0, staleSinceMs: beforeMs, fresh: 0 };
    const isStale = sinceMs !== undefined && sinceMs < beforeMs;
    found.set(
      prefix,
      isStale
        ? { ...one, stale: one.stale + 1, staleSinceMs: Math.min(one.staleSinceMs, sinceMs) }
        : { ...one, fresh: one.fresh + 1 },
    );
  }
  return found;
}

/** Takes away all that have not moved since `beforeMs`; how many there were. */
export async function removeStaleUploads(
  bucket: Bucket,
  beforeMs: number,
  options: CallOptions = {},
): Promise<number> {
  let removed = 0;
  for (const [prefix, { stale }] of await unfinishedUploads(bucket, beforeMs, options)) {
    if (stale === 0) continue;
    await bucket.removeUnfinished(prefix, { ...options, beforeMs });
    removed += stale;
  }
  return removed;
}
