import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { StoreHttpConfig } from '../../../../src/base/config/bucket-http.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import {
  answerText,
  objectBody,
  retryAfterSeconds,
  StoreHttp,
  type StoreHttpRequest,
} from '../../../../src/base/http/store-http.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { httpConfig } from '../../../support/stores/http-config.ts';
import { type Script, startScripted } from '../../../support/stores/scripted-server.ts';

const toClose: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of toClose.splice(0)) await one.close();
});

function transport(changes: Partial<StoreHttpConfig> = {}): StoreHttp {
  const http = new StoreHttp(httpConfig(changes), {
    disk: new MemoryDisk(),
    timers: new NodeTimers(),
  });
  toClose.push(http);
  return http;
}

async function serve(script: Script) {
  const server = await startScripted(script);
  toClose.push(server);
  return server;
}

const get = (url: string): StoreHttpRequest => ({ method: 'GET', url, headers: {} });

function put(url: string, body: AsyncIterable<Uint8Array>, length: number): StoreHttpRequest {
  return { method: 'PUT', url, headers: { 'content-length': String(length) }, body };
}

async function* pieces(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Answers in the way that `run` does, body unread. */
const raw = (run: (response: ServerResponse) => void): Script => ({
  raw: (_, response) => {
    run(response);
    return true;
  },
});

test('a body goes out in pieces and the answer comes back, on one connection', async () => {
  const ports = new Set<unknown>();
  const server = await serve({
    raw: (request) => {
      ports.add(request.socket.remotePort);
      return false;
    },
    answer: ({ body }) => ({ status: 201, headers: { ETag: 'x' }, body: `got ${body}` }),
  });
  const http = transport();
  for (let i = 0; i < 3; i++) {
    const answer = await http.send(put(server.url, pieces('a', 'bc'), 3));
    expect([answer.status, answer.headers.etag]).toEqual([201, 'x']);
    expect(await answerText(answer)).toBe('got abc');
  }
  expect(ports.size).toBe(1);
});

test('an answer that ends before its length is no short success', async () => {
  const server = await serve(
    raw((response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345', () => response.destroy());
    }),
  );
  const answer = await transport().send(get(server.url));
  await expect(answerText(answer)).rejects.toMatchObject({ code: 'store_unavailable' });
});

/** As HTTP 1.0 has it: the end of the connection is the end of the body. */
const withoutLength = (text: string): Script =>
  raw((response) => {
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { connection: 'close' });
    response.end(text);
  });

test('bytes of an object are not taken from an answer that does not say where it ends', async () => {
  const server = await serve(withoutLength('12345'));
  const http = transport();
  const answer = await http.send(get(server.url));
  expect(answer.endIsKnown).toBe(false);
  expect(() => objectBody(answer)).toThrow(/nobody can say whether it is whole/);
  // A document is read: its reader sees its end.
  expect(await answerText(await http.send(get(server.url)))).toBe('12345');
});

test.each<[string, Record<string, string>]>([
  ['a length', { 'content-length': '5' }],
  ['chunks', { 'transfer-encoding': 'chunked' }],
])('an answer with %s is taken', async (_, headers) => {
  const server = await serve(raw((response) => response.writeHead(200, headers).end('12345')));
  const answer = await transport().send(get(server.url));
  expect(answer.endIsKnown).toBe(true);
  const bytes = await collect(objectBody(answer), 9, 'it');
  expect(Buffer.from(bytes).toString()).toBe('12345');
});

test('a connection that breaks is store_unavailable, with the host and the code', async () => {
  const server = await serve(raw((response) => response.destroy()));
  await expect(transport().send(get(`${server.url}/secret?sig=1`))).rejects.toMatchObject({
    code: 'store_unavailable',
    message: `${server.host}: the connection failed: ECONNRESET`,
  });
});

test('a source that fails ends the request with its own error, and the store gets no end', async () => {
  const server = await serve({ answer: () => ({ status: 200 }) });
  const broken = new VarveError('disk_failed', 'the source broke');
  const body = (async function* () {
    yield Buffer.from('12345');
    throw broken;
  })();
  const failed = await transport()
    .send(put(server.url, body, 10))
    .catch((thrown: unknown) => thrown);
  expect(failed).toBe(broken);
  expect(server.seen).toEqual([]);
});

test('an answer that comes before the body was sent is taken, and no more of it is read', async () => {
  const server = await serve(raw((response) => response.writeHead(403).end('no')));
  let given = 0;
  const body = (async function* () {
    for (; given < 512; given++) yield new Uint8Array(1024 * 1024);
  })();
  const answer = await transport().send(put(server.url, body, 512 * 1024 * 1024));
  expect(answer.status).toBe(403);
  expect(await answerText(answer)).toBe('no');
  expect(given).toBeLessThan(512);
});

test('a store that does not read is not read ahead for', async () => {
  const server = await serve({ raw: () => true });
  let given = 0;
  const stop = new AbortController();
  const body = (async function* () {
    for (; given < 256; given++) yield new Uint8Array(1024 * 1024);
  })();
  new NodeTimers().after(300, () => stop.abort(new Error('enough')));
  const request = { ...put(server.url, body, 256 * 1024 * 1024), signal: stop.signal };
  await expect(transport().send(request)).rejects.toThrow('enough');
  expect(given).toBeLessThan(32);
});

test('a signal ends a request before its answer and while it is read, with its reason', async () => {
  const server = await serve({
    raw: (request, response) => {
      if (request.url === '/silent') return true;
      response.writeHead(200, { 'content-length': '10' }).write('12345');
      return true;
    },
  });
  const http = transport();
  for (const path of ['/silent', '/half']) {
    const stop = new AbortController();
    const reason = new Error('given up');
    new NodeTimers().after(50, () => stop.abort(reason));
    const sent = http.send({ ...get(server.url + path), signal: stop.signal }).then(answerText);
    expect(await sent.catch((thrown: unknown) => thrown)).toBe(reason);
    const late = http.send({ ...get(server.url), signal: stop.signal });
    expect(await late.catch((thrown: unknown) => thrown)).toBe(reason);
  }
});

test('response_header_timeout ends a request that is not answered', async () => {
  const server = await serve({ raw: () => true });
  const sent = transport({ responseHeaderTimeoutMs: 30 }).send(get(server.url));
  await expect(sent).rejects.toMatchObject({
    code: 'store_unavailable',
    message: `${server.host}: no answer within 30 ms`,
  });
});

test('tls_handshake_timeout ends a connection on which nobody greets', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  toClose.push(server);
  const { port } = server.address() as { port: number };
  const sent = transport({ tlsHandshakeTimeoutMs: 30 }).send(get(`https://127.0.0.1:${port}`));
  await expect(sent).rejects.toThrow('no TLS handshake within 30 ms');
});

test('an answer that is left is not read to its end', async () => {
  const server = await serve(
    raw((response) => {
      response.writeHead(200, { 'content-length': String(1 << 30) });
      response.write(Buffer.alloc(1 << 20));
    }),
  );
  const answer = await transport().send(get(server.url));
  for await (const piece of answer.body) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
});

test('Retry-After counts in seconds only', () => {
  expect(retryAfterSeconds({ 'retry-after': '17' })).toBe(17);
  expect(retryAfterSeconds({ 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' })).toBeUndefined();
  expect(retryAfterSeconds({})).toBeUndefined();
});
