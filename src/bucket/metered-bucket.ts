// Counts and times every operation on a bucket, under the operation names of Thanos's objstore
// (objstore.go: iter, get, get_range, exists, upload, delete, attributes), so that its dashboards
// fit.
//
// It stands around the retries, as in Thanos, whose clients retry within themselves: an operation
// is what Varve wanted, and has failed when it was given up. The requests that it took are counted
// apart (request-ledger.ts).

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Clock } from '../base/runtime/clock.ts';
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

/** Operation names, the values of the `operation` label. */
export const BUCKET_OPERATIONS = [
  'iter',
  'get',
  'get_range',
  'exists',
  'upload',
  'delete',
  'attributes',
] as const;

export type BucketOperation = (typeof BUCKET_OPERATIONS)[number];

/**
 * `refused` is an answer, no failure of the store: no such object, a condition does not hold.
 * `left` was given up by whoever wanted it.
 */
export type OperationOutcome = 'done' | 'refused' | 'left' | 'failed';

/** What is told of an operation. */
export interface OperationReport {
  readonly operation: BucketOperation;
  readonly seconds: number;
  readonly outcome: OperationOutcome;
  /** Bytes of objects that came (get, get_range) or were to go (upload); 0 for the others. */
  readonly bytes: number;
}

/** Told after each operation. */
export type OperationObserver = (report: OperationReport) => void;

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

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    const operation = range === undefined ? 'get' : 'get_range';
    const pieces = this.#inner.get(key, range, options);
    return this.#stream({ operation, options, sizeOf: (piece) => piece.length }, pieces);
  }

  attributes(key: string, options?: CallOptions) {
    const run = () => this.#inner.attributes(key, options);
    return this.#call({ operation: 'attributes', options }, run);
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call({ operation: 'exists', options }, () => this.#inner.exists(key, options));
  }

  list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    return this.#stream({ operation: 'iter', options }, this.#inner.list(prefix, options));
  }

  listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    return this.#stream({ operation: 'iter', options }, this.#inner.listNames(prefix, options));
  }

  listUnfinished(prefix: string, options?: CallOptions): AsyncIterable<UnfinishedUpload> {
    const uploads = this.#inner.listUnfinished(prefix, options);
    return this.#stream({ operation: 'iter', options }, uploads);
  }

  put(key: string, source: PutSource, options?: PutOptions) {
    const bytes = source.sizeBytes;
    const run = () => this.#inner.put(key, source, options);
    return this.#call({ operation: 'upload', options, bytes }, run);
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#call({ operation: 'delete', options }, () => this.#inner.delete(key, options));
  }

  removeUnfinished(prefix: string, options?: SweepOptions): Promise<void> {
    const run = () => this.#inner.removeUnfinished(prefix, options);
    return this.#call({ operation: 'iter', options }, run);
  }

  observedBy(observe: RequestObserver): Bucket {
    return new MeteredBucket(this.#inner.observedBy(observe), this.#clock, this.#observe);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #call<T>(
    { operation, options, bytes = 0 }: Operation & { readonly bytes?: number },
    run: () => Promise<T>,
  ): Promise<T> {
    const startedMs = this.#clock.monotonicMs();
    try {
      const value = await run();
      this.#observe({ operation, seconds: this.#since(startedMs), outcome: 'done', bytes });
      return value;
    } catch (thrown) {
      const outcome = outcomeOf(thrown, options);
      this.#observe({ operation, seconds: this.#since(startedMs), outcome, bytes });
      throw thrown;
    }
  }

  async *#stream<T>(
    { operation, options, sizeOf }: Operation & { readonly sizeOf?: (item: T) => number },
    items: AsyncIterable<T>,
  ): AsyncIterable<T> {
    const startedMs = this.#clock.monotonicMs();
    let outcome: OperationOutcome = 'done';
    let bytes = 0;
    try {
      for await (const item of items) {
        bytes += sizeOf?.(item) ?? 0;
        yield item;
      }
    } catch (thrown) {
      outcome = outcomeOf(thrown, options);
      throw thrown;
    } finally {
      this.#observe({ operation, seconds: this.#since(startedMs), outcome, bytes });
    }
  }

  #since(startedMs: number): number {
    return (this.#clock.monotonicMs() - startedMs) / 1000;
  }
}

interface Operation {
  readonly operation: BucketOperation;
  readonly options: CallOptions | undefined;
}

function outcomeOf(thrown: unknown, options: CallOptions | undefined): OperationOutcome {
  if (options?.signal?.aborted === true) return 'left';
  const { kind } = asVarveError(thrown);
  return kind === 'not_found' || kind === 'conflict' ? 'refused' : 'failed';
}
