import { expect, it } from 'vitest';
import { syncSegments } from '../../../src/wal/repair.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const OLDER = '/wal/00000003';
const NEWEST = '/wal/00000004';

/** Two segments, of which the newest was written and could not be synced before the kill. */
function afterFailedSync(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeDir('/wal');
  for (const path of [OLDER, NEWEST]) {
    const file = disk.openSync(path, 'create');
    file.write(Uint8Array.of(1, 2, 3), 0);
    if (path === NEWEST) {
      disk.faults.add({ operation: 'sync', path, code: 'disk_failed' });
      expect(() => file.sync()).toThrow(/EIO/);
    }
    file.close();
  }
  return disk.kill();
}

it('what a failed sync left in the page cache is durable once it is believed', () => {
  const disk = afterFailedSync();
  expect(syncSegments(disk, '/wal')).toBeUndefined();
  const after = disk.crash();
  expect(after.allFiles()).toEqual([OLDER, NEWEST]);
  for (const path of [OLDER, NEWEST]) expect(after.readFile(path)).toEqual(Uint8Array.of(1, 2, 3));
});

it('a copy that a crash left is no reason to fail', () => {
  const disk = afterFailedSync();
  disk.replaceFile(`${NEWEST}.tmp`, Uint8Array.of(9));
  expect(syncSegments(disk, '/wal')).toBeUndefined();
  expect(disk.allFiles()).toEqual([OLDER, NEWEST]);
});

it('a full disk leaves the segment as it is, and is told', () => {
  const disk = afterFailedSync();
  disk.faults.add({ operation: 'write', path: `${NEWEST}.tmp`, code: 'disk_full', bytesTaken: 1 });
  expect(syncSegments(disk, '/wal')).toMatchObject({ code: 'disk_full' });
  expect(disk.allFiles()).toEqual([OLDER, NEWEST]);
  expect(disk.readFile(NEWEST)).toEqual(Uint8Array.of(1, 2, 3));
});

it('fails when the disk does', () => {
  const disk = afterFailedSync();
  disk.faults.add({ operation: 'sync', path: `${NEWEST}.tmp`, code: 'disk_failed' });
  expect(() => syncSegments(disk, '/wal')).toThrow(/EIO/);
});

it('nothing is nothing', () => {
  expect(syncSegments(new MemoryDisk(), '/wal')).toBeUndefined();
});
