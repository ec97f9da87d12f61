// Makes a call again that the store did not do, without doing anything twice and without ever
// putting two objects together.
//
// - A read that breaks off goes on where it broke, if the object is still the same version.
// - A list begins anew, and gives no line twice.
// - A put begins anew. A conditional one whose answer was lost may meet its own object: then it
//   reads it back, and reports a conflict only if it is another one. So whoever puts under a
//   condition puts bytes that nobody else would put there (a lease names its holder).

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import { compareUtf8 } from '../base/model/labels.ts';
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
  SweepOptions,
  UnfinishedUpload,
} from './bucket.ts';
import type { BucketOperation } from './metered-bucket.ts';
import { ResumedRead } from './resumed-read.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { isSameObject } from './same-object.ts';

/** See the head of the file. */
export class RetryingBucket implements Bucket {
  readonly name: string;
  readonly #inner: Bucket;
  readonly #policy: RetryPolicy;

  constructor(inner: Bucket, policy: RetryPolicy) {
    this.name = inner.name;
    this.#inner = inner;
    this.#policy = policy;
  }

  async *get(key: string, range?: ByteRange, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    const { signal } = options;
    const operation = range === undefined ? 'get' : 'get_range';
    const tries = this.#policy.begin({ operation, signal, damagedRetries: 1 });
    const read = new ResumedRead(key, range, options);
    while (!read.isWhole) {
      try {
        for await (const piece of this.#inner.get(key, read.rest(), read.options)) {
          read.check(piece);
          tries.progressed();
          yield piece;
        }
        tries.succeeded();
        return;
      } catch (thrown) {
        if (!read.canGoOn(thrown)) throw thrown;
        await tries.again(thrown);
      }
      if (read.isUnderWay) read.goOn(await this.attributes(key, options));
    }
  }

  attributes(key: string, options?: CallOptions): Promise<ObjectAttributes> {
    return this.#call('attributes', options, () => this.#inner.attributes(key, options));
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call('exists', options, () => this.#inner.exists(key, options));
  }

  async *list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    let last = '';
    const isNew = ({ key }: ListedObject): boolean => {
      if (compareUtf8(key, last) <= 0) return false;
      last = key;
      return true;
    };
    const newOf = (page: readonly ListedObject[]) => page.filter(isNew);
    yield* this.#list(options, newOf, () => this.#inner.list(prefix, options));
  }

  async *listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    // Their order is not promised.
    const given = new Set<string>();
    const isNew = (name: string): boolean => !given.has(name) && given.add(name) !== undefined;
    const ask = () => each(this.#inner.listNames(prefix, options));
    for await (const names of this.#list(options, (one) => one.filter(isNew), ask)) yield* names;
  }

  async *listUnfinished(prefix: string, options?: CallOptions): AsyncIterable<UnfinishedUpload> {
    const given = new Set<string>();
    const isNew = ({ id, key }: UnfinishedUpload): boolean => {
      const name = JSON.stringify([key, id]);
      return !given.has(name) && given.add(name) !== undefined;
    };
    const ask = () => each(this.#inner.listUnfinished(prefix, options));
    for await (const found of this.#list(options, (one) => one.filter(isNew), ask)) yield* found;
  }

  async put(key: string, source: PutSource, options: PutOptions = {}): Promise<ObjectAttributes> {
    const { signal } = options;
    const tries = this.#policy.begin({ operation: 'upload', signal, damagedRetries: 1 });
    let mayHaveArrived = false;
    for (;;) {
      let failure: unknown;
      try {
        const attributes = await this.#inner.put(key, source, options);
        tries.succeeded();
        return attributes;
      } catch (thrown) {
        failure = thrown;
      }
      if (mayHaveArrived && asVarveError(failure).code === 'already_exists') {
        const there = await this.#compare(key, source, signal);
        if (there.found === 'same') return there.attributes;
        if (there.found === 'other') throw failure;
        const text = `${key} in ${this.name} was there a moment ago, and is gone`;
        failure = new VarveError('store_unavailable', text, { cause: failure });
      }
      mayHaveArrived = true;
      await tries.again(failure);
    }
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#call('delete', options, () => this.#inner.delete(key, options));
  }

  removeUnfinished(prefix: string, options?: SweepOptions): Promise<void> {
    return this.#call('iter', options, () => this.#inner.removeUnfinished(prefix, options));
  }

  observedBy(observe: RequestObserver): Bucket {
    return new RetryingBucket(this.#inner.observedBy(observe), this.#policy);
  }

  close(): Promise<void> {
    this.#policy.close();
    return this.#inner.close();
  }

  async #call<T>(
    operation: BucketOperation,
    options: CallOptions | undefined,
    ask: () => Promise<T>,
  ): Promise<T> {
    const tries = this.#policy.begin({ operation, signal: options?.signal });
    for (;;) {
      try {
        const answer = await ask();
        tries.succeeded();
        return answer;
      } catch (thrown) {
        await tries.again(thrown);
      }
    }
  }

  async *#list<T>(
    options: CallOptions | undefined,
    newOf: (page: readonly T[]) => readonly T[],
    ask: () => AsyncIterable<readonly T[]>,
  ): AsyncIterable<readonly T[]> {
    const tries = this.#policy.begin({ operation: 'iter', signal: options?.signal });
    for (;;) {
      try {
        for await (const page of ask()) {
          const fresh = newOf(page);
          if (fresh.length === 0) continue;
          tries.progressed();
          yield fresh;
        }
        tries.succeeded();
        return;
      } catch (thrown) {
        await tries.again(thrown);
      }
    }
  }

  /** Through this bucket: the answer to this may get lost as well. */
  #compare(key: string, source: PutSource, signal: AbortSignal | undefined) {
    return isSameObject(this, key, { source, options: signal === undefined ? {} : { signal } });
  }
}

/** Pages of one item. */
async function* each<T>(items: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  for await (const item of items) yield [item];
}
