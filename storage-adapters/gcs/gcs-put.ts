// Uploads to Google Cloud Storage: one request (multipart/related: description, then bytes) up to
// the chunk size, above it a resumable upload in chunks, each streamed from its place in the
// source.
//
// Invariant: the store makes an object only of bytes whose CRC32C is the source's. It is told the
// checksum first when it is known and refuses others; what it says it has is compared with what was
// sent, and another object than that is deleted by its generation. An upload that is broken off
// leaves nothing to be listed or paid; its session ends by itself after a week.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Random } from '../../src/base/runtime/random.ts';
import type {
  ObjectAttributes,
  PutOptions,
  PutSource,
  RequestObserver,
} from '../../src/bucket/bucket.ts';
import { CheckedSource } from '../checked-source.ts';
import type { MovedBytes } from '../told.ts';
import {
  attributesOf,
  type GcsCall,
  type GcsObject,
  type GcsRequests,
  parseAnswer,
} from './gcs-requests.ts';

/** What a put is made with. */
export interface GcsPutWorld {
  readonly requests: GcsRequests;
  readonly random: Random;
  readonly observe: RequestObserver;
  /** For messages. */
  readonly bucketName: string;
  readonly chunkSizeBytes: number;
}

const FIELDS = 'size,updated,generation,crc32c';
const CONTENT_TYPE = 'application/octet-stream';

/** One put. */
export class GcsPut {
  readonly #world: GcsPutWorld;
  readonly #key: string;
  readonly #source: CheckedSource;
  readonly #options: PutOptions;
  readonly #call: GcsCall;

