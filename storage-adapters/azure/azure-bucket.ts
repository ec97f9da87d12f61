// A container of Azure Blob storage.
//
// A version is the ETag. Azure keeps no CRC32C of an object, so attributes name none and an
// uploader reads back. An upload that was broken off can leave blocks: they are not listed, are
// paid for, and go after a week or with `removeUnfinished`. A container that bucket.yml allows to
// be made is made when the store first says that it is missing.

import type { Readable } from 'node:stream';
import type { BlobDownloadResponseParsed } from '@azure/storage-blob';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { StoreHttp, type StoreTransport } from '../../src/base/http/store-http.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
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
  SweepOptions,
  UnfinishedUpload,
} from '../../src/bucket/bucket.ts';
import { checkKey } from '../check-key.ts';
import { bothObservers, type RequestName, toldStream, UNOBSERVED } from '../told.ts';
import { type AzureCall, AzureCalls, type AzureConnection, aborting } from './azure-calls.ts';
import { azureContainer } from './azure-client.ts';
import { type AzureListing, listNames, listObjects, unfinishedUploads } from './azure-lists.ts';
import { AzurePut } from './azure-put.ts';
import { type AzureBucketOptions, BLOCK_BYTES, PAGE_OBJECTS } from './options.ts';

/** What the adapter needs of the world. */
export interface AzureWorld {
  readonly disk: Disk;
  readonly random: Random;
  readonly timers: Timers;
  /** Smaller in tests; 64 MiB otherwise. */
  readonly blockSizeBytes?: number;
  /** Smaller in tests; otherwise the most that the store gives in one page. */
  readonly pageObjects?: number;
}

/** Opens the container; asks nothing of the store yet. */
export async function openAzureBucket(
  options: AzureBucketOptions,
  world: AzureWorld,
): Promise<AzureBucket> {
  const transport = new StoreHttp(options.http, world);
  const container = await azureContainer(options, transport);
  const connection = { container, createContainer: options.createContainer, transport };
  const { random, blockSizeBytes = BLOCK_BYTES, pageObjects = PAGE_OBJECTS } = world;
  return new AzureBucket(connection, { random, blockSizeBytes, pageObjects });
}

/** What a bucket is made with, beside the way to it. */
interface AzureSettings {
  readonly random: Random;
  readonly blockSizeBytes: number;
  readonly pageObjects: number;
}

type Connection = AzureConnection & { readonly transport: StoreTransport };

export class AzureBucket implements Bucket {
  readonly name: string;
  readonly #connection: Connection;
  readonly #settings: AzureSettings;
  readonly #observe: RequestObserver;
  readonly #calls: AzureCalls;

  constructor(
    connection: Connection,
    settings: AzureSettings,
    observe: RequestObserver = UNOBSERVED,
  ) {
    this.name = `azure:${connection.container.containerName}`;
    this.#connection = connection;
    this.#settings = settings;
    this.#observe = observe;
    this.#calls = new AzureCalls(connection, this.name, observe);
  }

