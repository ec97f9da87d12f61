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
  SweepOptions,
} from '../../../src/bucket/bucket.ts';

/**
 * What becomes of one call. `refused`: not done, `store_unavailable`; `throttled`: not done; `lost`:
 * done, its answer lost; `cut`: a stream that breaks off in the middle, for a put one that is not
 * done; `damaged`: the store says that bytes are not what was sent; `stall`: never answered;
 * `denied`: not done, `store_denied`; `flipped`: other bytes arrive, and nobody says so; `late`: said
 * to have failed (a delete: said to be done) and done some time after; `old`: an earlier list.
 */
export type CallFault =
  | ('refused' | 'throttled' | 'lost' | 'cut' | 'damaged' | 'stall')
  | ('denied' | 'flipped' | 'late' | 'old');

/** Does something some time from now; whoever made it waits for all of it in the end. */
export type Later = (run: () => Promise<unknown>) => void;

/** Decides for each call; undefined lets it pass. */
export type FaultChoice = (operation: string, key: string) => CallFault | undefined;

/** See the head of the file. */
export class ShakyBucket implements Bucket {
  readonly name: string;
  /** Calls by operation and what became of them: `put lost`, `get pass`. */
  readonly seen = new Map<string, number>();
  readonly #inner: Bucket;
  readonly #choose: FaultChoice;
  readonly #later: Later;
  /** Lists by what was asked, to be given again. */
  #lists = new Map<string, readonly unknown[]>();

  constructor(
    inner: Bucket,
    choose: FaultChoice,
    later: Later = () => {
      throw new Error('nothing can be done later here');
    },
  ) {
    this.name = inner.name;
    this.#inner = inner;
    this.#choose = choose;
    this.#later = later;
  }

  /** Calls that went wrong. */
  get faults(): number {
    let count = 0;
    for (const [what, times] of this.seen) if (!what.endsWith(' pass')) count += times;
    return count;
  }

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    const make = () => halved(this.#inner.get(key, range, options));
    return this.#stream({ operation: 'get', key, flip: flipped }, make);
  }

  attributes(key: string, options?: CallOptions) {
    return this.#call('attributes', key, () => this.#inner.attributes(key, options));
  }

  exists(key: string, options?: CallOptions): Promise<boolean> {
    return this.#call('exists', key, () => this.#inner.exists(key, options));
  }

  list(prefix: string, options?: CallOptions) {
    return this.#list(`keys ${prefix}`, () => singly(this.#inner.list(prefix, options)));
  }

  listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    return this.#list(`names ${prefix}`, () => this.#inner.listNames(prefix, options));
  }

  put(key: string, source: PutSource, options?: PutOptions) {
    const run = (from: PutSource) => () => this.#inner.put(key, from, options);
    return this.#call('put', key, run(source), run(flippedSource(source)));
  }

  delete(key: string, options?: CallOptions): Promise<void> {
    return this.#call('delete', key, () => this.#inner.delete(key, options));
  }

  listUnfinished(prefix: string, options?: CallOptions) {
    return this.#list(`uploads ${prefix}`, () => this.#inner.listUnfinished(prefix, options));
  }

  removeUnfinished(prefix: string, options?: SweepOptions): Promise<void> {
    return this.#call('sweep', prefix, () => this.#inner.removeUnfinished(prefix, options));
  }

  observedBy(observe: RequestObserver): Bucket {
    const view = new ShakyBucket(this.#inner.observedBy(observe), this.#choose, this.#later);
    view.#lists = this.#lists;
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

  async #call<T>(
    operation: string,
    key: string,
    run: () => Promise<T>,
    runFlipped: () => Promise<T> = run,
  ): Promise<T> {
    const fault = this.#fault(operation, key);
    if (fault === 'stall') return new Promise(() => undefined);
    if (fault === 'flipped') return runFlipped();
    if (fault === 'late') this.#later(run);
    // A delete has nothing to say but that it is done.
    if (fault === 'late' && operation === 'delete') return undefined as T;
    if (fault !== undefined && fault !== 'lost') throw errorOf(fault);
    const answer = await run();
    if (fault === 'lost') throw errorOf(fault);
    return answer;
  }

  async *#list<T>(what: string, make: () => AsyncIterable<T>): AsyncIterable<T> {
    const older = this.#lists.get(what) as readonly T[] | undefined;
    const items: T[] = [];
    for await (const item of make()) items.push(item);
    // The first answer stays: what lags, lags far behind.
    if (older === undefined) this.#lists.set(what, items);
    const old = async function* () {
      yield* older ?? items;
    };
    const now = async function* () {
      yield* items;
    };
    yield* this.#stream({ operation: 'list', key: what, old }, now);
  }

  async *#stream<T>(asked: Streamed<T>, make: () => AsyncIterable<T>): AsyncIterable<T> {
    const { operation, key, flip = (item: T) => item, old = make } = asked;
    const fault = this.#fault(operation, key);
    if (fault === 'stall') await new Promise(() => undefined);
    if (fault !== undefined && !DURING_STREAMS.has(fault)) throw errorOf(fault);
    let given = 0;
    for await (const item of fault === 'old' ? old() : make()) {
      if (fault === 'cut' && given === 1) throw errorOf(fault);
      yield fault === 'flipped' && given === 0 ? flip(item) : item;
      given++;
    }
    if (fault === 'lost' || fault === 'cut') throw errorOf(fault);
  }
}

/** Pages of one object each: a short listing, too, is cut in its middle. */
async function* singly<T>(pages: AsyncIterable<readonly T[]>): AsyncIterable<readonly T[]> {
  for await (const page of pages) for (const one of page) yield [one];
}

/** Faults that a stream meets on the way, or that leave it whole. */
const DURING_STREAMS = new Set<CallFault>(['lost', 'cut', 'flipped', 'old']);

interface Streamed<T> {
  readonly operation: string;
  readonly key: string;
  readonly flip?: (item: T) => T;
  readonly old?: () => AsyncIterable<T>;
}

function flipped(piece: Uint8Array): Uint8Array {
  const bytes = Buffer.from(piece);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

function flippedSource(source: PutSource): PutSource {
  return {
    sizeBytes: source.sizeBytes,
    async *read(offset, length) {
      for await (const piece of source.read(offset, length)) yield flipped(piece);
    },
  };
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
  if (fault === 'denied') return new VarveError('store_denied', 'no access');
  const code = fault === 'damaged' ? 'damaged_object' : 'store_unavailable';
  return new VarveError(code, `an injected fault: ${fault}`);
}
