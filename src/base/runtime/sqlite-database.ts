// A database of SQLite behind the door: its errors become VarveErrors.

import Sqlite from 'better-sqlite3';
import type { ErrorCode } from '../errors/catalogue.ts';
import { VarveError } from '../errors/varve-error.ts';
import type { Database, SqlRow, SqlValue, Statement } from './databases.ts';

/** By the beginning of SQLite's code; what is not listed is a mistake in a statement of ours. */
const CODES: readonly (readonly [start: string, code: ErrorCode])[] = [
  ['SQLITE_CORRUPT', 'damaged_catalog'],
  ['SQLITE_NOTADB', 'damaged_catalog'],
  ['SQLITE_FULL', 'disk_full'],
  ['SQLITE_IOERR', 'disk_failed'],
  ['SQLITE_CANTOPEN', 'disk_failed'],
  ['SQLITE_READONLY', 'disk_failed'],
  ['SQLITE_BUSY', 'disk_failed'],
  ['SQLITE_LOCKED', 'disk_failed'],
  ['SQLITE_PERM', 'disk_failed'],
  ['SQLITE_NOLFS', 'disk_failed'],
];

/** What SQLite threw about the database at `path`. */
export function sqliteError(path: string, thrown: unknown): VarveError {
  if (thrown instanceof VarveError) return thrown;
  const said = thrown instanceof Sqlite.SqliteError ? thrown.code : '';
  const code = CODES.find(([start]) => said.startsWith(start))?.[1] ?? 'internal';
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return new VarveError(code, `database ${path}: ${said} ${what}`, { cause: thrown });
}

/** See the head of the file. `before` is called before each call and may refuse it. */
export class SqliteDatabase implements Database {
  readonly #raw: Sqlite.Database;
  readonly #path: string;
  readonly #before: () => void;

  constructor(raw: Sqlite.Database, path: string, before: () => void = () => undefined) {
    this.#raw = raw;
    this.#path = path;
    this.#before = before;
  }

  exec(sql: string): void {
    this.#call(() => this.#raw.exec(sql));
  }

  prepare(sql: string): Statement {
    const statement = this.#call(() => this.#raw.prepare<SqlValue[], SqlRow>(sql));
    return {
      run: (...values) => void this.#call(() => statement.run(...values)),
      get: (...values) => this.#call(() => statement.get(...values)),
      all: (...values) => this.#call(() => statement.all(...values)),
    };
  }

  transaction<T>(run: () => T): T {
    return this.#call(() => this.#raw.transaction(run)());
  }

  close(): void {
    this.#raw.close();
  }

  #call<T>(run: () => T): T {
    this.#before();
    try {
      return run();
    } catch (thrown) {
      throw sqliteError(this.#path, thrown);
    }
  }
}
