// The door to other HTTP servers that are asked a question now and then: one GET, one answer, each
// on a connection of its own.
//
// Invariant: a request ends within its time limit and holds at most `bytesMax` of an answer,
// whatever the other side sends. Redirects are not followed: credentials go to nobody else.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { HttpClientDocument } from '../config/http-client-document.ts';
import { printable } from '../errors/printable.ts';
import { asVarveError, VarveError } from '../errors/varve-error.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Timers } from '../runtime/timers.ts';

export interface HttpClientOptions {
  readonly timers: Timers;
  /** For files with passwords, tokens and certificates, read at each request. */
  readonly disk: Disk;
  readonly document: HttpClientDocument;
  /** From the call to the last byte of the answer. */
  readonly timeoutMs: number;
  /** A larger answer is cut off. */
  readonly bytesMax: number;
}

/** What came back, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Asks; every failure is `peer_unavailable` or, for files that cannot be read, the disk's own. */
export class HttpClient {
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** GETs `url`. */
  async get(url: string): Promise<HttpAnswer> {
    const { timers, timeoutMs } = this.#options;
    const settings = this.#settings();
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, settings);
      const fail = (why: string, cause?: unknown): void => {
        cancel();
        request.destroy();
        reject(new VarveError('peer_unavailable', `GET ${url}: ${why}`, { cause }));
      };
      const cancel = timers.after(timeoutMs, () => fail(`no whole answer within ${timeoutMs} ms`));
      request.on('error', (error: NodeJS.ErrnoException) =>
        fail(printable(error.code ?? error.message), error),
      );
      request.on('response', (response) => {
        this.#read(response).then(
          (body) => {
            cancel();
            resolve({ status: response.statusCode ?? 0, body });
          },
          (thrown: unknown) => fail(asVarveError(thrown).message, thrown),
        );
      });
      request.end();
    });
  }

  async #read(response: IncomingMessage): Promise<Uint8Array> {
    const { bytesMax } = this.#options;
    const tooLarge = `the answer is larger than ${bytesMax} bytes`;
    if (Number(response.headers['content-length'] ?? 0) > bytesMax) {
      throw new VarveError('peer_unavailable', tooLarge);
    }
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const piece of response as AsyncIterable<Uint8Array>) {
      sizeBytes += piece.length;
      if (sizeBytes > bytesMax) throw new VarveError('peer_unavailable', tooLarge);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  #settings(): RequestOptions {
    const { tls } = this.#options.document;
    const authorization = this.#authorization();
    return {
      method: 'GET',
      agent: false,
      headers: {
        accept: 'application/json',
        'user-agent': 'varve',
        connection: 'close',
        ...(authorization === undefined ? {} : { authorization }),
      },
      rejectUnauthorized: !tls.insecureSkipVerify,
      ...(tls.caFile === '' ? {} : { ca: this.#text(tls.caFile) }),
      ...(tls.certFile === ''
        ? {}
        : { cert: this.#text(tls.certFile), key: this.#text(tls.keyFile) }),
      ...(tls.serverName === '' ? {} : { servername: tls.serverName }),
    };
  }

  #authorization(): string | undefined {
    const { basicAuth, bearerToken, bearerTokenFile } = this.#options.document;
    if (basicAuth !== undefined) {
      const { username, password, passwordFile } = basicAuth;
      const secret = passwordFile === '' ? (password?.reveal() ?? '') : this.#text(passwordFile);
      return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
    }
    const token = bearerTokenFile === '' ? bearerToken?.reveal() : this.#text(bearerTokenFile);
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  /** Without the line end that editors put behind it, as Prometheus reads such files. */
  #text(path: string): string {
    return Buffer.from(this.#options.disk.readFile(path)).toString('utf8').trim();
  }
}
