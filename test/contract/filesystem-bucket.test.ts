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
    bucket: new FilesystemBucket(options, { disk: new NodeDisk(), random: new SeededRandom(1) }),
    cleanUp: async () => rmSync(dir, { recursive: true, force: true }),
  };
});

bucketSuite('a directory on the simulated disk', async () => ({
  bucket: new FilesystemBucket(
    { directory: '/bucket' },
    { disk: new MemoryDisk(), random: new SeededRandom(2) },
  ),
  cleanUp: async () => undefined,
}));

test('an object that a failed put left is durable once its attributes were told', async () => {
  const disk = new MemoryDisk();
  const open = (on: MemoryDisk) =>
    new FilesystemBucket({ directory: '/bucket' }, { disk: on, random: new SeededRandom(3) });
  const bucket = open(disk);
  disk.faults.add({ operation: 'syncDir', path: '/bucket/b/chunks', code: 'disk_failed' });
  await expect(bucket.put('b/chunks/1', bytesSource(Buffer.from('x')))).rejects.toThrow('EIO');
  // An uploader that comes again finds it, and does not send it twice.
  expect(await bucket.attributes('b/chunks/1')).toMatchObject({ sizeBytes: 1 });
  expect(await open(disk.crash()).exists('b/chunks/1')).toBe(true);
});

test('what a killed put left goes with the next upload of its block, and no other', async () => {
  const disk = new MemoryDisk();
  const open = (on: MemoryDisk) =>
    new FilesystemBucket({ directory: '/bucket' }, { disk: on, random: new SeededRandom(4) });
  disk.faults.add({ operation: 'rename', path: /varve-put/, code: 'disk_failed' });
  const hit = disk.faults.hit.bind(disk.faults);
  let killed = disk;
  // The process is killed between the bytes and the name.
  disk.faults.hit = (operation, path) => {
    if (operation === 'rename') killed = disk.kill();
    return hit(operation, path);
  };
  await expect(open(disk).put('b/chunks/1', bytesSource(Buffer.from('x')))).rejects.toThrow();
  const left = killed.allFiles();
  expect(left).toEqual([expect.stringContaining('/bucket/b/chunks/.varve-put-')]);
  await open(killed).removeUnfinished('c/');
  expect(killed.allFiles()).toEqual(left);
  const [file] = left;
  const shown = { key: file?.slice('/bucket/'.length), id: '', sinceMs: 0 };
  expect(await unfinished(open(killed))).toEqual([shown]);
  expect(await unfinished(open(killed), 'c/')).toEqual([]);
  await open(killed).removeUnfinished('', { beforeMs: 0 });
  expect(killed.allFiles()).toEqual(left);
  expect(killed.stat('/bucket/b/chunks')).toBeDefined();
  await open(killed).removeUnfinished('b/', { beforeMs: 1 });
  // The folder would be listed as one that holds something.
  expect(killed.stat('/bucket/b')).toBeUndefined();
  expect(killed.allFiles()).toEqual([]);
});

test('a folder without anything, of a put or a deletion that was cut off, is shown and swept', async () => {
  const disk = new MemoryDisk();
  const bucket = new FilesystemBucket(
    { directory: '/bucket' },
    { disk, random: new SeededRandom(4) },
  );
  expect(await unfinished(bucket)).toEqual([]);
  await bucket.put('a/index', bytesSource(Buffer.from('x')));
  disk.makeDir('/bucket/b/chunks');
  expect(await unfinished(bucket)).toEqual([{ key: 'b/chunks', id: '', sinceMs: 0 }]);
  await bucket.removeUnfinished('', { beforeMs: 0 });
  expect(disk.stat('/bucket/b/chunks')).toBeDefined();
  await bucket.removeUnfinished('b/', { beforeMs: 1 });
  expect(disk.stat('/bucket/b')).toBeUndefined();
  expect(disk.allFiles()).toEqual(['/bucket/a/index']);
  await bucket.removeUnfinished('', { beforeMs: 1 });
  expect(disk.allFiles()).toEqual(['/bucket/a/index']);
});

async function unfinished(bucket: FilesystemBucket, prefix = ''): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const upload of bucket.listUnfinished(prefix)) found.push(upload);
  return found;
}
