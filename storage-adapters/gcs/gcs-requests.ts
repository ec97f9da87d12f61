// Requests of the JSON API (cloud.google.com/storage/docs/json_api/v1): addresses, signing, errors
// and the telling of each. They go through our own transport: the client library sends twice on its
// own, takes no signal and does not say what it sends.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import {
  answerText,
  type StoreHttpAnswer,
  type StoreHttpHeaders,
  type StoreTransport,
} from '../../src/base/http/store-http.ts';
import { parseIsoTime } from '../../src/base/runtime/iso-time.ts';
import type { CallOptions, ObjectAttributes, RequestObserver } from '../../src/bucket/bucket.ts';
import { type MovedBytes, type RequestName, told } from '../told.ts';
import type { Authorize } from './credentials.ts';
import { type GcsAsked, gcsError } from './errors.ts';

/** A bucket and the way to it. */
export interface GcsConnection {
  readonly bucket: string;
  /** Scheme and host of the store. */
  readonly origin: string;
  readonly transport: StoreTransport;
  readonly authorize: Authorize;
}

/** What is sent. */
export interface GcsRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, or for an upload's session a whole URL. */
  readonly target: string;
  readonly headers?: StoreHttpHeaders;
  readonly body?: (moved: MovedBytes) => AsyncIterable<Uint8Array>;
  /** An upload's session needs no signing: its URL is the secret. */
  readonly unsigned?: boolean;
}

/** One request, how it is told, and what it was for. */
export interface GcsCall extends CallOptions {
  readonly name: RequestName;
  readonly asked: GcsAsked;
  readonly observe: RequestObserver;
}

/** An object as the JSON API describes it; of its fields those that Varve asks for. */
export interface GcsObject {
  readonly name?: string;
  readonly size?: string;
  readonly updated?: string;
  readonly generation?: string;
  readonly crc32c?: string;
}

const USER_AGENT = 'varve';
/** Answered to a chunk that is not the last: not a redirect. */
const RESUME_INCOMPLETE = 308;

export class GcsRequests {
  readonly #connection: GcsConnection;

  constructor(connection: GcsConnection) {
    this.#connection = connection;
  }

  /** `/storage/v1/b/<bucket>/o` and what follows; parameters without a value are left out. */
  target(
    key: string | undefined,
    query: Readonly<Record<string, string | undefined>>,
    { upload = false }: { readonly upload?: boolean } = {},
  ): string {
    const { bucket } = this.#connection;
    const object = key === undefined ? '' : `/${encodeURIComponent(key)}`;
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') parameters.set(name, value);
    }
    const base = `${upload ? '/upload' : ''}/storage/v1/b/${encodeURIComponent(bucket)}/o${object}`;
    return parameters.size === 0 ? base : `${base}?${parameters}`;
  }

  /** The absolute form of what the store gave as an address. */
  resolve(location: string): string {
    return new URL(location, this.#connection.origin).href;
  }

  /** One request, told; its answer is read whole. */
  async text(request: GcsRequest, call: GcsCall): Promise<StoreHttpAnswer & { text: string }> {
    const headers = await this.headers(request, call);
    return told(call.observe, call.name, async (moved) => {
      const answer = await this.answer({ ...request, headers }, call, moved);
      return { ...answer, text: await answerText(answer) };
    });
  }

  /** One request, told, whose answer is an object's description or a page of them. */
  async json<T extends object>(request: GcsRequest, call: GcsCall): Promise<T> {
    const { text } = await this.text(request, call);
    return parseAnswer(text, call.asked.doing);
  }

  /** What stands in the request's headers, signed. Not a request to the store itself. */
  async headers(request: GcsRequest, call: CallOptions): Promise<StoreHttpHeaders> {
    const signed = request.unsigned === true ? {} : await this.#connection.authorize(call.signal);
    return { 'user-agent': USER_AGENT, ...signed, ...request.headers };
  }

  /** Sends it, untold. Anything but a success is thrown. */
  async answer(request: GcsRequest, call: GcsCall, moved: MovedBytes): Promise<StoreHttpAnswer> {
    const { method, target, headers = {}, body } = request;
    const { asked, signal } = call;
    const url = this.resolve(target);
    let answer: StoreHttpAnswer;
    try {
      answer = await this.#connection.transport.send({
        method,
        url,
        headers,
        signal,
        body: body?.(moved),
      });
    } catch (thrown) {
      throw placed(thrown, call);
    }
    const placedAnswer = { ...answer, body: placedPieces(answer.body, call) };
    if (answer.status < 300 || answer.status === RESUME_INCOMPLETE) return placedAnswer;
    throw await gcsError(placedAnswer, asked);
  }
}

/**
 * A JSON object of the store; what is none was cut off (an object that lacks its end is none), or
 * came from something else.
 */
export function parseAnswer<T extends object>(text: string, doing: string): T {
  let cause: unknown;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as T;
  } catch (thrown) {
    cause = thrown;
  }
  throw new VarveError('store_unavailable', `${doing}: the answer is not JSON`, { cause });
}

/** @throws VarveError `store_unavailable` when the answer describes no object */
export function attributesOf(object: GcsObject, doing: string): ObjectAttributes {
  const modifiedMs = parseIsoTime(object.updated ?? '');
  const { size, generation } = object;
  if (size === undefined || generation === undefined || modifiedMs === undefined) {
    throw new VarveError('store_unavailable', `${doing}: the answer does not describe an object`);
  }
  const crc = object.crc32c;
  return {
    sizeBytes: Number(size),
    modifiedMs,
    version: generation,
    crc32c: crc === undefined ? undefined : Buffer.from(crc, 'base64').readUInt32BE(0),
  };
}

async function* placedPieces(
  pieces: AsyncIterable<Uint8Array>,
  call: GcsCall,
): AsyncIterable<Uint8Array> {
  try {
    yield* pieces;
  } catch (thrown) {
    throw placed(thrown, call);
  }
}

/** A failure of the connection, with what was being done; a signal's reason as it is. */
function placed(thrown: unknown, { asked, signal }: GcsCall): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (!(thrown instanceof VarveError) || thrown.code !== 'store_unavailable') return thrown;
  return new VarveError(thrown.code, `${asked.doing}: ${thrown.message}`, { cause: thrown });
}
