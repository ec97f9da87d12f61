// HTTP requests of tests: on connections of their own, every answer read to its end.

import { Agent, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

export interface HttpCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs?: number;
  readonly agent?: Agent;
}

const CALL_TIMEOUT_MS = 30_000;

/** Connections that are kept; destroy it in the end. */
export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true });
}

/** Sends a request; rejects when no complete answer comes (refused, reset, too late). */
export function httpCall(url: string, call: HttpCall = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, timeoutMs = CALL_TIMEOUT_MS, agent } = call;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const outgoing = request(
      url,
      {
        method,
        headers: { ...length, ...headers },
        signal: AbortSignal.timeout(timeoutMs),
        agent: agent ?? false,
        path: rawPath(url),
      },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.once('error', reject);
        incoming.once('end', () => {
          if (!incoming.complete) {
            reject(new Error('the answer ended early'));
            return;
          }
          const text = Buffer.concat(parts).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** The path as it was given: `new URL` would resolve `..` in it. */
function rawPath(url: string): string {
  const from = url.indexOf('/', url.indexOf('//') + 2);
  return from < 0 ? '/' : url.slice(from);
}

/** The `data` of an answer of a Prometheus API; throws when it is no success. */
export async function apiData(url: string): Promise<unknown> {
  const { status, text } = await httpCall(url);
  if (status !== 200) throw new Error(`${url}: ${status} ${text.slice(0, 500)}`);
  return (JSON.parse(text) as { readonly data: unknown }).data;
}
