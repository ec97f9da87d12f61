import { expect, test } from 'vitest';
import { listWal } from '../../../src/wal/directory.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

test('segments are files, checkpoints are directories, the rest is nobody’s', () => {
  const disk = new MemoryDisk();
  for (const dir of ['checkpoint.00000004', 'checkpoint.00000006', 'checkpoint.00000011.tmp'])
    disk.makeDir(`/wal/${dir}`);
  disk.makeDir('/wal/00000012');
  for (const name of [
    ...['00000010', '00000005', '100000007', 'checkpoint.00000003', '7', 'notes', '000000099'],
    'checkpoint.00000004/00000000',
  ])
    disk.openSync(`/wal/${name}`, 'create').close();
  expect(listWal(disk, '/wal')).toEqual({
    segments: [5, 10, 100_000_007],
    checkpoints: [4],
    emptyCheckpoints: [6],
    lastNumber: 100_000_007,
  });
});

test('a directory keeps its number from the log', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/wal/00000012');
  expect(listWal(disk, '/wal')).toMatchObject({ segments: [], lastNumber: 12 });
});

test('a directory that is not there is an empty log', () => {
  expect(listWal(new MemoryDisk(), '/wal')).toEqual({
    segments: [],
    checkpoints: [],
    emptyCheckpoints: [],
    lastNumber: -1,
  });
});
