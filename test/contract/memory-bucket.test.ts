import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import { bucketSuite } from './bucket-suite.ts';

bucketSuite('memory', async () => {
  let nowMs = 0;
  const clock = { nowMs: () => ++nowMs, monotonicMs: () => nowMs };
  return { bucket: new MemoryBucket(clock), cleanUp: async () => undefined };
});
