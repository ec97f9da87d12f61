// One HTTP request to an object store: its body streamed out, its answer streamed in, over the
// connections that `http_config` of bucket.yml describes.
//
// Invariant: an answer is whole or an error. A body that ends before its length, a connection that
// breaks and a time limit of http_config that runs out are `store_unavailable`; a signal that fires
// ends the request with the signal's reason. Nothing is sent twice and no redirect is followed.
// One thing the connection cannot tell: whether the end of a body without length and chunks is the
// store's (RFC 9112, 6.3). Bytes of objects are not taken from such an answer (`objectBody`); of
// documents their reader sees that they end.
// Messages name the host and never the path: a path can hold a signature or an upload's session.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { StoreHttpConfig } from '../config/bucket-http.ts';
import { VarveError } from '../errors/varve-error.ts';
import type { Disk } from '../runtime/disk.ts';
import { collect } from '../runtime/file-pieces.ts';
import type { Cancel, Timers } from '../runtime/timers.ts';
import { forwardedTo } from './proxy-tunnel.ts';
import { type StoreAgents, storeAgents } from './store-agents.ts';

/** A connection that is not there after this is given up, as Go's dialer in Thanos does. */
const CONNECT_TIMEOUT_MS = 30_000;
/** Answers that are read whole (listings, errors) are at most this. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Of an answer with neither length nor chunks. */
export const NO_LENGTH = 'the answer has no length, so nobody can say whether it is whole';

/** Header names in lower case. */
export type StoreHttpHeaders = Readonly<Record<string, string>>;

/** What is sent. */
export interface StoreHttpRequest {
  readonly method: string;
  readonly url: string;
  /** `content-length` too, when there is a body. */
  readonly headers: StoreHttpHeaders;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came back, once its headers are there. */
export interface StoreHttpAnswer {
  readonly status: number;
  readonly headers: StoreHttpHeaders;
  /** False when only the end of the connection ends the body: it may be cut off. */
  readonly endIsKnown: boolean;
  /** To be read: the connection is kept when it is read to its end, and ended when it is left. */
  readonly body: AsyncIterable<Uint8Array>;
  /** For a body that is not read at all: ends the connection. Harmless after the body's end. */
  discard(): void;
}

/** Sends requests; tests and adapters that speak through an SDK see no more of it. */
export interface StoreTransport {
  send(request: StoreHttpRequest): Promise<StoreHttpAnswer>;
  /** Ends all connections, those in use too. */
  close(): void;
}

/** The transport of one bucket. PEM files are read now; a missing one is `not_found`. */
export class StoreHttp implements StoreTransport {
  readonly #config: StoreHttpConfig;
  readonly #timers: Timers;
  readonly #agents: StoreAgents;

  constructor(config: StoreHttpConfig, world: { readonly disk: Disk; readonly timers: Timers }) {
    this.#config = config;
    this.#timers = world.timers;
    this.#agents = storeAgents(config, world);
  }

