// A bucket in S3 or in a store that speaks as it does (MinIO, Ceph, R2, …).
//
// Invariant: of an object that is there and a bucket that is not, each is told from the other: a
// missing bucket is never "no such object", which an uploader or a compactor would act upon.

import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
} from '@aws-sdk/client-s3';
import { asVarveError, VarveError } from '../../src/base/errors/varve-error.ts';
import { NO_LENGTH, tellsEnd } from '../../src/base/http/store-http.ts';
import type { Clock } from '../../src/base/runtime/clock.ts';
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
} from '../../src/bucket/bucket.ts';
import { byKey } from '../by-key.ts';
import { checkKey } from '../check-key.ts';
import { bothObservers, told, toldStream, UNOBSERVED, untilAborted } from '../told.ts';
import { abortUploads, listUploads } from './abort-uploads.ts';
import { isVagueAbsence } from './errors.ts';
import { type SaidChecksum, wholeCrc32c } from './headers.ts';
import { listPages } from './listing.ts';
import { putInParts } from './multipart.ts';
import {
  goOnWithout,
  type LearnedOfPuts,
  type PutOrder,
  type PutTools,
  putSingle,
} from './puts.ts';

/** What a bucket is made of; open-s3.ts makes it. */
export interface S3Store extends Omit<PutTools, 'observe'> {
  readonly name: string;
  readonly clock: Clock;
  readonly listVersion: 'v1' | 'v2';
  readonly learned: LearnedOfStore;
  /** Closes the connections. */
  readonly close: () => void;
}

/** What earlier answers taught; shared by all observed views of the bucket. */
export interface LearnedOfStore extends LearnedOfPuts {
  /** The bucket is there: it has answered a request. */
  bucketSeen: boolean;
  /** Kinds of puts whose checksum was looked at, because their answer did not repeat it. */
  readonly lookedAt: Set<'single' | 'parts'>;
}

export class S3Bucket implements Bucket {
  readonly name: string;
  readonly #store: S3Store;
  readonly #observe: RequestObserver;

  constructor(store: S3Store, observe: RequestObserver = UNOBSERVED) {
    this.name = store.name;
    this.#store = store;
    this.#observe = observe;
  }

