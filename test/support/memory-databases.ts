// Databases of a simulated machine, in memory. A kill leaves what was written; a loss of power takes
// the whole database: whatever is kept in one can be made anew, and so that is tried all the time.

import Sqlite from 'better-sqlite3';
import type { Database, Databases } from '../../src/base/runtime/databases.ts';
import { SqliteDatabase } from '../../src/base/runtime/sqlite-database.ts';
import type { MemoryDisk } from './memory-disk.ts';

/** The databases on `disk`; its faults hit them as writes to their path. */
export class MemoryDatabases implements Databases {
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  open(path: string): Database {
    const disk = this.#disk;
    disk.check('open', path);
    const raw = disk.databases.get(path) ?? new Sqlite(':memory:');
    disk.databases.set(path, raw);
    const database = new SqliteDatabase(raw, path, () => disk.check('write', path));
    // Another process may open it later: what is closed is this one's way to it.
    database.close = () => undefined;
    return database;
  }

  move(path: string, to: string): void {
    this.#disk.check('rename', path);
    const raw = this.#disk.databases.get(path);
    if (raw === undefined) return;
    this.#disk.databases.delete(path);
    this.#disk.databases.set(to, raw);
  }
}
