import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  type HttpClientDocument,
  PLAIN_HTTP_CLIENT,
} from '../../../../src/base/config/http-client-document.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { HttpClient } from '../../../../src/base/http/http-client.ts';
import { NodeDisk } from '../../../../src/base/runtime/node-disk.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

const BYTES_MAX = 1024 * 1024;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
}

function client(document: Partial<HttpClientDocument> = {}, timeoutMs = 10_000): HttpClient {
  const disk = new MemoryDisk();
  disk.makeDir('/s');
  disk.replaceFile('/s/token', Buffer.from('from-file\n'));
  return new HttpClient({
    timers: new NodeTimers(),
    disk,
    document: { ...PLAIN_HTTP_CLIENT, ...document },
    timeoutMs,
    bytesMax: BYTES_MAX,
  });
}

test('an answer of any status is an answer', async () => {
  const url = await serve((_request, response) => response.writeHead(503).end('not yet'));
  const { status, body } = await client().get(url);
  expect([status, Buffer.from(body).toString()]).toEqual([503, 'not yet']);
});

test('a redirect is an answer too: it is not followed', async () => {
  const url = await serve((_request, response) =>
    response.writeHead(302, { location: '/other' }).end(),
  );
  expect((await client().get(url)).status).toBe(302);
});

test.each<[string, Partial<HttpClientDocument>, string | undefined]>([
  ['none', {}, undefined],
  [
    'basic',
    { basicAuth: { username: 'u', password: new Secret('p'), passwordFile: '' } },
    `Basic ${Buffer.from('u:p').toString('base64')}`,
  ],
  [
    'basic, from a file',
    { basicAuth: { username: 'u', password: undefined, passwordFile: '/s/token' } },
    `Basic ${Buffer.from('u:from-file').toString('base64')}`,
  ],
  ['a token', { bearerToken: new Secret('t') }, 'Bearer t'],
  ['a token from a file', { bearerTokenFile: '/s/token' }, 'Bearer from-file'],
])('credentials: %s', async (_name, document, wanted) => {
  let got: string | undefined;
  const url = await serve((request, response) => {
    got = request.headers.authorization;
    response.end();
  });
  await client(document).get(url);
  expect(got).toBe(wanted);
});

test('a file with credentials that is not there fails the request', async () => {
  const url = await serve((_request, response) => response.end());
  const absent = client({ bearerTokenFile: '/s/absent' });
  await expect(absent.get(url)).rejects.toMatchObject({ code: 'not_found' });
});

test.each([
  ['that says how large it is', { 'content-length': String(2 ** 30) }],
  ['that does not', {}],
])('an answer of 1 GiB %s is cut off', async (_name, headers) => {
  let sentBytes = 0;
  const url = await serve((_request, response) => {
    response.writeHead(200, headers);
    const piece = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (!response.destroyed && sentBytes < 2 ** 30) {
        sentBytes += piece.length;
        if (!response.write(piece)) return;
      }
    };
    response.on('drain', more);
    more();
  });
  await expect(client().get(url)).rejects.toMatchObject({
    code: 'peer_unavailable',
    message: expect.stringContaining('larger than 1048576 bytes'),
  });
  expect(sentBytes).toBeLessThan(64 * BYTES_MAX);
});

test.each<[string, RequestListener]>([
  ['nothing', () => undefined],
  ['half an answer', (_request, response) => response.writeHead(200).write('{"da')],
])('%s within the time limit fails', async (_name, listener) => {
  const url = await serve(listener);
  await expect(client({}, 100).get(url)).rejects.toMatchObject({
    code: 'peer_unavailable',
    message: expect.stringContaining('within 100 ms'),
  });
});

test('a connection that is cut off or refused fails', async () => {
  const url = await serve((request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{');
    setTimeout(() => request.socket.destroy(), 20);
  });
  await expect(client().get(url)).rejects.toMatchObject({ code: 'peer_unavailable' });
  const closed = servers.pop();
  await new Promise((resolve) => closed?.close(resolve));
  await expect(client().get(url)).rejects.toThrow(/ECONNREFUSED/);
});

test.runIf(existsSync('/usr/bin/openssl'))(
  'a certificate is checked against the CA and the name that are given',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'varve-tls-'));
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
    const names = ['-subj', '/CN=prom.test', '-addext', 'subjectAltName=DNS:prom.test'];
    spawnSync('/usr/bin/openssl', [...request, ...names, '-keyout', key, '-out', cert]);
    const server = createTlsServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (_request, response) => response.end('secret'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const status = async (tls: Partial<HttpClientDocument['tls']>) => {
      const document = { ...PLAIN_HTTP_CLIENT, tls: { ...PLAIN_HTTP_CLIENT.tls, ...tls } };
      const [timers, disk] = [new NodeTimers(), new NodeDisk()];
      const options = { timers, disk, document, timeoutMs: 10_000, bytesMax: BYTES_MAX };
      return (await new HttpClient(options).get(url)).status;
    };
    try {
      expect(await status({ caFile: cert, serverName: 'prom.test' })).toBe(200);
      expect(await status({ insecureSkipVerify: true })).toBe(200);
      await expect(status({})).rejects.toThrow(/CERT/);
      await expect(status({ caFile: cert })).rejects.toThrow(/ALTNAME/);
      await expect(status({ caFile: cert, serverName: 'other.test' })).rejects.toThrow(/ALTNAME/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true });
    }
  },
);
