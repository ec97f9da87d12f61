// What a view needs of a cache between processes: of each meta.json and mark what was read, by the
// object as it was listed. Types only; src/catalog has one.
//
// Invariant: a cache that forgets or fails costs requests, never a wrong view.

/** An object that was read. */
export interface CachedObject {
  readonly ulid: string;
  /** Within the block: `meta.json`, `deletion-mark.json`. */
  readonly name: string;
  /** As listed; another size or time is another object. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** What was read, as cached-record.ts prints it. */
  readonly content: string;
}

/** See the head of the file. */
export interface ViewCache {
  /** All that is known of this bucket; what is known of other buckets may go. */
  load(bucket: string): readonly CachedObject[];
  put(bucket: string, objects: readonly CachedObject[]): void;
  forget(bucket: string, objects: readonly Pick<CachedObject, 'ulid' | 'name'>[]): void;
}
