import { afterEach, describe, expect, test, vi } from 'vitest';
import { crc32c } from '../../../../src/base/bytes/crc32c.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import type { Bucket, StoreRequest } from '../../../../src/bucket/bucket.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { openGcsBucket } from '../../../../storage-adapters/gcs/gcs-bucket.ts';
import { eachObject } from '../../../support/each-object.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { cutAnswer, cuts } from '../../../support/stores/cut-answers.ts';
import { httpConfig } from '../../../support/stores/http-config.ts';
import {
  type Script,
  type ScriptedServer,
  startScripted,
} from '../../../support/stores/scripted-server.ts';

const STEP = 256 * 1024;
const toClose: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of toClose.splice(0)) await one.close();
});

async function open(
  script: Script,
  more = {},
): Promise<{ bucket: Bucket; server: ScriptedServer }> {
  const server = await startScripted(script);
  const options = {
    bucket: 'b',
    serviceAccount: '',
    noAuth: false,
    emulatorUrl: server.url,
    chunkSizeBytes: STEP,
    maxRetries: 0,
    http: httpConfig(),
    ...more,
  };
  const world = { disk: new MemoryDisk(), random: new SeededRandom(1), timers: new NodeTimers() };
  const bucket = await openGcsBucket(options, world);
  toClose.push(bucket, server);
  return { bucket, server };
}

const base64 = (sum: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString('base64');
};
const described = (bytes: Uint8Array, sum = crc32c(bytes)) =>
  JSON.stringify({
    size: String(bytes.length),
    updated: '2026-01-02T03:04:05.678Z',
    generation: '1767323045678901',
    crc32c: base64(sum),
  });

describe('an upload', () => {
  test('in one request names key, checksum and condition', async () => {
    const bytes = Buffer.from('hello');
    const { bucket, server } = await open({
      answer: () => ({ status: 200, body: described(bytes) }),
    });
    const sum = crc32c(bytes);
    const stored = await bucket.put('a/ü', bytesSource(bytes), { crc32c: sum, ifAbsent: true });
    expect(stored).toEqual({
      sizeBytes: 5,
      modifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      version: '1767323045678901',
      crc32c: sum,
    });
    const [request] = server.seen;
    const url = new URL(request?.target ?? '', server.url);
    expect(url.pathname).toBe('/upload/storage/v1/b/b/o');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      uploadType: 'multipart',
      ifGenerationMatch: '0',
    });
    const body = String(request?.body);
    const description = `{"name":"a/ü","contentType":"application/octet-stream","crc32c":"${base64(sum)}"}`;
    expect(body).toContain(description);
    expect(body).toContain('\r\n\r\nhello\r\n--varve-');
  });

  test('that the store has otherwise is deleted by its generation', async () => {
    const bytes = Buffer.from('hello');
    const { bucket, server } = await open({
      answer: ({ method }) =>
        method === 'DELETE' ? { status: 204 } : { status: 200, body: described(bytes, 7) },
    });
    await expect(bucket.put('k', bytesSource(bytes))).rejects.toMatchObject({
      code: 'damaged_object',
    });
    expect(server.seen.map(({ method, target }) => [method, target]).at(1)).toEqual([
      'DELETE',
      '/storage/v1/b/b/o/k?generation=1767323045678901',
    ]);
  });

  test('in chunks goes on from what the store has kept', async () => {
    const bytes = Buffer.alloc(3 * STEP, 'varve');
    const ranges: string[] = [];
    const { bucket } = await open({
      answer: ({ method, headers }) => {
        if (method === 'POST') return { status: 200, headers: { location: '/session?id=1' } };
        const range = headers['content-range'] ?? '';
        ranges.push(range);
        // Of the first chunk half is kept.
        const kept = range.startsWith('bytes 0-') ? STEP / 2 : 0;
        if (kept > 0) return { status: 308, headers: { range: `bytes=0-${kept - 1}` } };
        const last = Number(/-(\d+)\//.exec(range)?.[1]);
        if (last === bytes.length - 1) return { status: 200, body: described(bytes) };
        return { status: 308, headers: { range: `bytes=0-${last}` } };
      },
    });
    const stored = await bucket.put('k', bytesSource(bytes), { crc32c: crc32c(bytes) });
    expect(stored.sizeBytes).toBe(bytes.length);
    expect(ranges).toEqual([
      'bytes 0-262143/786432',
      'bytes 131072-393215/786432',
      'bytes 393216-655359/786432',
      'bytes 655360-786431/786432',
    ]);
  });

  test.each<[string, { status: number; headers?: Record<string, string> }, string]>([
    ['keeps nothing of it', { status: 308 }, 'the store kept 0 bytes after 262144 of 786432'],
    [
      'has all before it was sent',
      { status: 308, headers: { range: 'bytes=0-786431' } },
      'the store kept 786432 bytes after 262144 of 786432',
    ],
    ['has forgotten the upload', { status: 404 }, 'the store answered 404'],
    ['has given it up', { status: 410 }, 'the store answered 410'],
  ])('in chunks fails when the store %s', async (_, answer, message) => {
    const { bucket } = await open({
      answer: ({ method }) =>
        method === 'POST' ? { status: 200, headers: { location: '/session' } } : answer,
    });
    const put = bucket.put('k', bytesSource(Buffer.alloc(3 * STEP)));
    await expect(put).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining(message),
    });
  });

  test('fails when the store names no session, or answers with no object', async () => {
    const { bucket } = await open({ answer: () => ({ status: 200, body: '{}' }) });
    const large = bucket.put('k', bytesSource(Buffer.alloc(2 * STEP)));
    await expect(large).rejects.toThrow('named no session');
    await expect(bucket.put('k', bytesSource(Buffer.alloc(1)))).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'gcs:b: objects.insert of k: the answer does not describe an object',
    });
  });
});