  get(key: string, range?: ByteRange, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    const pieces = untilAborted(this.#read(key, range, options), options);
    return toldStream(this.#observe, { class: 'read', operation: 'GetObject' }, pieces);
  }

  async attributes(key: string, options: CallOptions = {}): Promise<ObjectAttributes> {
    checkKey(key);
    const { settings, requests, clock, learned } = this.#store;
    const operation = 'HeadObject';
    const head = () => {
      const where = { Bucket: settings.bucket, Key: key };
      const command = new HeadObjectCommand({ ...where, ChecksumMode: 'ENABLED' });
      const headers = settings.headers.ofKeys;
      const call = { operation, key, headers, signal: options.signal, ofObject: true };
      return requests.send(command, call);
    };
    const answer = await this.#seeing(options, () =>
      told(this.#observe, { class: 'read', operation }, head),
    );
    const { ContentLength: sizeBytes, LastModified: modified, ETag: version } = answer;
    if (sizeBytes === undefined || version === undefined) {
      const what = `${operation} of ${key} in ${this.name}: the answer lacks length or ETag`;
      throw new VarveError('store_unavailable', what);
    }
    const modifiedMs = modified?.getTime() ?? clock.nowMs();
    const crc32c = learned.withoutChecksums ? undefined : wholeCrc32c(answer);
    return { sizeBytes, modifiedMs, version, crc32c };
  }

  async exists(key: string, options: CallOptions = {}): Promise<boolean> {
    try {
      await this.attributes(key, options);
      return true;
    } catch (thrown) {
      if (thrown instanceof VarveError && thrown.code === 'not_found') return false;
      throw thrown;
    }
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncIterable<readonly ListedObject[]> {
    for await (const { objects } of this.#pages(prefix, false, options)) {
      options.signal?.throwIfAborted();
      yield objects;
    }
  }

  async *listNames(prefix: string, options: CallOptions = {}): AsyncIterable<string> {
    for await (const { objects, prefixes } of this.#pages(prefix, true, options)) {
      const keys = [...objects.map(({ key }) => key), ...prefixes];
      keys.sort(byKey);
      for (const key of keys) {
        options.signal?.throwIfAborted();
        yield key.slice(prefix.length);
      }
    }
  }

  async put(key: string, source: PutSource, options: PutOptions = {}): Promise<ObjectAttributes> {
    checkKey(key);
    const { settings, clock } = this.#store;
    const isSingle = !settings.multipart || source.sizeBytes <= settings.partSizeBytes;
    const order: PutOrder = { key, source, options };
    const said: SaidChecksum = await (isSingle
      ? putSingle(this.#tools(), order)
      : putInParts(this.#tools(), order));
    this.#store.learned.bucketSeen = true;
    const kept = await this.#keptChecksum(order, said, isSingle ? 'single' : 'parts');
    if (said.ETag === undefined) return this.attributes(key, options);
    return {
      sizeBytes: source.sizeBytes,
      // The answer does not say it; asking would be another request.
      modifiedMs: clock.nowMs(),
      version: said.ETag,
      crc32c: kept,
    };
  }

  /**
   * The checksum that the store keeps of what was put. Some keep another than that of the bytes
   * (moto: a CRC32 by the name of CRC32C): what they say is worth nothing then, and the object is
   * put again without, lest it looks damaged to whoever asks later.
   */
  async #keptChecksum(
    { key, options }: PutOrder,
    said: SaidChecksum,
    kind: 'single' | 'parts',
  ): Promise<number | undefined> {
    const { learned } = this.#store;
    const { crc32c: sent, signal } = options;
    let kept = wholeCrc32c(said);
    if (sent === undefined || learned.withoutChecksums) return undefined;
    if (kept === undefined && !learned.lookedAt.has(kind)) {
      const attributes = await this.attributes(key, signal === undefined ? {} : { signal });
      if (attributes.version === said.ETag) kept = attributes.crc32c;
      learned.lookedAt.add(kind);
    }
    if (kept === undefined || kept === sent) return kept;
    const what = `the store keeps another CRC32C of ${key} in ${this.name} than its bytes have`;
    throw goOnWithout(this.#store, what);
  }

  async delete(key: string, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    const { settings, requests } = this.#store;
    const operation = 'DeleteObject';
    const run = async () => {
      const command = new DeleteObjectCommand({ Bucket: settings.bucket, Key: key });
      await requests.send(command, { operation, key, signal: options.signal, ofObject: true });
    };
    try {
      await this.#seeing(options, () => told(this.#observe, { class: 'delete', operation }, run));
    } catch (thrown) {
      // S3 does not mind; some of its clones do.
      if (!(thrown instanceof VarveError) || thrown.code !== 'not_found') throw thrown;
    }
  }

  listUnfinished(prefix: string, options: CallOptions = {}): AsyncIterable<UnfinishedUpload> {
    return listUploads(this.#tools(), prefix, options);
  }

  removeUnfinished(prefix: string, options: SweepOptions = {}): Promise<void> {
    return abortUploads(this.#tools(), prefix, options);
  }

  observedBy(observe: RequestObserver): Bucket {
    return new S3Bucket(this.#store, bothObservers(this.#observe, observe));
  }

  async close(): Promise<void> {
    this.#store.close();
  }

  async *#read(
    key: string,
    range: ByteRange | undefined,
    options: GetOptions,
  ): AsyncIterable<Uint8Array> {
    checkKey(key);
    if (range !== undefined && (range.length < 1 || range.offset < 0)) {
      const what = `range ${range.offset}+${range.length} is not within ${key}`;
      throw new VarveError('bad_parameter', what);
    }
    const answer = await this.#seeing(options, () => this.#get(key, range, options));
    const place = `GetObject of ${key} in ${this.name}`;
    if (answer.ETag !== undefined) options.onVersion?.(answer.ETag);
    yield* bodyPieces(answer, { place, range, signal: options.signal });
  }

  #get(key: string, range: ByteRange | undefined, options: CallOptions) {
    const { settings, requests } = this.#store;
    const command = new GetObjectCommand({
      Bucket: settings.bucket,
      Key: key,
      ...(range === undefined
        ? {}
        : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    });
    const headers = settings.headers.ofKeys;
    const call = { operation: 'GetObject', key, headers, signal: options.signal, ofObject: true };
    return requests.send(command, call);
  }

  async *#pages(prefix: string, direct: boolean, options: CallOptions) {
    const { settings, listVersion: version, requests, learned } = this.#store;
    const tools = { bucket: settings.bucket, version, requests, observe: this.#observe };
    for await (const page of listPages(tools, { prefix, direct }, options)) {
      learned.bucketSeen = true;
      yield page;
    }
  }

  /** Runs a request on an object; one that finds none looks once whether the bucket is there. */
  async #seeing<T>(options: CallOptions, run: () => Promise<T>): Promise<T> {
    const { learned } = this.#store;
    try {
      const answer = await run();
      learned.bucketSeen = true;
      return answer;
    } catch (thrown) {
      if (!learned.bucketSeen && isVagueAbsence(thrown)) await this.#checkBucket(options);
      throw thrown;
    }
  }

  async #checkBucket({ signal }: CallOptions): Promise<void> {
    const { settings, requests, learned } = this.#store;
    const operation = 'HeadBucket';
    const command = new HeadBucketCommand({ Bucket: settings.bucket });
    await told(this.#observe, { class: 'read', operation }, async () => {
      try {
        await requests.send(command, { operation, signal, ofObject: true });
      } catch (thrown) {
        if (!(thrown instanceof VarveError) || thrown.code !== 'not_found') throw thrown;
        const what = `${this.name} does not exist; create it, or correct bucket and endpoint`;
        throw new VarveError('store_denied', what, { cause: thrown });
      }
    });
    learned.bucketSeen = true;
  }

  #tools(): PutTools {
    return { ...this.#store, observe: this.#observe };
  }
}

/** In Node the body is the answer, with its headers. */
function headersOf(body: Readable): Readonly<Record<string, unknown>> {
  return 'headers' in body ? (body.headers as Readonly<Record<string, unknown>>) : {};
}

interface BodyPlace {
  readonly place: string;
  readonly range: ByteRange | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The bytes of an answer; one that ends early is an error, as is one that is not the range. */
async function* bodyPieces(
  answer: GetObjectCommandOutput,
  { place, range, signal }: BodyPlace,
): AsyncIterable<Uint8Array> {
  // In Node the SDK gives the answer itself.
  const body = answer.Body as Readable | undefined;
  const promised = answer.ContentLength;
  if (body === undefined) throw new VarveError('store_unavailable', `${place}: no body came`);
  const onSignal = () => body.destroy(asVarveError(signal?.reason));
  signal?.addEventListener('abort', onSignal, { once: true });
  try {
    if (range !== undefined && !answer.ContentRange?.startsWith(`bytes ${range.offset}-`)) {
      throw new VarveError('store_unavailable', `${place}: the answer is not the range asked for`);
    }
    if (promised === undefined && !tellsEnd(headersOf(body)))
      throw new VarveError('store_unavailable', `${place}: ${NO_LENGTH}`);
    let got = 0;
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      got += piece.length;
      yield piece;
    }
    if (promised !== undefined && got !== promised) {
      const what = `${place}: ${got} bytes came instead of ${promised}`;
      throw new VarveError('store_unavailable', what);
    }
  } catch (thrown) {
    if (signal?.aborted === true) throw signal.reason;
    if (thrown instanceof VarveError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new VarveError('store_unavailable', `${place}: cut off: ${why}`, { cause: thrown });
  } finally {
    signal?.removeEventListener('abort', onSignal);
    body.destroy();
  }
}
