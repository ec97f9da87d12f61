// The object-store contract: what Varve asks of S3, GCS, Azure Blob, a directory, or memory.
//
// Promised by every adapter (test/contract/bucket-suite.ts holds them to it):
// - A key that `put` resolved for is seen by the next `get`, `attributes` and `list` (strong
//   read-after-write; all stores of today give it). An object is there whole or not at all.
// - `list` gives keys in byte order; a prefix is a string, not a directory.
// - Keys are made in layout.ts; a key never begins with `/` and has no empty, `.` or `..` part.
// - Errors are VarveErrors by code: `not_found`; `already_exists` (a condition did not hold);
//   `store_denied` (credentials, permissions); `store_throttled` (with the store's Retry-After when
//   it gave one); `store_unavailable` (transient); `damaged_object` (bytes that are not what was
//   sent, or fewer); `disk_full`; `bad_parameter`.
// - One call makes no second attempt: retries, limits and timeouts are put around an adapter, by
//   open-store.ts. A call whose signal fires ends soon, and rejects with the signal's reason.
// - Every request that an adapter sends is told to its observer.

/** Bytes to be stored, which can be read more than once (a retry starts over). */
export interface PutSource {
  readonly sizeBytes: number;
  /** The bytes from `offset` on, at most `length` of them, in pieces of any size. */
  read(offset: number, length: number): AsyncIterable<Uint8Array>;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call: its request is cut off. What it asked for may have been done all the same. */
  readonly signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /**
   * Told the object's version, which the store says beside its bytes, before the first of them:
   * so that a read that broke off can be taken up only where it is still the same object.
   */
  readonly onVersion?: (version: string) => void;
}

export interface PutOptions extends CallOptions {
  /**
   * CRC32C of the whole source, when the caller knows it: a store that can compares it with what
   * arrived and refuses other bytes (`damaged_object`).
   */
  readonly crc32c?: number;
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

/** An upload that was begun and has become no object: under way, or cut off. */
export interface UnfinishedUpload {
  /** What it was to become; for a directory, its temporary file. */
  readonly key: string;
  /** Tells apart uploads of one key; empty where there can be only one. */
  readonly id: string;
  /**
   * When it was begun, or last written to if the store says that; undefined when it says neither.
   */
  readonly sinceMs: number | undefined;
}

export interface SweepOptions extends CallOptions {
  /**
   * Only uploads that have not moved since this time (`sinceMs`), Unix milliseconds. What the store
   * says no time of stays.
   */
  readonly beforeMs?: number;
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

/** What stores bill by: writes and lists cost most, reads less, deletes nothing. */
export type RequestClass = 'write' | 'list' | 'read' | 'delete';

/** One request to the store, told when it has ended. Of a multipart upload each part is one. */
export interface StoreRequest {
  readonly class: RequestClass;
  /** The store's own name of it: `PutObject`, `UploadPart`, `Put Block`, `objects.insert`. */
  readonly operation: string;
  /** Bytes of objects, without headers. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** False when the store did not do as asked; an absent object is an answer. */
  readonly ok: boolean;
}

/** Told of each request. */
export type RequestObserver = (request: StoreRequest) => void;

/** The half that cannot change anything. */
export interface BucketReader {
  /** Names the store and the bucket for people: logs, metrics, errors. */
  readonly name: string;
  /** The object's bytes, or those of the range that exist. */
  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array>;
  attributes(key: string, options?: CallOptions): Promise<ObjectAttributes>;
  exists(key: string, options?: CallOptions): Promise<boolean>;
  /**
   * All objects whose key begins with `prefix`, as many at a time as the store gives: a bucket has
   * tens of thousands, and a step for each would cost more than all that is done with them.
   */
  list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]>;
  /**
   * What stands directly under `prefix` (ending in `/`, or empty): names; those ending in `/` hold
   * more.
   */
  listNames(prefix: string, options?: CallOptions): AsyncIterable<string>;
  /**
   * The unfinished uploads below `prefix`, as far as the store shows them (docs/operating, the page
   * of the store); with an empty prefix all.
   */
  listUnfinished(prefix: string, options?: CallOptions): AsyncIterable<UnfinishedUpload>;
}

export interface Bucket extends BucketReader {
  /** Stores the object, replacing one that is there unless a condition says otherwise. */
  put(key: string, source: PutSource, options?: PutOptions): Promise<ObjectAttributes>;
  /** Removes the object; harmless when it is not there. */
  delete(key: string, options?: CallOptions): Promise<void>;
  /**
   * Removes what puts that were cut off (a SIGKILL) left below `prefix`, which ends in `/`, and no
   * listing shows: temporary files, parts of uploads. Only for whoever alone writes there, or with
   * `beforeMs`: a put under way below it would fail.
   */
  removeUnfinished(prefix: string, options?: SweepOptions): Promise<void>;
  /**
   * The same store, whose requests through what is returned are told to `observe` as well as to
   * those before it. It needs no closing of its own.
   */
  observedBy(observe: RequestObserver): Bucket;
  close(): Promise<void>;
}
