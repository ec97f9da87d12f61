// A bucket in Google Cloud Storage, by its JSON API.
//
// A version is the generation: the store's own number of each write of an object, which its
// conditions compare. What was broken off needs no sweeping: an unfinished upload is no object, is
// not listed and not paid for, and the store forgets it after a week.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import { objectBody, StoreHttp } from '../../src/base/http/store-http.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import { parseIsoTime } from '../../src/base/runtime/iso-time.ts';
import type { Random } from '../../src/base/runtime/random.ts';
import type { Timers } from '../../src/base/runtime/timers.ts';
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
  UnfinishedUpload,
} from '../../src/bucket/bucket.ts';
import { byKey } from '../by-key.ts';
import { checkKey } from '../check-key.ts';
import { bothObservers, toldStream, UNOBSERVED } from '../told.ts';
import { gcsAuthorize, gcsOrigin } from './credentials.ts';
import { GcsPut } from './gcs-put.ts';
import {
  attributesOf,
  type GcsCall,
  type GcsConnection,
  type GcsObject,
  GcsRequests,
} from './gcs-requests.ts';
import type { GcsBucketOptions } from './options.ts';

/** What the adapter needs of the world. */
export interface GcsWorld {
  readonly disk: Disk;
  readonly random: Random;
  readonly timers: Timers;
}

/** The most that the store gives in one page. */
const PAGE_OBJECTS = 1000;
const FIELDS = 'size,updated,generation,crc32c';

interface Page {
  readonly items?: readonly GcsObject[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

/** Opens the bucket; asks nothing of the store yet. */
export async function openGcsBucket(
  options: GcsBucketOptions,
  world: GcsWorld,
): Promise<GcsBucket> {
  const connection = {
    bucket: options.bucket,
    origin: gcsOrigin(options),
    transport: new StoreHttp(options.http, world),
    authorize: await gcsAuthorize(options, `gcs:${options.bucket}`),
  };
  return new GcsBucket(connection, { random: world.random, options });
}

/** What a bucket is made with, beside the way to it. */
interface GcsSettings {
  readonly random: Random;
  readonly options: Pick<GcsBucketOptions, 'chunkSizeBytes'>;
}

export class GcsBucket implements Bucket {
  readonly name: string;
  readonly #connection: GcsConnection;
  readonly #settings: GcsSettings;
  readonly #observe: RequestObserver;
  readonly #requests: GcsRequests;

  constructor(
    connection: GcsConnection,
    settings: GcsSettings,
    observe: RequestObserver = UNOBSERVED,
  ) {
    this.name = `gcs:${connection.bucket}`;
    this.#connection = connection;
    this.#settings = settings;
    this.#observe = observe;
    this.#requests = new GcsRequests(connection);
  }

  async *get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    checkKey(key);
    const call = this.#call('objects.get', key, options);
    const headers = await this.#requests.headers(
      // Compressed objects come as they are stored: what is read is what was put.
      { method: 'GET', target: '', headers: { 'accept-encoding': 'gzip', ...rangeHeader(range) } },
      call,
    );
    yield* toldStream(this.#observe, call.name, this.#read({ key, range, headers, options }, call));
  }

  async attributes(key: string, options?: CallOptions): Promise<ObjectAttributes> {
    checkKey(key);
    const call = this.#call('objects.get attributes', key, options);
    const target = this.#requests.target(key, { fields: FIELDS });
    const object = await this.#requests.json<GcsObject>({ method: 'GET', target }, call);
    return attributesOf(object, call.asked.doing);
  }

  async exists(key: string, options?: CallOptions): Promise<boolean> {
    try {
      await this.attributes(key, options);
      return true;
    } catch (thrown) {
      if (thrown instanceof VarveError && thrown.code === 'not_found') return false;
      throw thrown;
    }
  }

  async *list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    const fields = 'items(name,size,updated),nextPageToken';
    for await (const { items = [] } of this.#pages({ prefix, fields }, options)) {
      options?.signal?.throwIfAborted();
      yield items.flatMap(({ name = '', size, updated = '' }) => {
        // Consoles make such objects to show a folder; no key ends so.
        if (name.endsWith('/')) return [];
        return [{ key: name, sizeBytes: Number(size), modifiedMs: parseIsoTime(updated) ?? 0 }];
      });
    }
  }