  constructor(
    world: GcsPutWorld,
    key: string,
    { source, options }: { readonly source: PutSource; readonly options: PutOptions },
  ) {
    this.#world = world;
    this.#key = key;
    this.#source = new CheckedSource(source, key, options.crc32c);
    this.#options = options;
    this.#call = {
      name: { class: 'write', operation: 'objects.insert' },
      observe: world.observe,
      asked: {
        doing: `${world.bucketName}: objects.insert of ${key}`,
        ofBucket: true,
        conditional: options.ifAbsent === true || options.ifVersion !== undefined,
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
  }

  async run(): Promise<ObjectAttributes> {
    const { sizeBytes } = this.#source;
    const inOne = sizeBytes <= this.#world.chunkSizeBytes;
    const stored = inOne ? await this.#sendWhole() : await this.#sendChunks();
    const attributes = attributesOf(stored, this.#call.asked.doing);
    const { crc32c } = attributes;
    const same = crc32c === undefined || crc32c === this.#source.crc32c;
    if (same && attributes.sizeBytes === sizeBytes) return attributes;
    await this.#deleteGeneration(attributes.version);
    const what = 'the store has other bytes than were sent; they were deleted';
    throw new VarveError('damaged_object', `${this.#call.asked.doing}: ${what}`);
  }

  #sendWhole(): Promise<GcsObject> {
    const { requests, random } = this.#world;
    const boundary = `varve-${Buffer.from(random.bytes(16)).toString('hex')}`;
    const part = (type: string) => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`;
    const description = `${part('application/json; charset=UTF-8')}${this.#description()}\r\n`;
    const head = Buffer.from(`${description}${part(CONTENT_TYPE)}`);
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    const length = head.length + this.#source.sizeBytes + tail.length;
    const source = this.#source;
    const body = async function* (moved: MovedBytes): AsyncIterable<Uint8Array> {
      yield head;
      yield* source.part(0, source.sizeBytes, moved);
      yield tail;
    };
    const request = {
      method: 'POST',
      target: this.#target('multipart'),
      headers: {
        'content-type': `multipart/related; boundary=${boundary}`,
        'content-length': String(length),
      },
      body,
    } as const;
    return requests.json<GcsObject>(request, this.#call);
  }

  async #sendChunks(): Promise<GcsObject> {
    const session = await this.#beginSession();
    const { sizeBytes } = this.#source;
    const { doing } = this.#call.asked;
    for (let offset = 0; ; ) {
      const length = Math.min(this.#world.chunkSizeBytes, sizeBytes - offset);
      const answer = await this.#sendChunk(session, offset, length);
      if (answer.status !== 308) return parseAnswer(answer.text, doing);
      const kept = keptBytes(answer.headers.range);
      if (kept <= offset || kept >= sizeBytes) {
        const what = `the store kept ${kept} bytes after ${offset + length} of ${sizeBytes}`;
        throw new VarveError('store_unavailable', `${doing}: ${what}`);
      }
      offset = kept;
    }
  }

  async #beginSession(): Promise<string> {
    const body = Buffer.from(this.#description());
    const request = {
      method: 'POST',
      target: this.#target('resumable'),
      headers: {
        'content-type': 'application/json; charset=UTF-8',
        'content-length': String(body.length),
        'x-upload-content-type': CONTENT_TYPE,
        'x-upload-content-length': String(this.#source.sizeBytes),
      },
      body: async function* () {
        yield body;
      },
    } as const;
    const { headers } = await this.#world.requests.text(request, this.#call);
    if (headers.location !== undefined) return headers.location;
    const what = 'the store named no session for the upload';
    throw new VarveError('store_unavailable', `${this.#call.asked.doing}: ${what}`);
  }

  #sendChunk(session: string, offset: number, length: number) {
    const last = offset + length - 1;
    const request = {
      method: 'PUT',
      target: session,
      headers: {
        'content-length': String(length),
        'content-range': `bytes ${offset}-${last}/${this.#source.sizeBytes}`,
      },
      body: (moved: MovedBytes) => this.#source.part(offset, length, moved),
      unsigned: true,
    } as const;
    const name = { class: 'write', operation: 'objects.insert chunk' } as const;
    // Here a 404 says that the session is gone, so that the upload has to begin anew.
    const asked = { ...this.#call.asked, ofBucket: false };
    return this.#world.requests.text(request, { ...this.#call, name, asked }).catch(sessionGone);
  }

  async #deleteGeneration(generation: string): Promise<void> {
    const name = { class: 'delete', operation: 'objects.delete' } as const;
    const target = this.#world.requests.target(this.#key, { generation });
    const asked = { ...this.#call.asked, ofBucket: false, conditional: false };
    await this.#world.requests
      .text({ method: 'DELETE', target }, { ...this.#call, name, asked })
      .catch((thrown: unknown) => {
        if (!(thrown instanceof VarveError && thrown.code === 'not_found')) throw thrown;
      });
  }

  #target(uploadType: string): string {
    const { ifAbsent, ifVersion } = this.#options;
    if (ifVersion !== undefined && !/^\d+$/.test(ifVersion)) {
      const what = `${this.#key} has no version ${JSON.stringify(ifVersion)}`;
      throw new VarveError('already_exists', `${this.#call.asked.doing}: ${what}`);
    }
    const ifGenerationMatch = ifVersion ?? (ifAbsent === true ? '0' : undefined);
    const query = { uploadType, fields: FIELDS, ifGenerationMatch };
    return this.#world.requests.target(undefined, query, { upload: true });
  }

  #description(): string {
    const { crc32c } = this.#options;
    const description = { name: this.#key, contentType: CONTENT_TYPE };
    if (crc32c === undefined) return JSON.stringify(description);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32c);
    return JSON.stringify({ ...description, crc32c: bytes.toString('base64') });
  }
}

/** `bytes=0-41` says that 42 bytes are kept; without it none are. */
function keptBytes(range: string | undefined): number {
  const last = /^bytes=0-(\d+)$/.exec(range ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

function sessionGone(thrown: unknown): never {
  if (thrown instanceof VarveError && thrown.code === 'not_found') {
    throw new VarveError('store_unavailable', thrown.message, { cause: thrown });
  }
  throw thrown;
}
