import { expect, test } from 'vitest';
import type { Bucket, UnfinishedUpload } from '../../../src/bucket/bucket.ts';
import { removeStaleUploads, unfinishedUploads } from '../../../src/bucket/stale-uploads.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const ULID = '01M832NMCBMHG82BHKZJX0ASR2';

function bucketWith(uploads: readonly (readonly [key: string, sinceMs: number | undefined])[]) {
  const removed: string[] = [];
  const bucket: Bucket = Object.assign(new MemoryBucket(new ManualClock()), {
    listUnfinished: async function* (): AsyncGenerator<UnfinishedUpload> {
      for (const [key, sinceMs] of uploads) yield { key, id: '', sinceMs };
    },
    removeUnfinished: async (prefix: string, options: { readonly beforeMs?: number } = {}) => {
      removed.push(`${prefix} ${options.beforeMs}`);
    },
  });
  return { bucket, removed };
}

test('by block, and what is Varve’s own; what is somebody else’s is left alone', async () => {
  const { bucket, removed } = bucketWith([
    [`${ULID}/index`, 5],
    [`${ULID}/chunks/000001`, 3],
    [`${ULID}/chunks/000002`, 10],
    ['varve/receipts/x', undefined],
    ['debug/metas/x', 1],
    ['photos/y', 1],
  ]);
  expect([...(await unfinishedUploads(bucket, 10))]).toEqual([
    [`${ULID}/`, { stale: 2, staleSinceMs: 3, fresh: 1 }],
    ['varve/', { stale: 0, staleSinceMs: 10, fresh: 1 }],
  ]);
  expect(await removeStaleUploads(bucket, 10)).toBe(2);
  expect(removed).toEqual([`${ULID}/ 10`]);
});
