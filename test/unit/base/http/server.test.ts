import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import type { HttpLimits } from '../../../../src/base/http/limits.ts';
import { readBody } from '../../../../src/base/http/read-body.ts';
import { HttpServer } from '../../../../src/base/http/server.ts';
import { MetricStore } from '../../../../src/base/observe/metric-store.ts';
import { MetricRegistry } from '../../../../src/base/observe/registry.ts';
import { NodeClock } from '../../../../src/base/runtime/node-clock.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.drain();
});

function make(limits: Partial<HttpLimits> = {}) {
  const logger = new MemoryLogger();
  const metrics = new MetricStore();
  const clock = new NodeClock();
  const timers = new NodeTimers();
  const server = new HttpServer({ clock, timers, logger, metrics, limits });
  servers.push(server);
  const scrape = async (): Promise<string> => {
    const registry = new MetricRegistry(metrics, { compatibleNames: false });
    return (await registry.scrape(undefined)).body;
  };
  return { server, app: server.app, logger, scrape };
}

/** Sends `text` and resolves with all that comes back until the connection closes. */
async function talk(port: number, text: string, use?: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString();
  });
  socket.on('error', () => undefined);
  socket.write(text);
  use?.(socket);
  await new Promise((resolve) => socket.on('close', resolve));
  return answer;
}

describe('errors', () => {
  const { app, logger, scrape } = make();
  servers.pop(); // lives for all tests of this block; it never listens
  app.get('/refuse', { config: { handler: 'refuse' } }, async () => {
    throw new VarveError('rate_limited', 'too\nfast', { retryAfterSeconds: 1.2 });
  });
  app.get('/busy', async () => {
    throw new VarveError('overloaded', 'x'.repeat(5000));
  });
  app.get('/bug', async () => {
    throw new TypeError('secret detail');
  });
  app.post('/p/:tenant/x', async () => 'ok');
  app.put('/p/:tenant/x', async () => 'ok');

  it('become status, text and Retry-After', async () => {
    const answer = await app.inject('/refuse');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toBe('too\ufffdfast\n');
  });

  it('are cut to 1 KiB, and every 503 says when to come back', async () => {
    const answer = await app.inject('/busy');
    expect(Buffer.byteLength(answer.body)).toBe(1024);
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('of our own making are logged and not told', async () => {
    const answer = await app.inject('/bug');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).toBe('internal error; the log says more\n');
    expect(logger.records.map((one) => [one.level, (one.fields.err as Error).message])).toEqual([
      ['error', 'secret detail'],
    ]);
  });

  it('404 for no such path, 405 with Allow for another method', async () => {
    const missing = await app.inject('/nowhere?x=/refuse');
    expect([missing.statusCode, missing.body]).toEqual([404, 'there is no such path\n']);
    const wrong = await app.inject({ method: 'DELETE', url: '/p/a%20b/x?y' });
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'POST, PUT']);
    expect(wrong.body).toBe('this path takes POST, PUT only\n');
    expect((await app.inject({ method: 'POST', url: '/refuse' })).headers.allow).toBe('GET, HEAD');
    expect((await app.inject({ method: 'POST', url: '/p//x' })).statusCode).toBe(200);
  });

  it('of the framework keep their status', async () => {
    expect((await app.inject('/%zz')).statusCode).toBe(400);
    const long = await app.inject({ method: 'POST', url: `/p/${'a'.repeat(451)}/x` });
    expect([404, 414]).toContain(long.statusCode);
  });

  it('and all the rest are counted under labels from fixed sets', async () => {
    const text = await scrape();
    const line = (code: string, handler: string, method: string): string =>
      `varve_http_requests_total{code="${code}",handler="${handler}",method="${method}"}`;
    expect(text).toContain(`${line('503', 'refuse', 'get')} 1\n`);
    expect(text).toContain(`${line('404', 'other', 'get')} `);
    expect(text).toContain(`${line('405', 'other', 'delete')} 1\n`);
    expect(text).not.toContain('nowhere');
    expect(text).toContain('varve_http_inflight_requests{handler="refuse",method="get"} 0\n');
  });
});

