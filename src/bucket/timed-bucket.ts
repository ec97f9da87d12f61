// Puts a limit of time to every call: a store that takes a request and says nothing is as good as
// one that is away.
//
// Small calls have a time for all of it; reads and writes, of whatever size, one in which something
// has to move. What took longer is `store_unavailable`, like any other store that does not answer.

import { VarveError } from '../base/errors/varve-error.ts';
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
import { CallWatch } from './call-watch.ts';
import { eachItem } from './each-item.ts';

/** The longest that a store may take. */
export interface StoreTimeouts {
  /** For all of a call that moves no bytes of objects. */
  readonly callMs: number;
  /**
   * For the next piece of a read, the next line of a list; to take the next piece of an upload, and
   * to answer after the last, when it may have to put it together.
   */
  readonly stallMs: number;
}

/** The second is Thanos's `http_config.response_header_timeout`. */
export const STORE_TIMEOUTS: StoreTimeouts = { callMs: 30_000, stallMs: 120_000 };

/** See the head of the file. */
export class TimedBucket implements Bucket {
  readonly name: string;
  readonly #inner: Bucket;
  readonly #timers: Timers;
  readonly #timeouts: StoreTimeouts;

  constructor(inner: Bucket, timers: Timers, timeouts: StoreTimeouts) {
    this.name = inner.name;
    this.#inner = inner;
    this.#timers = timers;
    this.#timeouts = timeouts;
  }

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    return this.#stream(`reading ${key}`, options, (signal) =>
      this.#inner.get(key, range, { ...options, signal }),
    );
  }

  attributes(key: string, options?: CallOptions): Promise<ObjectAttributes> {
    return this.#call(`asking for ${key}`, options, (signal) =>
      this.#inner.attributes(key, { ...options, signal }),
    );
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call(`asking for ${key}`, options, (signal) =>
      this.#inner.exists(key, { ...options, signal }),
    );
  }

  list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    return this.#stream(`listing ${prefix}`, options, (signal) =>
      this.#inner.list(prefix, { ...options, signal }),
    );
  }

  listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    return this.#stream(`listing ${prefix}`, options, (signal) =>
      this.#inner.listNames(prefix, { ...options, signal }),
    );
  }

  listUnfinished(prefix: string, options?: CallOptions): AsyncIterable<UnfinishedUpload> {
    return this.#stream(`listing uploads to ${prefix}`, options, (signal) =>
      this.#inner.listUnfinished(prefix, { ...options, signal }),
    );
  }

  async put(key: string, source: PutSource, options?: PutOptions): Promise<ObjectAttributes> {
    const watch = this.#watch(`storing ${key}`, this.#timeouts.stallMs, options);
    const { signal } = watch;
    try {
      signal.throwIfAborted();
      const held = heldWhileRead(source, watch);
      return await watch.answer(this.#inner.put(key, held, { ...options, signal }));
    } finally {
      watch.end();
    }
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#call(`deleting ${key}`, options, (signal) =>
      this.#inner.delete(key, { ...options, signal }),
    );
  }

  /** Many requests that look like one: it has the time of an upload. */
  async removeUnfinished(prefix: string, options?: SweepOptions): Promise<void> {
    const watch = this.#watch(`sweeping ${prefix}`, this.#timeouts.stallMs, options);
    const { signal } = watch;
    try {
      signal.throwIfAborted();
      await watch.answer(this.#inner.removeUnfinished(prefix, { ...options, signal }));
    } finally {
      watch.end();
    }
  }

  observedBy(observe: RequestObserver): Bucket {
    return new TimedBucket(this.#inner.observedBy(observe), this.#timers, this.#timeouts);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #call<T>(
    what: string,
    options: CallOptions | undefined,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const watch = this.#watch(what, this.#timeouts.callMs, options);
    try {
      watch.signal.throwIfAborted();
      return await watch.answer(ask(watch.signal));
    } finally {
      watch.end();
    }
  }

  async *#stream<T>(
    what: string,
    options: CallOptions | undefined,
    ask: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncIterable<T> {
    const watch = this.#watch(what, this.#timeouts.stallMs, options);
    try {
      watch.signal.throwIfAborted();
      const next = <R>(run: () => Promise<R>) => watch.answer(run());
      yield* eachItem(ask(watch.signal), next, (closed) => watch.answer(closed));
    } finally {
      watch.end();
    }
  }

  #watch(what: string, limitMs: number, options: CallOptions | undefined): CallWatch {
    const late = (): VarveError => {
      const text = `${what} in ${this.name}: nothing moved for ${limitMs / 1000} s`;
      return new VarveError('store_unavailable', text);
    };
    return new CallWatch({ timers: this.#timers, limitMs, signal: options?.signal, late });
  }
}

/** The time that our own disk takes, or a limit of bandwidth, is not the store's. */
function heldWhileRead(source: PutSource, watch: CallWatch): PutSource {
  const held = async <R>(run: () => Promise<R>): Promise<R> => {
    watch.hold();
    try {
      return await run();
    } finally {
      watch.release();
    }
  };
  return {
    sizeBytes: source.sizeBytes,
    read: (offset, length) => eachItem(source.read(offset, length), held),
  };
}
