// The door to local files. Two halves: synchronous calls for job threads, for start-up and for rare
// small files; and the durable file, whose writes and syncs run on the thread pool, for the WAL.
//
// Every failure is a VarveError: a missing path is `not_found`, a full disk, an I/O error or too
// many open files are `not_now` (code `disk_full`, `disk_failed`), with the path and the system's
// own word in it. A short write is a full disk, never a success (Node reports it as a count and no
// error).

/** A name in a directory. */
export interface DirEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** What stands at a path. */
export interface FileStat {
  readonly sizeBytes: number;
  readonly isDirectory: boolean;
  readonly modifiedMs: number;
}

/** An open file with blocking calls. Positions and sizes are in bytes. */
export interface SyncFile {
  readonly path: string;
  /** Reads into `into` from `position`; fewer bytes than asked for only at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** Writes all of `bytes` at `position`, or throws. */
  write(bytes: Uint8Array, position: number): void;
  sizeBytes(): number;
  truncate(sizeBytes: number): void;
  /** fsync: data and metadata are on the device when it returns. */
  sync(): void;
  close(): void;
}

/** An open file whose calls run on the thread pool: the WAL's segment. */
export interface DurableFile {
  readonly path: string;
  /** Writes all of `bytes` at `position`, or rejects. `bytes` must not change until it settles. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** fdatasync. After a rejection nothing about the unsynced bytes is known: do not sync again. */
  dataSync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

/** `read`: must exist. `create`: must not exist. `update`: must exist, opened for both. */
export type OpenMode = 'read' | 'create' | 'update';

export interface Disk {
  openSync(path: string, mode: OpenMode): SyncFile;
  openDurable(path: string, mode: 'create' | 'update'): Promise<DurableFile>;
  /** The whole file; for small ones (meta.json, markers). */
  readFile(path: string): Uint8Array;
  /** Temporary name beside `path`, write, sync, rename, sync of the directory: all or nothing. */
  replaceFile(path: string, bytes: Uint8Array): void;
  /** Undefined when there is nothing at `path`. */
  stat(path: string): FileStat | undefined;
  /** Entries by name in byte order; a missing directory is `not_found`. */
  list(dir: string): readonly DirEntry[];
  /**
   * Creates the directory and its parents, durably (every new name is synced in its parent, so that
   * what is synced below it later is not lost with it). When it is there, its name is synced all
   * the same: who made it may have been killed before that.
   */
  makeDir(dir: string): void;
  /**
   * Renames over what is at `to` (a file, or an empty directory). Call `syncDir` on the parent to
   * make it durable.
   */
  rename(from: string, to: string): void;
  /** A second name for a file, one file system wide; `already_exists` when the name is taken. */
  linkNew(existing: string, path: string): void;
  /** Removes one file; harmless when it is not there. */
  removeFile(path: string): void;
  /** Removes a directory if it is empty; false when there is something in it (or nothing there). */
  removeEmptyDir(dir: string): boolean;
  /** Removes a directory and all in it; harmless when it is not there. */
  removeTree(dir: string): void;
  /** fsync of a directory: names created, renamed and removed in it are durable. */
  syncDir(dir: string): void;
  /** Bytes that an unprivileged process can still write to the file system that holds `path`. */
  freeBytes(path: string): number;
}
