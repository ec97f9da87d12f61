// The object-store contract: what Varve asks of S3, GCS, Azure Blob, a directory, or memory.
//
// Promised by every adapter (test/contract/bucket-suite.ts holds them to it):
// - A key that `put` resolved for is seen by the next `get`, `attributes` and `list` (strong
//   read-after-write; all stores of today give it). An object is there whole or not at all.
// - `list` gives keys in byte order; a prefix is a string, not a directory.
// - Keys are made in layout.ts; a key never begins with `/` and has no empty, `.` or `..` part.
// - Errors are VarveErrors by kind: `not_found`; `already_exists` (a condition did not hold);
//   `store_denied`; `store_unavailable` (try again later); `damaged_object`; `disk_full`.

/** Bytes to be stored, which can be read more than once (a retry starts over). */
export interface PutSource {
  readonly sizeBytes: number;
  /** The bytes from `offset` on, at most `length` of them, in pieces of any size. */
  read(offset: number, length: number): AsyncIterable<Uint8Array>;
}

export interface PutOptions {
  /** Store only if there is no such object, else `already_exists`. */
  readonly ifAbsent?: boolean;
  /**
   * Store only if the object still has this version (see ObjectAttributes), else `already_exists`.
   */
  readonly ifVersion?: string;
}

/** What a store says of an object without giving its bytes. Times are Unix milliseconds. */
export interface ObjectAttributes {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Changes with every write of the object: an ETag, a generation, a digest. For `ifVersion`. */
  readonly version: string;
  /** CRC32C of the whole object, when the store itself keeps one. */
  readonly crc32c: number | undefined;
}

/** A line of a listing. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** A part of an object, in bytes. */
export interface ByteRange {
  readonly offset: number;
  /** At least 1. A range that begins at or beyond the object's end is a `bad_parameter`. */
  readonly length: number;
}

/** The half that cannot change anything. */
export interface BucketReader {
  /** Names the store and the bucket for people: logs, metrics, errors. */
  readonly name: string;
  /** The object's bytes, or those of the range that exist. */
  get(key: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  attributes(key: string): Promise<ObjectAttributes>;
  exists(key: string): Promise<boolean>;
  /** All objects whose key begins with `prefix`. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /**
   * What stands directly under `prefix` (ending in `/`, or empty): names; those ending in `/` hold
   * more.
   */
  listNames(prefix: string): AsyncIterable<string>;
}

export interface Bucket extends BucketReader {
  /** Stores the object, replacing one that is there unless a condition says otherwise. */
  put(key: string, source: PutSource, options?: PutOptions): Promise<ObjectAttributes>;
  /** Removes the object; harmless when it is not there. */
  delete(key: string): Promise<void>;
  /**
   * Removes what puts that were cut off (a SIGKILL) left below `prefix`, which ends in `/`, and no
   * listing shows: temporary files, parts of uploads. Only for whoever alone writes there: a put
   * under way below it would fail.
   */
  removeUnfinished(prefix: string): Promise<void>;
  close(): Promise<void>;
}
