import { expect, test } from 'vitest';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { type BucketConfig, openBucket } from '../../../storage-adapters/open-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const world = () => ({
  disk: new MemoryDisk(),
  random: new SeededRandom(1),
  timers: new ManualClock(),
});

test('FILESYSTEM keeps objects as files of its directory', async () => {
  const at = world();
  const config: BucketConfig = { type: 'FILESYSTEM', prefix: '', config: { directory: '/b' } };
  const bucket = await openBucket(config, at);
  await bucket.put('x/y', bytesSource(Uint8Array.of(1, 2)));
  expect([...at.disk.readFile('/b/x/y')]).toEqual([1, 2]);
});

test('a type that this version does not have is bad configuration, with its name', async () => {
  const config = { type: 'S3', prefix: '', config: {} } as unknown as BucketConfig;
  await expect(openBucket(config, world())).rejects.toMatchObject({
    code: 'bad_config',
    message: 'object store type S3 is not supported yet',
  });
});
