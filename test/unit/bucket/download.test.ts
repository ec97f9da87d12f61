import { expect, it } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { downloadBlock } from '../../../src/bucket/download.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const ULID = '01KDXS5GR2DHGT1MQ6KYPJFENM';

async function world(stored: string) {
  const bucket = new MemoryBucket(new ManualClock());
  await bucket.put(`${ULID}/chunks/000001`, bytesSource(Buffer.from(stored)));
  const noted = Buffer.from('samples');
  const crc = crc32c(noted).toString(16).padStart(8, '0');
  const files = [{ relPath: 'chunks/000001', sizeBytes: noted.length, crc32c: crc }];
  const block = { ulid: ULID, files, metaBytes: Buffer.from('{}') };
  const disk = new MemoryDisk();
  return { disk, done: downloadBlock(bucket, disk, { block, dir: '/a/block' }) };
}

it('brings every file, meta.json last, and all survives a loss of power', async () => {
  const { disk, done } = await world('samples');
  await done;
  const after = disk.crash();
  expect(Buffer.from(after.readFile('/a/block/chunks/000001')).toString()).toBe('samples');
  expect(Buffer.from(after.readFile('/a/block/meta.json')).toString()).toBe('{}');
});

it.each(['sample', 'samples and more', 'sampler'])('tells other bytes: %s', async (stored) => {
  const { disk, done } = await world(stored);
  await expect(done).rejects.toMatchObject({ code: 'damaged_object' });
  expect(disk.stat('/a/block/meta.json')).toBeUndefined();
});
