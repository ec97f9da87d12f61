// The catalogue: one SQLite file of what was done. A cache and a log, never the only copy of data
// (DESIGN §3, "Catalogue"): what it says of blocks is made anew from the bucket when it is lost.
//
// Invariant: nothing that is wrong with it stops anything. A damaged file, or one of a newer
// version of Varve, is set aside and a new one begun; what a full disk does not take is not noted,
// and that is said.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import { LimitedLog } from '../base/observe/limited-log.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { Database, Databases, Statement } from '../base/runtime/databases.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { damagedCatalogFile } from '../block/paths.ts';
import { SCHEMA_STEPS } from './schema.ts';

/** That the catalogue does not work is said again after this time. */
const FAILURE_PERIOD_MS = 600_000;

export interface CatalogOptions {
  readonly databases: Databases;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly path: string;
}

/** Gives a statement, compiled once. */
export type Sql = (text: string) => Statement;

/** See the head of the file. */
export class Catalog {
  readonly #options: CatalogOptions;
  readonly #log: LimitedLog;
  readonly #statements = new Map<string, Statement>();
  #database: Database | undefined;
  #hasLost = false;

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.logger, options.clock, FAILURE_PERIOD_MS);
  }

  /** True when something of this process's life was not noted, or is not there any more. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /**
   * Writes with `run`, all or nothing. A failure is logged; `hasLost` tells of it from then on.
   */
  write(run: (sql: Sql) => void): void {
    const done = this.#use((sql, database) => {
      database.transaction(() => run(sql));
      return true;
    });
    if (done === undefined) this.#hasLost = true;
  }

  /** What `run` reads; undefined when the catalogue cannot be read, which is logged. */
  read<T>(run: (sql: Sql) => T): T | undefined {
    return this.#use((sql) => run(sql));
  }

  close(): void {
    this.#statements.clear();
    this.#database?.close();
    this.#database = undefined;
  }

  #use<T>(run: (sql: Sql, database: Database) => T): T | undefined {
    try {
      const database = this.#opened();
      return run((text) => this.#statement(database, text), database);
    } catch (thrown) {
      const error = asVarveError(thrown);
      const { code, message } = error;
      const { path } = this.#options;
      const what = 'catalogue does not work; blocks are asked of the bucket instead';
      if (code === 'damaged_catalog') this.#setAside(error);
      else this.#log.error(code, what, { path, code, error: message });
      return undefined;
    }
  }

  #statement(database: Database, text: string): Statement {
    const statement = this.#statements.get(text) ?? database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  /** Opens it when it is not; a damaged one gives way to a new one. */
  #opened(): Database {
    if (this.#database !== undefined) return this.#database;
    try {
      this.#database = this.#open();
    } catch (thrown) {
      const error = asVarveError(thrown);
      if (error.code !== 'damaged_catalog') throw error;
      this.#setAside(error);
      this.#database = this.#open();
    }
    return this.#database;
  }

  #open(): Database {
    const { databases, path } = this.#options;
    const database = databases.open(path);
    try {
      const found = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
      if (found !== 'ok') throw new VarveError('damaged_catalog', `database ${path}: ${found}`);
      migrate(database, path);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  }

  #setAside(error: VarveError): void {
    const { databases, disk, path, logger } = this.#options;
    this.#hasLost = true;
    this.close();
    let number = 1;
    while (disk.stat(damagedCatalogFile(path, number)) !== undefined) number++;
    const aside = damagedCatalogFile(path, number);
    try {
      databases.move(path, aside);
    } catch (thrown) {
      const { message } = asVarveError(thrown);
      this.#log.error('aside', 'damaged catalogue not set aside', { path, error: message });
      return;
    }
    const message = 'catalogue set aside, a new one is made from the bucket';
    logger.error(message, { path, error: error.message, aside });
  }
}

/** Brings the tables to this version, all or nothing. */
function migrate(database: Database, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version === SCHEMA_STEPS.length) return;
  if (version > SCHEMA_STEPS.length) {
    const what = `is of version ${version}, this Varve knows ${SCHEMA_STEPS.length}`;
    throw new VarveError('damaged_catalog', `database ${path} ${what}`);
  }
  database.transaction(() => {
    for (const step of SCHEMA_STEPS.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${SCHEMA_STEPS.length}`);
  });
}
