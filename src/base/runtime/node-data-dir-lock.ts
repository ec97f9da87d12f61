// The lock on a data directory, as an exclusive SQLite transaction on `<dir>/.varve/lock.db`.
// Node has no file locks; SQLite takes a POSIX one, which the kernel releases when the process
// dies. Invariant: the file is used for nothing else. A POSIX lock is lost as soon as its process
// closes any descriptor of the same file, so nobody may open it to read, copy or check it.

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { VarveError } from '../errors/varve-error.ts';
import type { DataDirLock, DataDirLocks } from './data-dir-lock.ts';
import type { Disk } from './disk.ts';
import { diskError } from './disk-errors.ts';

/** Locks through better-sqlite3. */
export class NodeDataDirLocks implements DataDirLocks {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  acquire(dir: string): DataDirLock {
    const own = join(dir, '.varve');
    const path = join(own, 'lock.db');
    this.#disk.makeDir(own);
    let database: Database.Database | undefined;
    try {
      database = new Database(path, { timeout: 0 });
      database.exec('BEGIN EXCLUSIVE');
      return held(database);
    } catch (thrown) {
      database?.close();
      if (isBusy(thrown)) {
        throw new VarveError('locked', `another process works in the data directory ${dir}`);
      }
      throw diskError('lock', path, thrown);
    }
  }
}

function held(database: Database.Database): DataDirLock {
  return { release: () => database.close() };
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY');
}
