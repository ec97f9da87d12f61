// What every Disk must do, run on the real one and on the simulated one.

import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import type { Disk } from '../../../../src/base/runtime/disk.ts';

/** Declares the tests; `make` gives a disk and an empty directory on it. */
export function describeDisk(name: string, make: () => { disk: Disk; dir: string }): void {
  describe(name, () => {
    let disk: Disk;
    let dir: string;
    const at = (path: string): string => join(dir, path);

    beforeEach(() => {
      ({ disk, dir } = make());
    });

    function code(call: () => unknown): string {
      try {
        call();
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(VarveError);
        return (thrown as VarveError).code;
      }
      return 'nothing thrown';
    }

    it('reads back what was written, at any position', () => {
      const file = disk.openSync(at('a'), 'create');
      file.write(Buffer.from('hello world'), 0);
      file.write(Buffer.from('WORLD'), 6);
      file.sync();
      const into = new Uint8Array(20);
      expect(file.read(into, 3)).toBe(8);
      expect(Buffer.from(into.subarray(0, 8)).toString()).toBe('lo WORLD');
      expect(file.read(into, 11)).toBe(0);
      expect(file.sizeBytes()).toBe(11);
      file.truncate(5);
      expect(file.sizeBytes()).toBe(5);
      file.close();
      file.close();
      expect(Buffer.from(disk.readFile(at('a'))).toString()).toBe('hello');
    });

    it('fills a gap with zeros', () => {
      const file = disk.openSync(at('a'), 'create');
      file.write(Buffer.from('abc'), 0);
      file.truncate(1);
      file.write(Buffer.from('d'), 3);
      file.close();
      expect([...disk.readFile(at('a'))]).toEqual([97, 0, 0, 100]);
    });

    it('gives the open modes their meaning', () => {
      expect(code(() => disk.openSync(at('a'), 'read'))).toBe('not_found');
      expect(code(() => disk.openSync(at('a'), 'update'))).toBe('not_found');
      disk.openSync(at('a'), 'create').close();
      expect(code(() => disk.openSync(at('a'), 'create'))).toBe('already_exists');
      expect(code(() => disk.openSync(at('missing/a'), 'create'))).toBe('not_found');
      const reader = disk.openSync(at('a'), 'read');
      expect(code(() => reader.write(Buffer.from('x'), 0))).toBe('disk_failed');
      reader.close();
      expect(code(() => reader.read(new Uint8Array(1), 0))).toBe('disk_failed');
    });

    it('writes durable files and refuses them after close', async () => {
      const file = await disk.openDurable(at('wal'), 'create');
      await file.write(Buffer.from('abcdef'), 0);
      await file.dataSync();
      await file.truncate(4);
      await file.close();
      await file.close();
      await expect(file.write(Buffer.from('x'), 0)).rejects.toMatchObject({ code: 'disk_failed' });
      expect(Buffer.from(disk.readFile(at('wal'))).toString()).toBe('abcd');
      await expect(disk.openDurable(at('wal'), 'create')).rejects.toMatchObject({
        code: 'already_exists',
      });
      await expect(disk.openDurable(at('none'), 'update')).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('names the path in every error', () => {
      expect(() => disk.readFile(at('gone'))).toThrow(at('gone'));
      expect(() => disk.list(at('gone'))).toThrow(at('gone'));
    });

    it('replaces a file as a whole and leaves nothing beside it', () => {
      disk.replaceFile(at('meta.json'), Buffer.from('one'));
      disk.replaceFile(at('meta.json'), Buffer.from('two'));
      expect(Buffer.from(disk.readFile(at('meta.json'))).toString()).toBe('two');
      expect(disk.list(dir).map((one) => one.name)).toEqual(['meta.json']);
    });

    it('lists names in byte order', () => {
      for (const name of ['b', 'a', '\u{1f680}', '\u{ff5e}']) {
        disk.openSync(at(name), 'create').close();
      }
      disk.makeDir(at('c/d'));
      disk.makeDir(at('c/d'));
      const names = disk.list(dir);
      expect(names.map((one) => one.name)).toEqual(['a', 'b', 'c', '\u{ff5e}', '\u{1f680}']);
      expect(names.map((one) => one.isDirectory)).toEqual([false, false, true, false, false]);
      expect(code(() => disk.list(at('none')))).toBe('not_found');
    });

    it('tells what stands at a path', () => {
      disk.replaceFile(at('a'), Buffer.from('12345'));
      expect(disk.stat(at('a'))).toMatchObject({ sizeBytes: 5, isDirectory: false });
      expect(disk.stat(dir)).toMatchObject({ isDirectory: true });
      expect(disk.stat(at('none'))).toBeUndefined();
      expect(disk.stat(at('a/below'))).toBeUndefined();
    });

    it('renames over a file, and over a directory only when that is empty', () => {
      disk.replaceFile(at('a'), Buffer.from('a'));
      disk.replaceFile(at('b'), Buffer.from('b'));
      disk.rename(at('a'), at('b'));
      expect(disk.list(dir).map((one) => one.name)).toEqual(['b']);
      expect(code(() => disk.rename(at('a'), at('c')))).toBe('not_found');
      disk.makeDir(at('full'));
      disk.replaceFile(at('full/x'), Buffer.from('x'));
      disk.makeDir(at('new'));
      expect(code(() => disk.rename(at('new'), at('full')))).toBe('already_exists');
      disk.rename(at('full'), at('new'));
      expect(disk.stat(at('new/x'))?.sizeBytes).toBe(1);
    });

    it('gives a file a second name, but none that is taken', () => {
      disk.replaceFile(at('a'), Buffer.from('a'));
      disk.linkNew(at('a'), at('b'));
      disk.removeFile(at('a'));
      expect(Buffer.from(disk.readFile(at('b'))).toString()).toBe('a');
      disk.replaceFile(at('c'), Buffer.from('c'));
      expect(code(() => disk.linkNew(at('c'), at('b')))).toBe('already_exists');
      expect(code(() => disk.linkNew(at('none'), at('d')))).toBe('not_found');
    });

    it('removes what is there and does not mind what is not', () => {
      disk.makeDir(at('d/e'));
      disk.replaceFile(at('d/e/f'), Buffer.from('f'));
      disk.removeFile(at('d/e/f'));
      disk.removeFile(at('d/e/f'));
      disk.replaceFile(at('d/e/f'), Buffer.from('f'));
      disk.removeTree(at('d'));
      disk.removeTree(at('d'));
      expect(disk.list(dir)).toEqual([]);
    });

    it('writes from shared memory', () => {
      const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7);
      disk.replaceFile(at('s'), shared);
      expect([...disk.readFile(at('s'))]).toEqual([7, 7, 7]);
    });

    it('knows how much is free and syncs directories', () => {
      expect(disk.freeBytes(dir)).toBeGreaterThan(0);
      disk.syncDir(dirname(at('x')));
      expect(code(() => disk.syncDir(at('none')))).toBe('not_found');
    });
  });
}
