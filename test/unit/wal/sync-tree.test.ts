import { expect, it } from 'vitest';
import { syncTree } from '../../../src/wal/sync-tree.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

it('makes everything below a directory durable', async () => {
  const disk = new MemoryDisk();
  disk.makeDir('/t/a/b');
  for (const path of ['/t/x', '/t/a/y', '/t/a/b/z']) {
    const file = disk.openSync(path, 'create');
    file.write(Uint8Array.of(1, 2), 0);
    file.close();
  }
  await syncTree(disk, '/t', async () => undefined);
  const after = disk.crash();
  expect(after.allFiles()).toEqual(['/t/a/b/z', '/t/a/y', '/t/x']);
  expect(after.readFile('/t/a/b/z')).toEqual(Uint8Array.of(1, 2));
});

it('fails when the disk does', async () => {
  const disk = new MemoryDisk();
  disk.makeDir('/t');
  disk.replaceFile('/t/x', Uint8Array.of(1));
  disk.faults.add({ operation: 'sync', path: '/t/x', code: 'disk_failed' });
  await expect(syncTree(disk, '/t', async () => undefined)).rejects.toMatchObject({
    code: 'disk_failed',
  });
});