  async send(request: StoreHttpRequest): Promise<StoreHttpAnswer> {
    request.signal?.throwIfAborted();
    const url = new URL(request.url);
    const client = this.#client(url, request);
    const exchange = new Exchange(client, request, url.host);
    limitTimes(exchange, this.#config.responseHeaderTimeoutMs, this.#timers);
    return exchange.run();
  }

  #client(url: URL, { headers, method }: StoreHttpRequest): ClientRequest {
    const { choose, http, https } = this.#agents;
    if (url.protocol === 'https:') return httpsRequest(url, { method, headers, agent: https });
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const proxy = choose({ tls: false, host, port: Number(url.port || 80) });
    if (proxy === undefined) return httpRequest(url, { method, headers, agent: http });
    const to = forwardedTo(proxy, url.host);
    const { hostname, port } = to;
    const path = `${to.origin}${url.pathname}${url.search}`;
    const options = { method, hostname, port, path, headers: { ...headers, ...to.headers } };
    return to.protocol === 'https:'
      ? httpsRequest({ ...options, agent: https })
      : httpRequest({ ...options, agent: http });
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

/** The text of an answer, which is at most 16 MiB. */
export async function answerText(answer: StoreHttpAnswer): Promise<string> {
  const bytes = await collect(answer.body, ANSWER_BYTES_MAX, 'an answer of the object store');
  return Buffer.from(bytes).toString();
}

/**
 * The body of an answer that holds bytes of an object; `store_unavailable` when nobody could say
 * whether they are all.
 */
export function objectBody(answer: StoreHttpAnswer): AsyncIterable<Uint8Array> {
  if (answer.endIsKnown) return answer.body;
  answer.discard();
  throw new VarveError('store_unavailable', NO_LENGTH);
}

/** Does anything in the headers of an answer say where its body ends? Names in lower case. */
export function tellsEnd(headers: Readonly<Record<string, unknown>>): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding = '' } = headers;
  return length !== undefined || /(^|[\s,])chunked\s*$/i.test(String(encoding));
}

/** What a `Retry-After` in seconds says; undefined when there is none. */
export function retryAfterSeconds(headers: StoreHttpHeaders): number | undefined {
  const text = headers['retry-after'] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** A request from its first byte to the last of its answer. */
class Exchange {
  readonly client: ClientRequest;
  readonly #request: StoreHttpRequest;
  readonly #host: string;
  /** Why it was ended from this side; what the socket says after that is a consequence. */
  #failure: { readonly reason: unknown } | undefined;
  #answered = false;

  constructor(client: ClientRequest, request: StoreHttpRequest, host: string) {
    this.client = client;
    this.#request = request;
    this.#host = host;
  }

  async run(): Promise<StoreHttpAnswer> {
    const { signal } = this.#request;
    const onAbort = (): void => this.fail(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const release = (): void => signal?.removeEventListener('abort', onAbort);
    try {
      const message = await this.#exchange();
      return {
        status: message.statusCode ?? 0,
        headers: flat(message),
        endIsKnown: this.#request.method === 'HEAD' || tellsEnd(message.headers),
        body: this.#pieces(message, release),
        discard: () => {
          release();
          this.client.destroy();
        },
      };
    } catch (thrown) {
      release();
      throw this.#asError(thrown);
    }
  }

  /** Ends it; only the first reason counts. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.client.destroy();
  }

  giveUp(what: string): void {
    this.fail(new VarveError('store_unavailable', `${this.#host}: ${what}`));
  }

  #exchange(): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      // Stays for good: a socket may complain after the answer, when its body tells of it.
      this.client.on('error', reject);
      this.client.once('close', () => reject(new VarveError('store_unavailable', 'closed')));
      this.client.once('response', (message) => {
        this.#answered = true;
        resolve(message);
      });
      this.#sendBody().catch((thrown: unknown) => {
        // The source failed: what was sent of it must not become an object.
        this.fail(thrown);
        reject(thrown instanceof Error ? thrown : new VarveError('internal', String(thrown)));
      });
    });
  }

  async #sendBody(): Promise<void> {
    for await (const piece of this.#request.body ?? []) {
      // A store that has answered wants no more.
      if (this.#answered || this.client.destroyed) return;
      if (!this.client.write(piece)) await drained(this.client);
    }
    if (!this.client.destroyed) this.client.end();
  }

  async *#pieces(message: IncomingMessage, release: () => void): AsyncIterable<Uint8Array> {
    const length = Number(message.headers['content-length'] ?? Number.NaN);
    const isHead = this.#request.method === 'HEAD';
    let received = 0;
    try {
      for await (const piece of message as AsyncIterable<Buffer>) {
        received += piece.length;
        yield piece;
      }
    } catch (thrown) {
      throw this.#asError(thrown);
    } finally {
      release();
      // Half a request sent, or half an answer read: nothing can follow on this connection.
      if (!this.client.writableFinished) this.client.destroy();
    }
    if (!isHead && received < length) {
      const what = `the answer ended after ${received} of ${length} bytes`;
      throw new VarveError('store_unavailable', `${this.#host}: ${what}`);
    }
  }

  #asError(thrown: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure.reason;
    if (thrown instanceof VarveError && thrown.code === 'store_denied') return thrown;
    const { code = undefined, message = '' } = thrown as { code?: unknown; message?: string };
    const what = typeof code === 'string' && !(thrown instanceof VarveError) ? code : message;
    return new VarveError('store_unavailable', `${this.#host}: the connection failed: ${what}`);
  }
}

/** Ends the exchange when no connection or no answer comes in time; the agent limits handshakes. */
function limitTimes(exchange: Exchange, responseHeaderTimeoutMs: number, timers: Timers): void {
  const { client } = exchange;
  let cancel: Cancel = () => undefined;
  const limit = (ms: number, what: string): void => {
    cancel();
    if (ms > 0) cancel = timers.after(ms, () => exchange.giveUp(`${what} within ${ms} ms`));
  };
  client.once('socket', (socket) => {
    if (!socket.connecting) return;
    limit(CONNECT_TIMEOUT_MS, 'no connection');
    socket.once('connect', () => cancel());
  });
  let answered = false;
  client.once('finish', () => {
    if (!answered) limit(responseHeaderTimeoutMs, 'no answer');
  });
  client.once('response', () => {
    answered = true;
    cancel();
  });
  client.once('close', () => cancel());
}

/** Resolves when the request takes more, or never will. */
function drained(client: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'response']) client.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'response']) client.once(event, done);
  });
}

function flat(message: IncomingMessage): StoreHttpHeaders {
  const entries = Object.entries(message.headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
