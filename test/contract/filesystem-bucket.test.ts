import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { FilesystemBucket } from '../../storage-adapters/filesystem/filesystem-bucket.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { bucketSuite } from './bucket-suite.ts';

bucketSuite('a directory on disk', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'varve-bucket-'));
  const options = { directory: join(dir, 'made', 'on', 'demand') };
  return {
    bucket: new FilesystemBucket(options, new NodeDisk(), new SeededRandom(1)),
    cleanUp: async () => rmSync(dir, { recursive: true, force: true }),
  };
});

bucketSuite('a directory on the simulated disk', async () => ({
  bucket: new FilesystemBucket({ directory: '/bucket' }, new MemoryDisk(), new SeededRandom(2)),
  cleanUp: async () => undefined,
}));

test('an object that a failed put left is durable once its attributes were told', async () => {
  const disk = new MemoryDisk();
  const open = (on: MemoryDisk) =>
    new FilesystemBucket({ directory: '/bucket' }, on, new SeededRandom(3));
  const bucket = open(disk);
  disk.faults.add({ operation: 'syncDir', path: '/bucket/b/chunks', code: 'disk_failed' });
  await expect(bucket.put('b/chunks/1', bytesSource(Buffer.from('x')))).rejects.toThrow('EIO');
  // An uploader that comes again finds it, and does not send it twice.
  expect(await bucket.attributes('b/chunks/1')).toMatchObject({ sizeBytes: 1 });
  expect(await open(disk.crash()).exists('b/chunks/1')).toBe(true);
});
