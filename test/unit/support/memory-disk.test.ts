import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { describeDisk } from '../base/runtime/disk-contract.ts';

describeDisk('MemoryDisk', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/data');
  return { disk, dir: '/data' };
});

function text(disk: MemoryDisk, path: string): string {
  return Buffer.from(disk.readFile(path)).toString();
}

describe('MemoryDisk after a power loss', () => {
  let disk: MemoryDisk;

  beforeEach(() => {
    disk = new MemoryDisk();
    disk.makeDir('/d');
  });

  it('keeps synced bytes of a file whose name is synced, and nothing else', async () => {
    const file = await disk.openDurable('/d/wal', 'create');
    disk.syncDir('/d');
    await file.write(Buffer.from('kept'), 0);
    await file.dataSync();
    await file.write(Buffer.from('lost'), 4);
    const after = disk.crash();
    expect(text(after, '/d/wal')).toBe('kept');
    await expect(file.dataSync()).rejects.toMatchObject({ code: 'disk_failed' });
    expect(() => disk.list('/d')).toThrow('the power is off');
  });

  it('loses a synced file whose name is not synced', () => {
    const file = disk.openSync('/d/a', 'create');
    file.write(Buffer.from('x'), 0);
    file.sync();
    expect(disk.crash().allFiles()).toEqual([]);
  });

  it('undoes a rename until the directory is synced', () => {
    disk.replaceFile('/d/a', Buffer.from('a'));
    disk.replaceFile('/d/b', Buffer.from('b'));
    disk.rename('/d/a', '/d/b');
    expect(text(disk, '/d/b')).toBe('a');
    const undone = disk.crash();
    expect([text(undone, '/d/a'), text(undone, '/d/b')]).toEqual(['a', 'b']);
    undone.rename('/d/a', '/d/b');
    undone.syncDir('/d');
    const done = undone.crash();
    expect(done.allFiles()).toEqual(['/d/b']);
    expect(text(done, '/d/b')).toBe('a');
  });

  it('brings a removed file back until the directory is synced', () => {
    disk.replaceFile('/d/a', Buffer.from('a'));
    disk.removeFile('/d/a');
    disk = disk.crash();
    expect(text(disk, '/d/a')).toBe('a');
    disk.removeFile('/d/a');
    disk.syncDir('/d');
    expect(disk.crash().allFiles()).toEqual([]);
  });

  it('with a seed has a rename happened or not, never half', () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const one = new MemoryDisk();
      one.makeDir('/d');
      one.makeDir('/e');
      one.replaceFile('/d/a', Buffer.from('a'));
      one.rename('/d/a', '/e/b');
      outcomes.add(one.crash(new SeededRandom(seed)).allFiles().join());
    }
    expect([...outcomes].sort()).toEqual(['/d/a', '/e/b']);
  });

  it('with a seed tears unsynced writes at sectors, leaves synced bytes alone, and repeats', () => {
    const sizes = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const run = (): string => {
        const one = new MemoryDisk();
        one.makeDir('/d');
        const file = one.openSync('/d/a', 'create');
        file.write(new Uint8Array(700).fill(1), 0);
        file.sync();
        one.syncDir('/d');
        file.write(new Uint8Array(2000).fill(2), 700);
        const bytes = one.crash(new SeededRandom(seed)).readFile('/d/a');
        sizes.add(bytes.length);
        expect(bytes.subarray(0, 700).every((byte) => byte === 1)).toBe(true);
        expect(bytes.subarray(700).every((byte) => byte === 2)).toBe(true);
        return Buffer.from(bytes).toString('hex');
      };
      expect(run()).toBe(run());
    }
    expect([...sizes].sort((a, b) => a - b)).toEqual([700, 1024, 1536, 2048, 2560, 2700]);
  });

  it('does not bring bytes of a failed sync to the device by a later sync', () => {
    const file = disk.openSync('/d/a', 'create');
    disk.syncDir('/d');
    file.write(Buffer.from('first'), 0);
    disk.faults.add({ operation: 'sync', path: '/d/a', code: 'disk_failed' });
    expect(() => file.sync()).toThrow('EIO');
    file.write(Buffer.from('then'), 5);
    file.sync();
    expect(text(disk, '/d/a')).toBe('firstthen');
    expect([...disk.crash().readFile('/d/a')]).toEqual([0, 0, 0, 0, 0, ...Buffer.from('then')]);
  });

  it('loses nothing when only the process is killed', () => {
    disk.openSync('/d/a', 'create').write(Buffer.from('x'), 0);
    const after = disk.kill();
    expect(text(after, '/d/a')).toBe('x');
    expect(() => disk.readFile('/d/a')).toThrow('the power is off');
  });
});

describe('MemoryDisk with faults', () => {
  it('fails the n-th operation on a path, once', async () => {
    const disk = new MemoryDisk();
    const file = await disk.openDurable('/a', 'create');
    disk.faults.add({ operation: 'sync', path: /a$/, code: 'disk_failed', nth: 2 });
    await file.dataSync();
    await expect(file.dataSync()).rejects.toMatchObject({ code: 'disk_failed' });
    await file.dataSync();
  });

  it('takes part of a write before it fails', () => {
    const disk = new MemoryDisk();
    const file = disk.openSync('/a', 'create');
    disk.faults.add({ operation: 'write', path: '/a', code: 'disk_full', bytesTaken: 3 });
    expect(() => file.write(Buffer.from('abcdef'), 0)).toThrow('ENOSPC');
    expect(text(disk, '/a')).toBe('abc');
  });

  it('runs full and has room again after a removal', () => {
    const disk = new MemoryDisk({ capacityBytes: 10 });
    disk.replaceFile('/a', new Uint8Array(6));
    expect(disk.freeBytes('/')).toBe(4);
    const file = disk.openSync('/b', 'create');
    expect(() => file.write(new Uint8Array(6), 0)).toThrow('only 4 of 6 bytes were taken');
    expect(file.sizeBytes()).toBe(4);
    file.write(new Uint8Array(4), 0);
    disk.removeFile('/a');
    file.write(new Uint8Array(6), 4);
    expect(disk.freeBytes('/')).toBe(0);
  });
});

describe('a directory that was made by a process that could not sync its name', () => {
  it('is durable when it is made again', () => {
    const disk = new MemoryDisk();
    disk.faults.add({ operation: 'syncDir', path: '/', code: 'disk_failed' });
    expect(() => disk.makeDir('/d')).toThrow('EIO');
    disk.makeDir('/d');
    expect(disk.crash().stat('/d')).toBeDefined();
  });

  it('keeps what a killed process had written, for the next one to sync', async () => {
    const disk = new MemoryDisk();
    const file = await disk.openDurable('/a', 'create');
    disk.syncDir('/');
    await file.write(Buffer.from('x'), 0);
    const next = disk.kill();
    await expect(file.dataSync()).rejects.toThrow('the power is off');
    next.openSync('/a', 'update').sync();
    expect(text(next.crash(), '/a')).toBe('x');
  });
});
