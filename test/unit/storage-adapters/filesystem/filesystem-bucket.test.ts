import { expect, it } from 'vitest';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { FilesystemBucket } from '../../../../storage-adapters/filesystem/filesystem-bucket.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

function bucketOn(disk: MemoryDisk): FilesystemBucket {
  return new FilesystemBucket({ directory: '/bucket' }, disk, new SeededRandom(1));
}

it('an object that a failed put left behind is durable once its attributes were told', async () => {
  const disk = new MemoryDisk();
  const bucket = bucketOn(disk);
  disk.faults.add({ operation: 'syncDir', path: '/bucket/b/chunks', code: 'disk_failed' });
  await expect(bucket.put('b/chunks/1', bytesSource(Buffer.from('x')))).rejects.toThrow('EIO');
  // An uploader that comes again finds it, and does not send it twice.
  expect(await bucket.attributes('b/chunks/1')).toMatchObject({ sizeBytes: 1 });
  expect(await bucketOn(disk.crash()).exists('b/chunks/1')).toBe(true);
});