describe('a download', () => {
  test('asks for objects as they are stored, and for a range', async () => {
    const { bucket, server } = await open({
      answer: () => ({ status: 206, headers: { 'content-range': 'bytes 2-4/9' }, body: 'llo' }),
    });
    expect(String(await collect(bucket.get('k', { offset: 2, length: 3 }), 9, 'k'))).toBeTruthy();
    const [request] = server.seen;
    expect(request?.target).toBe('/storage/v1/b/b/o/k?alt=media');
    expect(request?.headers).toMatchObject({ range: 'bytes=2-4', 'accept-encoding': 'gzip' });
  });

  test('that ends early is no short success', async () => {
    const requests: StoreRequest[] = [];
    const { bucket } = await open({
      raw: (_, response) => {
        response.writeHead(200, { 'content-length': '9' });
        response.write('hello', () => response.destroy());
        return true;
      },
    });
    const watched = bucket.observedBy((request) => requests.push(request));
    await expect(collect(watched.get('k'), 9, 'k')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('gcs:b: objects.get of k: '),
    });
    expect(requests).toEqual([
      { class: 'read', operation: 'objects.get', sentBytes: 0, receivedBytes: 5, ok: false },
    ]);
  });

  test('of a range that the store does not know is refused, and not read', async () => {
    const { bucket, server } = await open({ answer: () => ({ status: 200, body: 'hello' }) });
    const part = collect(bucket.get('k', { offset: 1, length: 2 }), 9, 'k');
    await expect(part).rejects.toThrow('the store gave all for bytes from 1 on');
    await vi.waitFor(() => expect(server.connections()).toBe(0));
    const none = collect(bucket.get('k', { offset: 1, length: 0 }), 9, 'k');
    await expect(none).rejects.toMatchObject({ code: 'bad_parameter' });
  });
});

test('a folder that a console has made is no object', async () => {
  const page = {
    items: [
      { name: 'p/', size: '0', updated: '2026-01-02T03:04:05Z' },
      { name: 'p/a', size: '1', updated: '2026-01-02T03:04:05Z' },
    ],
    prefixes: ['p/B/'],
  };
  const { bucket } = await open({ answer: () => ({ status: 200, body: JSON.stringify(page) }) });
  const keys: string[] = [];
  for await (const { key } of eachObject(bucket.list('p/'))) keys.push(key);
  const names: string[] = [];
  for await (const name of bucket.listNames('p/')) names.push(name);
  expect([keys, names]).toEqual([['p/a'], ['B/', 'a']]);
});

test('a page that is no JSON is a store that did not answer', async () => {
  const { bucket } = await open({ answer: () => ({ status: 200, body: '<html>' }) });
  await expect(bucket.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'store_unavailable',
  });
});

describe('an answer that was cut off without a word', () => {
  const page = JSON.stringify({
    items: [
      { name: 'a', size: '1', updated: '2026-01-02T03:04:05Z' },
      { name: 'b', size: '2', updated: '2026-01-02T03:04:05Z' },
    ],
  });

  test('is no list, wherever it was cut, and the whole one is', async () => {
    for (const cut of cuts(page)) {
      const { bucket } = await open(cutAnswer(page, cut));
      await expect(keysOf(bucket)).rejects.toMatchObject({ code: 'store_unavailable' });
    }
    const { bucket } = await open(cutAnswer(page, page.length));
    expect(await keysOf(bucket)).toEqual(['a', 'b']);
  });

  test('is no object', async () => {
    const { bucket } = await open(cutAnswer('12345', 3));
    await expect(collect(bucket.get('k'), 9, 'k')).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });

  test('is no description of one', async () => {
    const { bucket } = await open(cutAnswer('null', 4));
    await expect(bucket.attributes('k')).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});

async function keysOf(bucket: Bucket): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of eachObject(bucket.list(''))) keys.push(key);
  return keys;
}
