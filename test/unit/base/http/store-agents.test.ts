import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { StoreHttpConfig } from '../../../../src/base/config/bucket-http.ts';
import { type StoreAgents, storeAgents } from '../../../../src/base/http/store-agents.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import { httpCall } from '../../../support/e2e/http-calls.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { httpConfig } from '../../../support/stores/http-config.ts';

const CONFIG: StoreHttpConfig = httpConfig({
  responseHeaderTimeoutMs: 0,
  tlsHandshakeTimeoutMs: 100,
  maxIdleConns: 3,
  maxConnsPerHost: 2,
});

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function made(other: Partial<StoreHttpConfig> = {}): StoreAgents {
  const agents = storeAgents(
    { ...CONFIG, ...other },
    {
      disk: new MemoryDisk(),
      timers: new NodeTimers(),
    },
  );
  ends.push(() => {
    agents.http.destroy();
    agents.https.destroy();
  });
  return agents;
}

const listen = (server: Pick<Server, 'listen' | 'address'>): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

test('connections are kept, and limited as the configuration says', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.end('x'));
  server.on('connection', (socket) => sockets.add(socket));
  ends.push(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const agent = made().http;
  await Promise.all(Array.from({ length: 8 }, () => httpCall(url, { agent })));
  expect(sockets.size).toBe(2);
});

test('0 is no limit', () => {
  const { http } = made({ maxConnsPerHost: 0, maxIdleConns: 0, idleConnTimeoutMs: 0 });
  expect([http.maxSockets, http.maxFreeSockets]).toEqual([Number.POSITIVE_INFINITY, 256]);
});

test('a handshake that stands still ends the connection', async () => {
  const server = createTcpServer((socket) => ends.push(() => socket.destroy()));
  ends.push(() => server.close());
  const port = await listen(server as unknown as Server);
  const agent = made().https;
  const calling = new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent }, resolve).on('error', reject).end();
  });
  await expect(calling).rejects.toThrow('no TLS handshake within 100 ms');
});

test('a certificate file that is not there is said', () => {
  expect(() => made({ caFile: '/ca.pem' })).toThrow('/ca.pem');
});