  async *listNames(prefix: string, options?: CallOptions): AsyncIterable<string> {
    const fields = 'items(name),prefixes,nextPageToken';
    const query = { prefix, fields, delimiter: '/' };
    for await (const { items = [], prefixes = [] } of this.#pages(query, options)) {
      const objects = items.map(({ name = '' }) => name).filter((name) => name !== prefix);
      const names = [...objects, ...prefixes].map((name) => name.slice(prefix.length));
      for (const name of names.sort(byKey)) {
        options?.signal?.throwIfAborted();
        yield name;
      }
    }
  }

  async put(key: string, source: PutSource, options: PutOptions = {}): Promise<ObjectAttributes> {
    checkKey(key);
    const { random, options: settings } = this.#settings;
    const world = {
      requests: this.#requests,
      random,
      observe: this.#observe,
      bucketName: this.name,
      chunkSizeBytes: settings.chunkSizeBytes,
    };
    return new GcsPut(world, key, { source, options }).run();
  }

  async delete(key: string, options?: CallOptions): Promise<void> {
    checkKey(key);
    const name = { class: 'delete', operation: 'objects.delete' } as const;
    const call = { ...this.#call(name.operation, key, options), name };
    const target = this.#requests.target(key, {});
    try {
      await this.#requests.text({ method: 'DELETE', target }, call);
    } catch (thrown) {
      if (!(thrown instanceof VarveError && thrown.code === 'not_found')) throw thrown;
    }
  }

  async *listUnfinished(): AsyncIterable<UnfinishedUpload> {
    // The JSON API has no list of sessions, and nothing of one that was broken off can be found.
  }

  async removeUnfinished(): Promise<void> {
    // The store forgets them by itself.
  }

  observedBy(observe: RequestObserver): Bucket {
    const both = bothObservers(this.#observe, observe);
    return new GcsBucket(this.#connection, this.#settings, both);
  }

  async close(): Promise<void> {
    this.#connection.transport.close();
  }

  async *#read(
    asked: {
      readonly key: string;
      readonly range: ByteRange | undefined;
      readonly headers: Readonly<Record<string, string>>;
      readonly options: GetOptions | undefined;
    },
    call: GcsCall,
  ): AsyncIterable<Uint8Array> {
    const { key, range, headers, options } = asked;
    const target = this.#requests.target(key, { alt: 'media' });
    const moved = { sentBytes: 0, receivedBytes: 0 };
    const answer = await this.#requests.answer({ method: 'GET', target, headers }, call, moved);
    const contentRange = answer.headers['content-range'] ?? '';
    if (range !== undefined && !contentRange.startsWith(`bytes ${range.offset}-`)) {
      answer.discard();
      const what = `the store gave ${contentRange || 'all'} for bytes from ${range.offset} on`;
      throw new VarveError('store_unavailable', `${call.asked.doing}: ${what}`);
    }
    const generation = answer.headers['x-goog-generation'];
    if (generation !== undefined) options?.onVersion?.(generation);
    yield* objectBody(answer);
  }

  async *#pages(
    query: Readonly<Record<string, string>>,
    options: CallOptions | undefined,
  ): AsyncIterable<Page> {
    const name = { class: 'list', operation: 'objects.list' } as const;
    const { asked, ...rest } = this.#call(name.operation, query.prefix ?? '', options);
    const call = { ...rest, name, asked: { ...asked, ofBucket: true } };
    let pageToken: string | undefined;
    do {
      const page = { ...query, maxResults: String(PAGE_OBJECTS), pageToken };
      const target = this.#requests.target(undefined, page);
      const answer: Page = await this.#requests.json<Page>({ method: 'GET', target }, call);
      yield answer;
      pageToken = answer.nextPageToken;
    } while (pageToken !== undefined && pageToken !== '');
  }

  #call(operation: string, key: string, options: CallOptions | undefined): GcsCall {
    return {
      name: { class: 'read', operation },
      observe: this.#observe,
      asked: { doing: `${this.name}: ${operation} of ${key}`, ofBucket: false, conditional: false },
      ...(options?.signal === undefined ? {} : { signal: options.signal }),
    };
  }
}

function rangeHeader(range: ByteRange | undefined): Readonly<Record<string, string>> {
  if (range === undefined) return {};
  const { offset, length } = range;
  if (length < 1) throw new VarveError('bad_parameter', `a range of ${length} bytes has none`);
  return { range: `bytes=${offset}-${offset + length - 1}` };
}
