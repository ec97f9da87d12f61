import { expect, it } from 'vitest';
import { setAside } from '../../../src/wal/set-aside.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

function world(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeDir('/t/a/wbl');
  disk.replaceFile('/t/a/wbl/00000000', Uint8Array.of(1));
  disk.syncDir('/t/a');
  return disk;
}

const options = (disk: MemoryDisk) => ({ disk, from: '/t/a', name: 'wbl', into: '/t/.varve/x' });

it('keeps everything under another name, durably', () => {
  const disk = world();
  expect(setAside(options(disk))).toBe('/t/.varve/x/wbl-1');
  expect(disk.crash().allFiles()).toEqual(['/t/.varve/x/wbl-1/00000000']);
});

it('overwrites nothing that was set aside before', () => {
  const disk = world();
  setAside(options(disk));
  disk.makeDir('/t/a/wbl');
  expect(setAside(options(disk))).toBe('/t/.varve/x/wbl-2');
  expect(disk.allFiles()).toEqual(['/t/.varve/x/wbl-1/00000000']);
});

it('leaves it where it is when the disk fails', () => {
  const disk = world();
  disk.faults.add({ operation: 'rename', path: /wbl/, code: 'disk_failed' });
  expect(() => setAside(options(disk))).toThrow(/./);
  expect(disk.allFiles()).toEqual(['/t/a/wbl/00000000']);
});
