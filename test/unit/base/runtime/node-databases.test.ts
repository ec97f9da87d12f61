import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import type { Databases } from '../../../../src/base/runtime/databases.ts';
import { NodeDatabases } from '../../../../src/base/runtime/node-databases.ts';
import { NodeDisk } from '../../../../src/base/runtime/node-disk.ts';
import { sqliteError } from '../../../../src/base/runtime/sqlite-database.ts';
import { MemoryDatabases } from '../../../support/memory-databases.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'varve-databases-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof VarveError) return thrown.code;
    throw thrown;
  }
  return 'no error';
}

describe.each<[string, () => Databases]>([
  ['of SQLite files', () => new NodeDatabases(new NodeDisk())],
  ['in memory', () => new MemoryDatabases(new MemoryDisk())],
])('databases %s', (name, make) => {
  const path = (file: string): string => join(root, name.replaceAll(' ', '-'), file);

  it('keep what was written, and give numbers, texts and nothing as they were', () => {
    const databases = make();
    const first = databases.open(path('kept.db'));
    first.exec('CREATE TABLE t (a INTEGER, b REAL, c TEXT) STRICT');
    first.prepare('INSERT INTO t VALUES (?, ?, ?)').run(2 ** 52, 0.5, null);
    first.close();
    const again = databases.open(path('kept.db'));
    const rows = again.prepare('SELECT * FROM t');
    expect(rows.all()).toEqual([{ a: 2 ** 52, b: 0.5, c: null }]);
    expect(rows.get()).toEqual({ a: 2 ** 52, b: 0.5, c: null });
    expect(again.prepare('SELECT * FROM t WHERE a = ?').get(1)).toBeUndefined();
    again.close();
  });

  it('take back a transaction that fails', () => {
    const database = make().open(path('transaction.db'));
    database.exec('CREATE TABLE t (a INTEGER) STRICT');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    const broken = (): void =>
      database.transaction(() => {
        insert.run(1);
        throw new VarveError('overloaded', 'enough');
      });
    expect(codeOf(broken)).toBe('overloaded');
    expect(database.transaction(() => insert.run(2))).toBeUndefined();
    expect(database.prepare('SELECT a FROM t').all()).toEqual([{ a: 2 }]);
    database.close();
  });

  it('move, and leave room for a new one', () => {
    const databases = make();
    const one = databases.open(path('one.db'));
    one.exec('CREATE TABLE t (a INTEGER) STRICT');
    one.close();
    databases.move(path('one.db'), path('two.db'));
    const fresh = databases.open(path('one.db'));
    expect(codeOf(() => fresh.prepare('SELECT a FROM t'))).toBe('internal');
    fresh.close();
    const moved = databases.open(path('two.db'));
    expect(moved.prepare('SELECT a FROM t').all()).toEqual([]);
    moved.close();
  });
});

describe('a database file', () => {
  it('that is none is damaged; one that cannot be opened is the disk’s fault', () => {
    const databases = new NodeDatabases(new NodeDisk());
    const path = join(root, 'none.db');
    writeFileSync(path, 'x'.repeat(5000));
    expect(codeOf(() => databases.open(path))).toBe('damaged_catalog');
    expect(codeOf(() => databases.open(root))).toBe('disk_failed');
  });

  it('moves with what SQLite keeps beside it', () => {
    const databases = new NodeDatabases(new NodeDisk());
    const [from, to] = [join(root, 'beside.db'), join(root, 'beside-2.db')];
    for (const end of ['', '-wal', '-shm']) writeFileSync(from + end, end);
    databases.move(from, to);
    expect(['', '-wal', '-shm'].map((end) => existsSync(to + end))).toEqual([true, true, true]);
    expect(existsSync(`${from}-wal`)).toBe(false);
  });

  it('a mistake in a statement is ours', () => {
    expect(sqliteError('/x', new Error('what?')).code).toBe('internal');
  });
});
