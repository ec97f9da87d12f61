// What is known of the meta.json files and marks of a bucket, from view to view, and in the cache
// from process to process.
//
// Invariants: an object is known as it was listed, by size and time, or not at all. Damage is known
// to this process only and for an hour: then it is looked at once more. An object that was written
// at the moment of the listing is not known (another one of its size could follow in the same
// second).

import type { Clock } from '../../base/runtime/clock.ts';
import type { StoredFile } from '../block-record.ts';
import { META_FILE } from '../layout.ts';
import {
  parseMarkRecord,
  parseMetaRecord,
  printMarkRecord,
  printMetaRecord,
} from './cached-record.ts';
import { LabelSets } from './label-sets.ts';
import type { ReadObject, WantedObject } from './read-objects.ts';
import type { CachedObject, ViewCache } from './view-cache.ts';

/** So long damage is believed without another look. */
const DAMAGE_BELIEVED_MS = 3_600_000;
/** Stores tell times in seconds, and a clock may be some apart. */
const JUST_WRITTEN_MS = 5_000;
/** What is read goes to the cache in such pieces: a cold view that is cut off is not in vain. */
const PUT_OBJECTS = 1_000;

interface KnownObject {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly read: ReadObject;
  /** By the monotonic clock. */
  readonly readAtMs: number;
}

/** Of one block, by the name of the file. */
type KnownBlock = Map<string, KnownObject>;

/** See the head of the file. */
export class KnownObjects {
  readonly #bucket: string;
  readonly #cache: ViewCache | undefined;
  readonly #clock: Clock;
  readonly #labelSets = new LabelSets();
  #blocks = new Map<string, KnownBlock>();
  #isLoaded = false;
  #unsaved: CachedObject[] = [];

  constructor(bucket: string, cache: ViewCache | undefined, clock: Clock) {
    this.#bucket = bucket;
    this.#cache = cache;
    this.#clock = clock;
  }

  /** Takes what the cache has, once. */
  load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    for (const { ulid, name, sizeBytes, modifiedMs, content } of this.#cache?.load(this.#bucket) ??
      []) {
      const parsed = readOf(name, content);
      if (parsed === undefined) continue;
      const read = this.#withOneLabelSet(parsed);
      this.#blockOf(ulid).set(name, { sizeBytes, modifiedMs, read, readAtMs: 0 });
    }
  }

  /** What is known of this file as it is listed now; undefined when it must be read. */
  find(ulid: string, file: StoredFile): ReadObject | undefined {
    const known = this.#blocks.get(ulid)?.get(file.name);
    if (known === undefined) return undefined;
    if (known.sizeBytes !== file.sizeBytes || known.modifiedMs !== file.modifiedMs)
      return undefined;
    const isOld = this.#clock.monotonicMs() - known.readAtMs > DAMAGE_BELIEVED_MS;
    return known.read.kind === 'damaged' && isOld ? undefined : known.read;
  }

  /** Notes what was read of an object that was listed at `listedMs`, and gives it back. */
  note({ ulid, file }: WantedObject, fresh: ReadObject, listedMs: number): ReadObject {
    const { name, sizeBytes, modifiedMs } = file;
    const read = this.#withOneLabelSet(fresh);
    if (read.kind === 'unread' || Math.abs(listedMs - modifiedMs) < JUST_WRITTEN_MS) return read;
    const readAtMs = this.#clock.monotonicMs();
    this.#blockOf(ulid).set(name, { sizeBytes, modifiedMs, read, readAtMs });
    if (read.kind === 'damaged') return read;
    const content =
      read.kind === 'meta' ? printMetaRecord(read.record) : printMarkRecord(read.mark);
    this.#unsaved.push({ ulid, name, sizeBytes, modifiedMs, content });
    if (this.#unsaved.length >= PUT_OBJECTS) this.save();
    return read;
  }

  /** Gives the cache what it does not have yet. */
  save(): void {
    if (this.#unsaved.length > 0) this.#cache?.put(this.#bucket, this.#unsaved);
    this.#unsaved = [];
  }

  /** Forgets what is not listed any more. */
  keepOnly(isListed: (ulid: string, name: string) => boolean): void {
    const gone: { readonly ulid: string; readonly name: string }[] = [];
    for (const [ulid, block] of this.#blocks) {
      for (const name of block.keys()) if (!isListed(ulid, name)) gone.push({ ulid, name });
    }
    for (const { ulid, name } of gone) {
      const block = this.#blockOf(ulid);
      block.delete(name);
      if (block.size === 0) this.#blocks.delete(ulid);
    }
    if (gone.length > 0) this.#cache?.forget(this.#bucket, gone);
  }

  #withOneLabelSet(read: ReadObject): ReadObject {
    if (read.kind !== 'meta') return read;
    const { facts, files } = read.record;
    const labels = this.#labelSets.one(facts.labels);
    return { kind: 'meta', record: { facts: { ...facts, labels }, files } };
  }

  #blockOf(ulid: string): KnownBlock {
    const block = this.#blocks.get(ulid) ?? new Map<string, KnownObject>();
    this.#blocks.set(ulid, block);
    return block;
  }
}

function readOf(name: string, content: string): ReadObject | undefined {
  if (name === META_FILE) {
    const record = parseMetaRecord(content);
    return record && { kind: 'meta', record };
  }
  const mark = parseMarkRecord(content);
  return mark && { kind: 'mark', mark };
}
