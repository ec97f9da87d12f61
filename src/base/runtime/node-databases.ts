// Databases as SQLite files. The journal is a write-ahead log that is synced at its checkpoints
// only: a commit costs no sync, and a loss of power takes the last ones and damages nothing.

import Sqlite from 'better-sqlite3';
import type { Database, Databases } from './databases.ts';
import type { Disk } from './disk.ts';
import { SqliteDatabase, sqliteError } from './sqlite-database.ts';

/** What SQLite keeps beside a database, and without which it is not whole. */
const BESIDE = ['-wal', '-shm', '-journal'] as const;

/** Opens files. */
export class NodeDatabases implements Databases {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  open(path: string): Database {
    const dir = parentOf(path);
    if (dir !== '') this.#disk.makeDir(dir);
    let raw: Sqlite.Database | undefined;
    try {
      raw = new Sqlite(path);
      raw.pragma('journal_mode = WAL');
      raw.pragma('synchronous = NORMAL');
      return new SqliteDatabase(raw, path);
    } catch (thrown) {
      raw?.close();
      throw sqliteError(path, thrown);
    }
  }

  move(path: string, to: string): void {
    this.#disk.makeDir(parentOf(to));
    for (const end of ['', ...BESIDE]) {
      if (this.#disk.stat(path + end) !== undefined) this.#disk.rename(path + end, to + end);
    }
    this.#disk.syncDir(parentOf(to));
    this.#disk.syncDir(parentOf(path));
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