  async *get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    checkKey(key);
    if (range !== undefined && range.length < 1) {
      throw new VarveError('bad_parameter', `a range of ${range.length} bytes has none`);
    }
    const call = this.#call('Get Blob', key, options);
    const pieces = () => toldStream(this.#observe, call.name, this.#read(range, call, options));
    let started = false;
    try {
      for await (const piece of pieces()) {
        started = true;
        yield piece;
      }
    } catch (thrown) {
      if (started || !(await this.#calls.makeContainerAfter(thrown, call))) throw thrown;
      yield* pieces();
    }
  }

  async attributes(key: string, options?: CallOptions): Promise<ObjectAttributes> {
    checkKey(key);
    const call = this.#call('Get Blob Properties', key, options);
    const blob = this.#connection.container.getBlobClient(key);
    const found = await this.#calls.send(call, () =>
      blob.getProperties({ ...aborting(call.signal) }),
    );
    const { contentLength, lastModified, etag } = found;
    if (contentLength === undefined || lastModified === undefined || etag === undefined) {
      const what = `${this.name}: the answer does not describe ${key}`;
      throw new VarveError('store_unavailable', what);
    }
    const modifiedMs = lastModified.getTime();
    return { sizeBytes: contentLength, modifiedMs, version: etag, crc32c: undefined };
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

  list(prefix: string, options: CallOptions = {}): AsyncIterable<readonly ListedObject[]> {
    return listObjects(this.#listing(), prefix, options);
  }

  listNames(prefix: string, options: CallOptions = {}): AsyncIterable<string> {
    return listNames(this.#listing(), prefix, options);
  }

  async put(key: string, source: PutSource, options: PutOptions = {}): Promise<ObjectAttributes> {
    checkKey(key);
    const blob = this.#connection.container.getBlockBlobClient(key);
    const world = { calls: this.#calls, blob, ...this.#settings };
    return new AzurePut(world, key, { source, options }).run();
  }

  async delete(key: string, options?: CallOptions): Promise<void> {
    checkKey(key);
    const call = this.#call({ class: 'delete', operation: 'Delete Blob' }, key, options);
    const blob = this.#connection.container.getBlobClient(key);
    try {
      await this.#calls.send(call, () =>
        blob.delete({ deleteSnapshots: 'include', ...aborting(call.signal) }),
      );
    } catch (thrown) {
      if (!(thrown instanceof VarveError && thrown.code === 'not_found')) throw thrown;
    }
  }

  async *listUnfinished(
    prefix: string,
    options: CallOptions = {},
  ): AsyncIterable<UnfinishedUpload> {
    yield* unfinishedUploads(this.#listing(), prefix, options);
  }

  /**
   * Blocks without a list can be found, not deleted: an empty list, sent if there is no object,
   * drops them and makes an empty one, which is deleted if nobody has replaced it meanwhile. Blocks
   * left beside an object that is there cannot be found; the next upload of its key drops them.
   */
  async removeUnfinished(prefix: string, options: SweepOptions = {}): Promise<void> {
    const { beforeMs } = options;
    for await (const { key, sinceMs } of unfinishedUploads(this.#listing(), prefix, options)) {
      if (beforeMs === undefined || (sinceMs ?? beforeMs) < beforeMs)
        await this.#dropBlocks(key, options);
    }
  }

  observedBy(observe: RequestObserver): Bucket {
    const both = bothObservers(this.#observe, observe);
    return new AzureBucket(this.#connection, this.#settings, both);
  }

  async close(): Promise<void> {
    this.#connection.transport.close();
  }

  async *#read(
    range: ByteRange | undefined,
    call: AzureCall,
    options: GetOptions | undefined,
  ): AsyncIterable<Uint8Array> {
    try {
      const blob = this.#connection.container.getBlobClient(call.key);
      const answer = await blob.download(range?.offset ?? 0, range?.length, {
        maxRetryRequests: 0,
        ...aborting(call.signal),
      });
      // The SDK's type is that of browsers' streams too; here it is Node's.
      yield* piecesOf(answer.readableStreamBody as Readable, () => {
        checkRange(answer, range);
        if (answer.etag !== undefined) options?.onVersion?.(answer.etag);
      });
    } catch (thrown) {
      throw this.#calls.error(thrown, call);
    }
  }

  async #dropBlocks(key: string, options: CallOptions): Promise<void> {
    const blob = this.#connection.container.getBlockBlobClient(key);
    const name = { class: 'write', operation: 'Put Block List' } as const;
    const put = { ...this.#call(name, key, options), conditional: true };
    const remove = { ...put, name: { class: 'delete', operation: 'Delete Blob' } as const };
    const signal = aborting(options.signal);
    try {
      const { etag = '' } = await this.#calls.send(put, () =>
        blob.commitBlockList([], { conditions: { ifNoneMatch: '*' }, ...signal }),
      );
      await this.#calls.send(remove, () =>
        blob.delete({ conditions: { ifMatch: etag }, ...signal }),
      );
    } catch (thrown) {
      // Somebody has put the object meanwhile, and so dropped the blocks.
      if (!(thrown instanceof VarveError && thrown.code === 'already_exists')) throw thrown;
    }
  }

  #listing(): AzureListing {
    const { container } = this.#connection;
    const { pageObjects } = this.#settings;
    return { calls: this.#calls, container, pageObjects };
  }

  #call(name: RequestName | string, key: string, options: CallOptions | undefined): AzureCall {
    const named = typeof name === 'string' ? { class: 'read' as const, operation: name } : name;
    return { name: named, key, signal: options?.signal };
  }
}

/** The stream's bytes once the check has passed; the stream is ended in any case. */
async function* piecesOf(stream: Readable, check: () => void): AsyncIterable<Uint8Array> {
  try {
    check();
    yield* stream as AsyncIterable<Uint8Array>;
  } finally {
    stream.destroy();
  }
}

/** A store that does not know ranges gives all of the object: not what was asked for. */
function checkRange(answer: BlobDownloadResponseParsed, range: ByteRange | undefined): void {
  if (range === undefined) return;
  const { contentRange = '', contentLength } = answer;
  // Azurite's answer to a range that begins at the very end; Azure refuses it.
  if (contentLength === 0) {
    const what = `the range ${range.offset}+${range.length} begins at the object's end`;
    throw new VarveError('bad_parameter', what);
  }
  if (contentRange.startsWith(`bytes ${range.offset}-`)) return;
  const what = `the store gave ${contentRange || 'all'} for bytes from ${range.offset} on`;
  throw new VarveError('store_unavailable', what);
}
