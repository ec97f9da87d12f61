// Uploads to Azure Blob storage: one request up to 64 MiB, above it blocks, each streamed from its
// place in the source, and then the list that makes them the object.
//
// Invariant: bytes whose CRC32C or length is not as said never become an object. Azure keeps no
// CRC32C of its own, so the sum is taken while sending and compared before the last byte is out:
// the request is broken off, or no list of blocks is sent. Every upload names its blocks anew, so
// that two of the same key cannot mix theirs. Blocks that no list ever named go with the next
// upload of the key, with a sweep, or after a week.

import { Readable } from 'node:stream';
import type { BlockBlobClient, ModifiedAccessConditions } from '@azure/storage-blob';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Random } from '../../src/base/runtime/random.ts';
import type { ObjectAttributes, PutOptions, PutSource } from '../../src/bucket/bucket.ts';
import { CheckedSource } from '../checked-source.ts';
import { type AzureCall, type AzureCalls, aborting } from './azure-calls.ts';
import { BLOCKS_MAX } from './options.ts';

/** What a put is made with. */
export interface AzurePutWorld {
  readonly calls: AzureCalls;
  readonly blob: BlockBlobClient;
  readonly random: Random;
  readonly blockSizeBytes: number;
}

/** What both ways of making an object answer with. */
interface Stored {
  readonly etag?: string;
  readonly lastModified?: { getTime(): number };
}

const HEADERS = { blobContentType: 'application/octet-stream' };

/** One put. */
export class AzurePut {
  readonly #world: AzurePutWorld;
  readonly #key: string;
  readonly #source: CheckedSource;
  readonly #options: PutOptions;

  constructor(
    world: AzurePutWorld,
    key: string,
    { source, options }: { readonly source: PutSource; readonly options: PutOptions },
  ) {
    this.#world = world;
    this.#key = key;
    this.#source = new CheckedSource(source, key, options.crc32c);
    this.#options = options;
  }

  async run(): Promise<ObjectAttributes> {
    const { sizeBytes } = this.#source;
    const inOne = sizeBytes <= this.#world.blockSizeBytes;
    const { etag, lastModified } = inOne ? await this.#sendWhole() : await this.#sendBlocks();
    if (etag === undefined || lastModified === undefined) {
      const what = `the answer to the upload of ${this.#key} does not describe an object`;
      throw new VarveError('store_unavailable', what);
    }
    return { sizeBytes, modifiedMs: lastModified.getTime(), version: etag, crc32c: undefined };
  }

  #sendWhole(): Promise<Stored> {
    const { calls, blob } = this.#world;
    const { sizeBytes } = this.#source;
    return calls.send(this.#call('Put Blob'), (moved) =>
      blob.upload(this.#body(0, sizeBytes, moved), sizeBytes, {
        blobHTTPHeaders: HEADERS,
        conditions: this.#conditions(),
        ...aborting(this.#options.signal),
      }),
    );
  }

  async #sendBlocks(): Promise<Stored> {
    const { calls, blob, random, blockSizeBytes } = this.#world;
    const { sizeBytes } = this.#source;
    const size = Math.max(blockSizeBytes, Math.ceil(sizeBytes / BLOCKS_MAX));
    const upload = Buffer.from(random.bytes(16)).toString('hex');
    const ids: string[] = [];
    for (let offset = 0; offset < sizeBytes; offset += size) {
      const length = Math.min(size, sizeBytes - offset);
      // All names of an object's blocks must have one length.
      const id = Buffer.from(`${upload}-${String(ids.length).padStart(6, '0')}`).toString('base64');
      await calls.send(this.#call('Put Block'), (moved) =>
        blob.stageBlock(id, this.#body(offset, length, moved), length, {
          ...aborting(this.#options.signal),
        }),
      );
      ids.push(id);
    }
    return calls.send(this.#call('Put Block List'), () =>
      blob.commitBlockList(ids, {
        blobHTTPHeaders: HEADERS,
        conditions: this.#conditions(),
        ...aborting(this.#options.signal),
      }),
    );
  }

  #body(offset: number, length: number, moved: { sentBytes: number; receivedBytes: number }) {
    return () => Readable.from(this.#source.part(offset, length, moved), { objectMode: false });
  }

  #call(operation: string): AzureCall {
    const { ifAbsent, ifVersion, signal } = this.#options;
    const conditional = operation !== 'Put Block' && (ifAbsent === true || ifVersion !== undefined);
    return { name: { class: 'write', operation }, key: this.#key, conditional, signal };
  }

  #conditions(): ModifiedAccessConditions {
    const { ifAbsent, ifVersion } = this.#options;
    if (ifVersion !== undefined) return { ifMatch: ifVersion };
    return ifAbsent === true ? { ifNoneMatch: '*' } : {};
  }
}
