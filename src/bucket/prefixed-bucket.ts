// A bucket within a bucket: every key gets `prefix/` in front, as `prefix:` of bucket.yml says.

import type {
  Bucket,
  ByteRange,
  CallOptions,
  GetOptions,
  ListedObject,
  PutOptions,
  PutSource,
  RequestObserver,
  SweepOptions,
  UnfinishedUpload,
} from './bucket.ts';

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
  /** Ends in a slash. */
  readonly #prefix: string;

  constructor(inner: Bucket, prefix: string) {
    this.name = `${inner.name}/${prefix.slice(0, -1)}`;
    this.#inner = inner;
    this.#prefix = prefix;
  }

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    return this.#inner.get(this.#prefix + key, range, options);
  }

  attributes(key: string, options?: CallOptions) {
    return this.#inner.attributes(this.#prefix + key, options);
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#inner.exists(this.#prefix + key, options);
  }

  async *list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    const inner = (key: string): string => key.slice(this.#prefix.length);
    for await (const page of this.#inner.list(this.#prefix + prefix, options)) {
      yield page.map((object) => ({ ...object, key: inner(object.key) }));
    }
  }

  listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    return this.#inner.listNames(this.#prefix + prefix, options);
  }

  async *listUnfinished(prefix: string, options?: CallOptions): AsyncIterable<UnfinishedUpload> {
    for await (const upload of this.#inner.listUnfinished(this.#prefix + prefix, options)) {
      yield { ...upload, key: upload.key.slice(this.#prefix.length) };
    }
  }

  put(key: string, source: PutSource, options?: PutOptions) {
    return this.#inner.put(this.#prefix + key, source, options);
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#inner.delete(this.#prefix + key, options);
  }

  removeUnfinished(prefix: string, options?: SweepOptions): Promise<void> {
    return this.#inner.removeUnfinished(this.#prefix + prefix, options);
  }

  observedBy(observe: RequestObserver): Bucket {
    return withPrefix(this.#inner.observedBy(observe), this.#prefix);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
