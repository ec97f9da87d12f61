// Counts and times every operation on a bucket, under the operation names of Thanos's objstore
// (objstore.go: iter, get, get_range, exists, upload, delete, attributes), so that its dashboards
// fit.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type {
  Bucket,
  ByteRange,
  CallOptions,
  ListedObject,
  PutOptions,
  PutSource,
  RequestObserver,
} from './bucket.ts';

/** Operation names, the values of the `operation` label. */
export type BucketOperation =
  | 'iter'
  | 'get'
  | 'get_range'
  | 'exists'
  | 'upload'
  | 'delete'
  | 'attributes';

/** `refused` is an answer, no failure of the store: no such object, a condition does not hold. */
export type OperationOutcome = 'done' | 'refused' | 'failed';

/** Told after each operation. */
export type OperationObserver = (
  operation: BucketOperation,
  seconds: number,
  outcome: OperationOutcome,
) => void;

export class MeteredBucket implements Bucket {
  readonly name: string;
  readonly #inner: Bucket;
  readonly #clock: Clock;
  readonly #observe: OperationObserver;

  constructor(inner: Bucket, clock: Clock, observe: OperationObserver) {
    this.name = inner.name;
    this.#inner = inner;
    this.#clock = clock;
    this.#observe = observe;
  }

  get(key: string, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array> {
    const operation = range === undefined ? 'get' : 'get_range';
    return this.#stream(operation, this.#inner.get(key, range, options));
  }

  attributes(key: string, options?: CallOptions) {
    return this.#call('attributes', this.#inner.attributes(key, options));
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call('exists', this.#inner.exists(key, options));
  }

  list(prefix: string, options?: CallOptions): AsyncIterable<ListedObject> {
    return this.#stream('iter', this.#inner.list(prefix, options));
  }

  listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    return this.#stream('iter', this.#inner.listNames(prefix, options));
  }

  put(key: string, source: PutSource, options?: PutOptions) {
    return this.#call('upload', this.#inner.put(key, source, options));
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#call('delete', this.#inner.delete(key, options));
  }

  removeUnfinished(prefix: string, options?: CallOptions): Promise<void> {
    return this.#call('iter', this.#inner.removeUnfinished(prefix, options));
  }

  observedBy(observe: RequestObserver): Bucket {
    return new MeteredBucket(this.#inner.observedBy(observe), this.#clock, this.#observe);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #call<T>(operation: BucketOperation, result: Promise<T>): Promise<T> {
    const startedMs = this.#clock.monotonicMs();
    try {
      const value = await result;
      this.#done(operation, startedMs, 'done');
      return value;
    } catch (thrown) {
      this.#done(operation, startedMs, outcomeOf(thrown));
      throw thrown;
    }
  }

  async *#stream<T>(operation: BucketOperation, items: AsyncIterable<T>): AsyncIterable<T> {
    const startedMs = this.#clock.monotonicMs();
    let outcome: OperationOutcome = 'done';
    try {
      yield* items;
    } catch (thrown) {
      outcome = outcomeOf(thrown);
      throw thrown;
    } finally {
      this.#done(operation, startedMs, outcome);
    }
  }

  #done(operation: BucketOperation, startedMs: number, outcome: OperationOutcome): void {
    this.#observe(operation, (this.#clock.monotonicMs() - startedMs) / 1000, outcome);
  }
}

function outcomeOf(thrown: unknown): OperationOutcome {
  const { kind } = asVarveError(thrown);
  return kind === 'not_found' || kind === 'conflict' ? 'refused' : 'failed';
}
