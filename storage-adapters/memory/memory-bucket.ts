// A bucket in memory: for tests and for the simulation, with the same promises as the real ones.

import { crc32c } from '../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { compareUtf8 } from '../../src/base/model/labels.ts';
import type { Clock } from '../../src/base/runtime/clock.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import type {
  Bucket,
  ByteRange,
  CallOptions,
  GetOptions,
  ListedObject,
  ObjectAttributes,
  PutOptions,
  PutSource,
  RequestObserver,
  UnfinishedUpload,
} from '../../src/bucket/bucket.ts';
import { checkKey } from '../check-key.ts';
import { bothObservers, told, toldStream, UNOBSERVED, untilAborted } from '../told.ts';

/** As many as S3 gives at a time. */
const PAGE_OBJECTS = 1000;

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
  readonly version: string;
}

/** The objects, and how often one was written. */
interface Stored {
  readonly objects: Map<string, StoredObject>;
  writes: number;
  /** All keys by their bytes; undefined when some have come or gone since. */
  sorted: readonly string[] | undefined;
}

export class MemoryBucket implements Bucket {
  readonly name = 'memory';
  readonly #stored: Stored;
  readonly #clock: Clock;
  readonly #observe: RequestObserver;

  constructor(
    clock: Clock,
    observe: RequestObserver = UNOBSERVED,
    stored: Stored = { objects: new Map(), writes: 0, sorted: undefined },
  ) {
    this.#clock = clock;
    this.#observe = observe;
    this.#stored = stored;
  }

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    const pieces = untilAborted(this.#read(key, range, options), options);
    return toldStream(this.#observe, { class: 'read', operation: 'get' }, pieces);
  }

  attributes(key: string): Promise<ObjectAttributes> {
    const run = async () => this.#attributes(key);
    return told(this.#observe, { class: 'read', operation: 'attributes' }, run);
  }

  exists(key: string): Promise<boolean> {
    const run = async () => this.#stored.objects.has(key);
    return told(this.#observe, { class: 'read', operation: 'attributes' }, run);
  }

  async *list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    await told(this.#observe, { class: 'list', operation: 'list' }, async () => undefined);
    const keys = this.#keys().filter((key) => key.startsWith(prefix));
    for (let from = 0; from < keys.length; from += PAGE_OBJECTS) {
      options?.signal?.throwIfAborted();
      yield keys.slice(from, from + PAGE_OBJECTS).flatMap((key) => {
        const object = this.#stored.objects.get(key);
        if (object === undefined) return [];
        return [{ key, sizeBytes: object.bytes.length, modifiedMs: object.modifiedMs }];
      });
    }
  }

  async *listNames(prefix: string): AsyncIterable<string> {
    await told(this.#observe, { class: 'list', operation: 'list' }, async () => undefined);
    const names = new Set<string>();
    for (const key of this.#keys()) {
      if (!key.startsWith(prefix)) continue;
      const rest = key.slice(prefix.length);
      const cut = rest.indexOf('/');
      names.add(cut < 0 ? rest : rest.slice(0, cut + 1));
    }
    yield* names;
  }

  async *listUnfinished(): AsyncIterable<UnfinishedUpload> {
    // A put is whole at once.
  }

  put(key: string, source: PutSource, options: PutOptions = {}): Promise<ObjectAttributes> {
    return told(this.#observe, { class: 'write', operation: 'put' }, async (moved) => {
      moved.sentBytes = source.sizeBytes;
      return this.#put(key, source, options);
    });
  }

  delete(key: string): Promise<void> {
    return told(this.#observe, { class: 'delete', operation: 'delete' }, async () => {
      if (this.#stored.objects.delete(key)) this.#stored.sorted = undefined;
    });
  }

  async removeUnfinished(): Promise<void> {
    // A put is whole at once.
  }

  observedBy(observe: RequestObserver): Bucket {
    return new MemoryBucket(this.#clock, bothObservers(this.#observe, observe), this.#stored);
  }

  async close(): Promise<void> {
    // The objects stay for whoever holds the bucket.
  }

  async *#read(
    key: string,
    range: ByteRange | undefined,
    options: GetOptions | undefined,
  ): AsyncIterable<Uint8Array> {
    const { bytes, version } = this.#object(key);
    options?.onVersion?.(version);
    if (range === undefined) {
      yield bytes.slice();
      return;
    }
    if (range.offset >= bytes.length || range.length < 1) {
      throw new VarveError(
        'bad_parameter',
        `range ${range.offset}+${range.length} is not within ${key} of ${bytes.length} bytes`,
      );
    }
    yield bytes.slice(range.offset, range.offset + range.length);
  }

  #attributes(key: string): ObjectAttributes {
    const { bytes, modifiedMs, version } = this.#object(key);
    return { sizeBytes: bytes.length, modifiedMs, version, crc32c: undefined };
  }

  async #put(key: string, source: PutSource, options: PutOptions): Promise<ObjectAttributes> {
    checkKey(key);
    const pieces = untilAborted(source.read(0, source.sizeBytes), options);
    const bytes = await collect(pieces, source.sizeBytes, key);
    if (bytes.length !== source.sizeBytes) {
      throw new VarveError(
        'damaged_object',
        `the source gave ${bytes.length} bytes instead of ${source.sizeBytes}`,
      );
    }
    if (options.crc32c !== undefined && crc32c(bytes) !== options.crc32c) {
      throw new VarveError('damaged_object', `${key} arrived with another CRC32C than said`);
    }
    const there = this.#stored.objects.get(key);
    if (options.ifAbsent === true && there !== undefined) {
      throw new VarveError('already_exists', `there is an object ${key} already`);
    }
    if (options.ifVersion !== undefined && there?.version !== options.ifVersion) {
      throw new VarveError('already_exists', `${key} has changed since it was read`);
    }
    this.#stored.writes++;
    const object = { bytes, modifiedMs: this.#clock.nowMs(), version: String(this.#stored.writes) };
    if (there === undefined) this.#stored.sorted = undefined;
    this.#stored.objects.set(key, object);
    return this.#attributes(key);
  }

  #keys(): readonly string[] {
    const stored = this.#stored;
    stored.sorted ??= [...stored.objects.keys()].sort(compareUtf8);
    return stored.sorted;
  }

  #object(key: string): StoredObject {
    const object = this.#stored.objects.get(key);
    if (object === undefined) throw new VarveError('not_found', `there is no object ${key}`);
    return object;
  }
}
