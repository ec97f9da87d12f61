// A bucket within a bucket: every key gets `prefix/` in front, as `prefix:` of bucket.yml says.

import type { Bucket, ByteRange, ListedObject, PutOptions, PutSource } from './bucket.ts';

/**
 * `inner` itself when the prefix is empty. Slashes around the prefix do not count (as in Thanos).
 */
export function withPrefix(inner: Bucket, prefix: string): Bucket {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? inner : new PrefixedBucket(inner, `${trimmed}/`);
}

class PrefixedBucket implements Bucket {
  readonly name: string;
  readonly #inner: Bucket;
  readonly #prefix: string;

  constructor(inner: Bucket, prefix: string) {
    this.name = `${inner.name}/${prefix.slice(0, -1)}`;
    this.#inner = inner;
    this.#prefix = prefix;
  }

  get(key: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return this.#inner.get(this.#prefix + key, range);
  }

  attributes(key: string) {
    return this.#inner.attributes(this.#prefix + key);
  }

  exists(key: string): Promise<boolean> {
    return this.#inner.exists(this.#prefix + key);
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    for await (const object of this.#inner.list(this.#prefix + prefix)) {
      yield { ...object, key: object.key.slice(this.#prefix.length) };
    }
  }

  listNames(prefix: string): AsyncIterable<string> {
    return this.#inner.listNames(this.#prefix + prefix);
  }

  put(key: string, source: PutSource, options?: PutOptions) {
    return this.#inner.put(this.#prefix + key, source, options);
  }

  delete(key: string): Promise<void> {
    return this.#inner.delete(this.#prefix + key);
  }

  removeUnfinished(prefix: string): Promise<void> {
    return this.#inner.removeUnfinished(this.#prefix + prefix);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
