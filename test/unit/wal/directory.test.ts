import { expect, test } from 'vitest';
import { listWal } from '../../../src/wal/directory.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

test('segments are files, checkpoints are directories, the rest is nobody’s', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/wal/checkpoint.00000004');
  disk.makeDir('/wal/checkpoint.00000011.tmp');
  disk.makeDir('/wal/00000009');
  for (const name of ['00000010', '00000005', 'checkpoint.00000003', '7', 'notes']) {
    disk.openSync(`/wal/${name}`, 'create').close();
  }
  expect(listWal(disk, '/wal')).toEqual({ segments: [5, 10], checkpoints: [4] });
});

test('a directory that is not there is an empty log', () => {
  expect(listWal(new MemoryDisk(), '/wal')).toEqual({ segments: [], checkpoints: [] });
});
