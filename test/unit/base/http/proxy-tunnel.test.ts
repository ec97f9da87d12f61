// Requests of the transport through a real proxy on 127.0.0.1. The stores are called by names that
// only the proxy knows, so what arrives has come through it.

import { afterEach, describe, expect, test } from 'vitest';
import { readStoreProxies } from '../../../../src/base/config/store-proxies.ts';
import { openTunnel } from '../../../../src/base/http/proxy-tunnel.ts';
import { answerText, StoreHttp } from '../../../../src/base/http/store-http.ts';
import { NodeDisk } from '../../../../src/base/runtime/node-disk.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { httpConfig } from '../../../support/stores/http-config.ts';
import { type ProxyOptions, startProxy } from '../../../support/stores/proxy-server.ts';
import { startScripted } from '../../../support/stores/scripted-server.ts';
import { HAS_OPENSSL, startTls, type TlsServer } from '../../../support/stores/tls-server.ts';

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

const SECRET = 'p@ss';
const AUTHORIZATION = `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`;

async function proxied(options: ProxyOptions, more: Readonly<Record<string, string>> = {}) {
  const proxy = await startProxy(options);
  toClose.push(() => proxy.close());
  const user = options.authorization === undefined ? '' : 'me:p%40ss@';
  const url = `http://${user}127.0.0.1:${proxy.port}`;
  const proxies = readStoreProxies({ HTTP_PROXY: url, HTTPS_PROXY: url, ...more });
  const config = httpConfig({ proxies, insecureSkipVerify: true, maxConnsPerHost: 1 });
  const http = new StoreHttp(config, { disk: new NodeDisk(), timers: new NodeTimers() });
  toClose.push(() => http.close());
  return { http, proxy };
}

async function* body(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

describe('a store without TLS', () => {
  async function store() {
    const server = await startScripted({
      answer: ({ target, headers, body: sent }) => ({
        status: 200,
        body: `${target} ${headers.host} ${headers['proxy-authorization']} ${sent}`,
      }),
    });
    toClose.push(() => server.close());
    return Number(server.host.split(':')[1]);
  }

  test('is asked by its whole address, with its own name, and the proxy gets its password', async () => {
    const places = new Map([['store.example:9000', await store()]]);
    const { http, proxy } = await proxied({ places, authorization: AUTHORIZATION });
    const url = 'http://store.example:9000/bucket/k%2Fx?a=%20b';
    const headers = { 'content-length': '3' };
    const answer = await http.send({ method: 'PUT', url, headers, body: body('hey') });
    expect(await answerText(answer)).toBe('/bucket/k%2Fx?a=%20b store.example:9000 undefined hey');
    expect(proxy.seen).toEqual([`PUT ${url}`]);
  });

  test('that NO_PROXY names, or that is this machine, is asked directly', async () => {
    const port = await store();
    const { http, proxy } = await proxied({ places: new Map() }, { NO_PROXY: 'store.example' });
    const answer = await http.send({
      method: 'GET',
      url: `http://127.0.0.1:${port}/x`,
      headers: {},
    });
    expect(await answerText(answer)).toContain('/x 127.0.0.1');
    const named = http.send({ method: 'GET', url: 'http://store.example/', headers: {} });
    await expect(named).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(proxy.seen).toEqual([]);
  });
});

describe.runIf(HAS_OPENSSL)('a store over TLS', () => {
  async function store(): Promise<TlsServer> {
    const server = await startTls('store.example', (from, to) => {
      const { servername } = from.socket as { servername?: string };
      to.end(`${from.url} ${servername} ${from.headers['proxy-authorization']}`);
    });
    toClose.push(() => server.close());
    return server;
  }
  const get = { method: 'GET', url: 'https://store.example/bucket/k', headers: {} };

  test('is reached by CONNECT, under its own name, on a connection that is kept', async () => {
    const { port, connections } = await store();
    const places = new Map([['store.example:443', port]]);
    const { http, proxy } = await proxied({ places, authorization: AUTHORIZATION });
    for (let i = 0; i < 3; i++) {
      const text = await answerText(await http.send(get));
      expect(text).toBe('/bucket/k store.example undefined');
    }
    expect(proxy.seen).toEqual(['CONNECT store.example:443']);
    expect(connections()).toBe(1);
  });

  test.each([
    [404, 'store_unavailable'],
    [204, 'store_unavailable'],
    [503, 'store_unavailable'],
    [403, 'store_denied'],
  ])("a proxy's %d is no answer of the store's", async (status, code) => {
    const { http, proxy } = await proxied({ places: new Map(), status });
    await expect(http.send(get)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`the proxy 127.0.0.1:${proxy.port} answered ${status}`),
    });
  });

  test('a wrong password is denied, and said without it', async () => {
    const { http } = await proxied({ places: new Map(), authorization: 'Basic another' });
    const failed = await http.send(get).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ code: 'store_denied' });
    const { message, stack } = failed as Error;
    expect(message).toContain('answered 407');
    for (const hidden of [SECRET, 'p%40ss', AUTHORIZATION]) expect(stack).not.toContain(hidden);
  });

  test('a proxy that is not there, and one that closes', async () => {
    const { http, proxy } = await proxied({ places: new Map(), status: 0 });
    const waiting = http.send(get);
    // The connection is there, no answer: then the transport is closed.
    while (proxy.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    http.close();
    await expect(waiting).rejects.toMatchObject({ code: 'store_unavailable' });
    await proxy.close();
    const again = await proxied({ places: new Map() });
    await again.proxy.close();
    await expect(again.http.send(get)).rejects.toThrow(/the proxy 127.0.0.1:\d+ failed: ECONNREF/);
  });

  test('a proxy that never answers is given up', async () => {
    const { proxy } = await proxied({ places: new Map(), status: 0 });
    const clock = new ManualClock();
    const at = { tls: false, host: '127.0.0.1', port: proxy.port, authorization: '' };
    const { socket } = openTunnel(at, { host: 's', port: 443 }, { tls: {}, timers: clock });
    while (proxy.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const given = expect(socket).rejects.toThrow(/let nobody through within 30 s/);
    await clock.advance(30_000);
    await given;
  });

  test('a caller that gives up is told its reason', async () => {
    const { http, proxy } = await proxied({ places: new Map(), status: 0 });
    const controller = new AbortController();
    const waiting = http.send({ ...get, signal: controller.signal });
    while (proxy.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
  });
});
