// The door to databases: small ones in a file, for what is a cache or a log of what was done, never
// the only copy of data. Calls block; job threads use it.
//
// Every failure is a VarveError: `damaged_catalog` when the file is not a database or not a sound
// one; `disk_full` and `disk_failed` as of any file; a statement that is wrong is our bug.

/** What a column holds. */
export type SqlValue = number | string | null;

/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A statement, compiled once. Its `?` are filled in with the values, in their order. */
export interface Statement {
  run(...values: readonly SqlValue[]): void;
  get(...values: readonly SqlValue[]): SqlRow | undefined;
  all(...values: readonly SqlValue[]): readonly SqlRow[];
}

/** An open database. */
export interface Database {
  /** Runs statements that have no values and give no rows. */
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** What `run` writes is there as a whole, or, when it throws, not at all. */
  transaction<T>(run: () => T): T;
  close(): void;
}

export interface Databases {
  /**
   * Opens the database at `path`, a new one when there is none. After a kill all is there that was
   * written; after a loss of power what was written last may be gone, and the rest is sound.
   */
  open(path: string): Database;
  /** Moves a database that is not open, with whatever belongs to it, to the free name `to`. */
  move(path: string, to: string): void;
}
