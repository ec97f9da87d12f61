import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
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
