// Keeps Varve from taking all of the line, or all of the store: so many calls at once, so many
// bytes a second.
//
// Uploads have places of their own. An upload keeps its place to its end; everything else has one
// only while it waits for the store, so a read whose reader is busy is in nobody's way. Nobody
// therefore waits for a place while holding one that the other needs: a source that reads from
// the store while it is uploaded takes its pieces from the other places.

import type { Clock } from '../base/runtime/clock.ts';
import type { Timers } from '../base/runtime/timers.ts';
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
import { ByteRate } from './byte-rate.ts';
import { eachItem } from './each-item.ts';
import { Slots } from './slots.ts';

/** What a bucket may take; 0 is no limit. */
export interface StoreLimits {
  /** Uploads at once, and as many other calls. */
  readonly concurrencyMax: number;
  readonly uploadBytesPerSecond: number;
  readonly downloadBytesPerSecond: number;
}

/** The limits of one bucket, however many views of it there are. */
export class SharedLimits {
  readonly uploads: Slots;
  readonly others: Slots;
  readonly upload: ByteRate | undefined;
  readonly download: ByteRate | undefined;

  constructor(limits: StoreLimits, world: { readonly clock: Clock; readonly timers: Timers }) {
    const rate = (perSecond: number) =>
      perSecond === 0 ? undefined : new ByteRate(perSecond, world);
    const places = limits.concurrencyMax === 0 ? Number.POSITIVE_INFINITY : limits.concurrencyMax;
    this.uploads = new Slots(places);
    this.others = new Slots(places);
    this.upload = rate(limits.uploadBytesPerSecond);
    this.download = rate(limits.downloadBytesPerSecond);
  }
}

/** See the head of the file. */
export class LimitedBucket implements Bucket {
  readonly name: string;
  readonly #inner: Bucket;
  readonly #limits: SharedLimits;

  constructor(inner: Bucket, limits: SharedLimits) {
    this.name = inner.name;
    this.#inner = inner;
    this.#limits = limits;
  }

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    const pieces = this.#stream(this.#inner.get(key, range, options), options);
    return this.#limits.download?.paced(pieces, options?.signal) ?? pieces;
  }

  attributes(key: string, options?: CallOptions): Promise<ObjectAttributes> {
    return this.#call(options, () => this.#inner.attributes(key, options));
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call(options, () => this.#inner.exists(key, options));
  }

  list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    return this.#stream(this.#inner.list(prefix, options), options);
  }

  listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    return this.#stream(this.#inner.listNames(prefix, options), options);
  }

  listUnfinished(prefix: string, options?: CallOptions): AsyncIterable<UnfinishedUpload> {
    return this.#stream(this.#inner.listUnfinished(prefix, options), options);
  }

  put(key: string, source: PutSource, options?: PutOptions): Promise<ObjectAttributes> {
    const { uploads, upload } = this.#limits;
    const paced = upload === undefined ? source : pacedSource(source, upload, options?.signal);
    return uploads.within(() => this.#inner.put(key, paced, options), options?.signal);
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#call(options, () => this.#inner.delete(key, options));
  }

  removeUnfinished(prefix: string, options?: SweepOptions): Promise<void> {
    return this.#call(options, () => this.#inner.removeUnfinished(prefix, options));
  }

  observedBy(observe: RequestObserver): Bucket {
    return new LimitedBucket(this.#inner.observedBy(observe), this.#limits);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #call<T>(options: CallOptions | undefined, ask: () => Promise<T>): Promise<T> {
    return this.#limits.others.within(ask, options?.signal);
  }

  #stream<T>(items: AsyncIterable<T>, options: CallOptions | undefined): AsyncIterable<T> {
    return eachItem(items, (run) => this.#limits.others.within(run, options?.signal));
  }
}

function pacedSource(
  source: PutSource,
  rate: ByteRate,
  signal: AbortSignal | undefined,
): PutSource {
  return {
    sizeBytes: source.sizeBytes,
    read: (offset, length) => rate.paced(source.read(offset, length), signal),
  };
}
