// A bucket in front of another that lets calls go wrong as a script or chance says, within the
// process: what a network does to requests, without one.

import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type {
  Bucket,
  ByteRange,
  CallOptions,
  GetOptions,
  PutOptions,
  PutSource,
  RequestObserver,
} from '../../../src/bucket/bucket.ts';

/**
 * What becomes of one call. `refused`: not done, `store_unavailable`; `throttled`: not done; `lost`:
 * done, its answer lost; `cut`: a stream that breaks off in the middle, for a put one that is not
 * done; `damaged`: the store says that bytes are not what was sent; `stall`: never answered.
 */
export type CallFault = 'refused' | 'throttled' | 'lost' | 'cut' | 'damaged' | 'stall';

/** Decides for each call; undefined lets it pass. */
export type FaultChoice = (operation: string, key: string) => CallFault | undefined;

/** See the head of the file. */
export class ShakyBucket implements Bucket {
  readonly name: string;
  /** Calls by operation and what became of them: `put lost`, `get pass`. */
  readonly seen = new Map<string, number>();
  readonly #inner: Bucket;
  readonly #choose: FaultChoice;

  constructor(inner: Bucket, choose: FaultChoice) {
    this.name = inner.name;
    this.#inner = inner;
    this.#choose = choose;
  }

  /** Calls that went wrong. */
  get faults(): number {
    let count = 0;
    for (const [what, times] of this.seen) if (!what.endsWith(' pass')) count += times;
    return count;
  }

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    return this.#stream('get', key, () => halved(this.#inner.get(key, range, options)));
  }

  attributes(key: string, options?: CallOptions) {
    return this.#call('attributes', key, () => this.#inner.attributes(key, options));
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call('exists', key, () => this.#inner.exists(key, options));
  }

  list(prefix: string, options?: CallOptions) {
    return this.#stream('list', prefix, () => this.#inner.list(prefix, options));
  }

  listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    return this.#stream('list', prefix, () => this.#inner.listNames(prefix, options));
  }

  put(key: string, source: PutSource, options?: PutOptions) {
    return this.#call('put', key, () => this.#inner.put(key, source, options));
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#call('delete', key, () => this.#inner.delete(key, options));
  }

  removeUnfinished(prefix: string, options?: CallOptions): Promise<void> {
    return this.#call('sweep', prefix, () => this.#inner.removeUnfinished(prefix, options));
  }

  observedBy(observe: RequestObserver): Bucket {
    const view = new ShakyBucket(this.#inner.observedBy(observe), this.#choose);
    return Object.defineProperty(view, 'seen', { value: this.seen });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #fault(operation: string, key: string): CallFault | undefined {
    const fault = this.#choose(operation, key);
    const what = `${operation} ${fault ?? 'pass'}`;
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
    return fault;
  }

  async #call<T>(operation: string, key: string, run: () => Promise<T>): Promise<T> {
    const fault = this.#fault(operation, key);
    if (fault === 'stall') return new Promise(() => undefined);
    if (fault !== undefined && fault !== 'lost') throw errorOf(fault);
    const answer = await run();
    if (fault === 'lost') throw errorOf(fault);
    return answer;
  }

  async *#stream<T>(
    operation: string,
    key: string,
    make: () => AsyncIterable<T>,
  ): AsyncIterable<T> {
    const fault = this.#fault(operation, key);
    if (fault === 'stall') await new Promise(() => undefined);
    if (fault === 'refused' || fault === 'throttled' || fault === 'damaged') throw errorOf(fault);
    let given = 0;
    for await (const item of make()) {
      if (fault === 'cut' && given === 1) throw errorOf(fault);
      yield item;
      given++;
    }
    if (fault !== undefined) throw errorOf(fault);
  }
}

/** In two pieces each, so that there is a middle. */
async function* halved(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    const half = Math.ceil(piece.length / 2);
    for (const part of [piece.subarray(0, half), piece.subarray(half)]) {
      if (part.length > 0) yield part;
    }
  }
}

function errorOf(fault: CallFault): VarveError {
  if (fault === 'throttled') {
    return new VarveError('store_throttled', 'fewer requests', { retryAfterSeconds: 2 });
  }
  const code = fault === 'damaged' ? 'damaged_object' : 'store_unavailable';
  return new VarveError(code, `an injected fault: ${fault}`);
}