describe('bodies', () => {
  it('are left alone unless a handler reads them, whatever their type', async () => {
    const { app, scrape } = make();
    app.post('/read', async (request) => {
      const body = await readBody(request, { maxBytes: 10 });
      return Buffer.from(body).toString('hex');
    });
    app.post('/leave', async () => 'left');
    const send = (url: string, payload: string, type = 'application/json') =>
      app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
    expect((await send('/read', '{bad')).body).toBe('7b626164');
    expect((await send('/read', '{bad', 'application/x-protobuf')).body).toBe('7b626164');
    expect((await send('/leave', '{bad')).body).toBe('left');
    const large = await send('/read', '12345678901');
    expect([large.statusCode, large.body]).toEqual([413, 'the body is larger than 10 bytes\n']);
    expect(await scrape()).toContain(
      'varve_http_request_size_bytes_sum{code="200",handler="/read",method="post"} 8\n',
    );
  });

  it('that are too large get their answer though the sender goes on sending', async () => {
    const { server, app } = make();
    app.post('/', async (request) => readBody(request, { maxBytes: 1000 }));
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
    const declared = await talk(port, `${head}Content-Length: 400000\r\n\r\n`, (socket) => {
      socket.write(Buffer.alloc(400_000));
    });
    expect(declared).toMatch(/^HTTP\/1.1 413 /);
    const chunked = await talk(port, `${head}Transfer-Encoding: chunked\r\n\r\n`, (socket) => {
      for (let i = 0; i < 20; i++) socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`);
      socket.write('0\r\n\r\n');
    });
    expect(chunked).toMatch(/^HTTP\/1.1 413 /);
  });

  it('that are refused unread are read before a connection is closed', async () => {
    const { server, app } = make();
    app.post('/', (request) => readBody(request, { maxBytes: 1000 }));
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
    const bytes = 20 * 1024 * 1024; // much more than sockets hold
    const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes}`;
    let broken: Error | null | undefined;
    const answer = await talk(port, `${head}\r\n\r\n`, (socket) => {
      socket.write(Buffer.alloc(bytes), (error) => {
        broken = error;
      });
    });
    expect(broken ?? 'sent').toBe('sent');
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });
});

describe('a listener', () => {
  it('refuses what is no HTTP, and both Content-Length and Transfer-Encoding', async () => {
    const { server, app, scrape } = make();
    app.post('/', async () => 'ok');
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
    expect(await talk(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 Bad Request\r\nConn/);
    const both = 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await talk(port, `POST / HTTP/1.1\r\nHost: x\r\n${both}`)).toMatch(/^HTTP\/1.1 400 /);
    const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`;
    expect(await talk(port, long)).toMatch(/^HTTP\/1.1 431 /);
    expect(await scrape()).toContain('{code="431",handler="other",method="other"} 1\n');
  });

  it('closes connections that do not get on with their request', async () => {
    const { server, app } = make({
      headersTimeoutMs: 100,
      requestTimeoutMs: 200,
      connectionsCheckingIntervalMs: 20,
    });
    app.post('/', async (request) => readBody(request, { maxBytes: 1000 }));
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
    expect(await talk(port, 'POST / HTTP/1.1\r\nHost')).toMatch(/^HTTP\/1.1 408 /);
    const half = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf';
    expect(await talk(port, half)).toMatch(/^HTTP\/1.1 408 /);
  });

  it('says which address cannot be used', async () => {
    const { port } = await make().server.listen({ host: '127.0.0.1', port: 0 });
    await expect(make().server.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'bad_config',
      message: `cannot listen on 127.0.0.1:${port}: EADDRINUSE`,
    });
  });

  it('listens on all interfaces without a host', async () => {
    const { server, app } = make();
    app.get('/', async () => 'ok');
    const { port } = await server.listen({ host: undefined, port: 0 });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok');
  });
});

describe('drain', () => {
  it('finishes what is under way, then closes', async () => {
    const { server, app } = make();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const begun = new Promise<void>((resolve) => {
      app.addHook('onRequest', async () => resolve());
    });
    app.get('/slow', async () => {
      await held;
      return 'done';
    });
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
    const idle = talk(port, '');
    const answer = talk(port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun;
    const drained = server.drain();
    await idle; // idle connections are closed at once
    const refused = connect(port, '127.0.0.1');
    await new Promise((resolve) => refused.once('error', resolve));
    release();
    expect(await answer).toMatch(/connection: close[\s\S]*done$/i);
    expect(await drained).toBe(true);
  });

  it('cuts off what takes too long', async () => {
    const { server, app, scrape } = make({ drainTimeoutMs: 50 });
    const begun = new Promise<void>((resolve) => {
      app.addHook('onRequest', async () => resolve());
    });
    app.get('/never', () => new Promise(() => undefined));
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
    const answer = talk(port, 'GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun;
    expect(await server.drain()).toBe(false);
    expect(await answer).toBe('');
    // The request hears of it after the connection.
    await vi.waitFor(async () => {
      expect(await scrape()).toContain('{code="499",handler="/never",method="get"} 1\n');
    });
  });
});
