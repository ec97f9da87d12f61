import { expect, test } from 'vitest';
import { readBucketDocument } from '../../../src/base/config/bucket-document.ts';
import { Secret } from '../../../src/base/config/secret.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { type BucketConfig, openBucket } from '../../../storage-adapters/open-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const world = () => {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  return { disk: new MemoryDisk(), random: new SeededRandom(1), clock, timers: clock, logger };
};

test('FILESYSTEM keeps objects as files of its directory', async () => {
  const at = world();
  const config: BucketConfig = { type: 'FILESYSTEM', prefix: '', config: { directory: '/b' } };
  const bucket = await openBucket(config, at);
  await bucket.put('x/y', bytesSource(Uint8Array.of(1, 2)));
  expect([...at.disk.readFile('/b/x/y')]).toEqual([1, 2]);
});

test('S3 is opened without a request, and its document survives the way to a thread', async () => {
  const text =
    'type: S3\nconfig: {bucket: b, endpoint: "127.0.0.1:1", access_key: k, secret_key: s}';
  const source = { name: 'b.yml', text: new Secret(text), fillEnvironment: false };
  const document = structuredClone(readBucketDocument(source, {}));
  const bucket = await openBucket(document, world());
  expect(bucket.name).toBe('s3:b');
  await bucket.close();
});
