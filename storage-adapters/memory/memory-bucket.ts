// A bucket in memory: for tests and for the simulation, with the same promises as the real ones.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Clock } from '../../src/base/runtime/clock.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import type {
  Bucket,
  ByteRange,
  ListedObject,
  ObjectAttributes,
  PutOptions,
  PutSource,
} from '../../src/bucket/bucket.ts';

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
  readonly version: string;
}

export class MemoryBucket implements Bucket {
  readonly name = 'memory';
  readonly #objects = new Map<string, StoredObject>();
  readonly #clock: Clock;
  #writes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async *get(key: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    const { bytes } = this.#object(key);
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

  async attributes(key: string): Promise<ObjectAttributes> {
    const { bytes, modifiedMs, version } = this.#object(key);
    return { sizeBytes: bytes.length, modifiedMs, version, crc32c: undefined };
  }

  async exists(key: string): Promise<boolean> {
    return this.#objects.has(key);
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    for (const key of this.#keys()) {
      const object = this.#objects.get(key);
      if (object === undefined || !key.startsWith(prefix)) continue;
      yield { key, sizeBytes: object.bytes.length, modifiedMs: object.modifiedMs };
    }
  }

  async *listNames(prefix: string): AsyncIterable<string> {
    const names = new Set<string>();
    for (const key of this.#keys()) {
      if (!key.startsWith(prefix)) continue;
      const rest = key.slice(prefix.length);
      const cut = rest.indexOf('/');
      names.add(cut < 0 ? rest : rest.slice(0, cut + 1));
    }
    yield* names;
  }

  async put(key: string, source: PutSource, options: PutOptions = {}): Promise<ObjectAttributes> {
    const parts = key.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new VarveError('bad_parameter', `not an object key: ${JSON.stringify(key)}`);
    }
    const bytes = await collect(source.read(0, source.sizeBytes), source.sizeBytes, key);
    if (bytes.length !== source.sizeBytes) {
      throw new VarveError(
        'damaged_object',
        `the source gave ${bytes.length} bytes instead of ${source.sizeBytes}`,
      );
    }
    const there = this.#objects.get(key);
    if (options.ifAbsent === true && there !== undefined) {
      throw new VarveError('already_exists', `there is an object ${key} already`);
    }
    if (options.ifVersion !== undefined && there?.version !== options.ifVersion) {
      throw new VarveError('already_exists', `${key} has changed since it was read`);
    }
    this.#writes++;
    const object = { bytes, modifiedMs: this.#clock.nowMs(), version: String(this.#writes) };
    this.#objects.set(key, object);
    return this.attributes(key);
  }

  async delete(key: string): Promise<void> {
    this.#objects.delete(key);
  }

  async removeUnfinished(): Promise<void> {
    // A put is whole at once.
  }

  async close(): Promise<void> {
    // The objects stay for whoever holds the bucket.
  }

  #keys(): string[] {
    return [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  #object(key: string): StoredObject {
    const object = this.#objects.get(key);
    if (object === undefined) throw new VarveError('not_found', `there is no object ${key}`);
    return object;
  }
}
