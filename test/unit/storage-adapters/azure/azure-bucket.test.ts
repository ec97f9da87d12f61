import { afterEach, describe, expect, test, vi } from 'vitest';
import { readAzureConfig } from '../../../../src/base/config/bucket-azure.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { readYamlMapping } from '../../../../src/base/config/yaml-reader.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import type { Bucket, ListedObject, StoreRequest } from '../../../../src/bucket/bucket.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { openAzureBucket } from '../../../../storage-adapters/azure/azure-bucket.ts';
import { eachObject } from '../../../support/each-object.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { cutAnswer, cuts } from '../../../support/stores/cut-answers.ts';
import { type Script, startScripted } from '../../../support/stores/scripted-server.ts';

const toClose: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of toClose.splice(0)) await one.close();
});

const HEADERS = { etag: '"0x1"', 'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT' };

async function open(script: Script) {
  const server = await startScripted(script);
  const text = `storage_account: a\nstorage_account_key: a2V5\ncontainer: c\nendpoint: ${server.url}/a`;
  const source = { name: 'bucket.yml', text: new Secret(text), fillEnvironment: false };
  const requests: StoreRequest[] = [];
  const opened = await openAzureBucket(readAzureConfig(readYamlMapping(source, {}), {}), {
    disk: new MemoryDisk(),
    random: new SeededRandom(1),
    timers: new NodeTimers(),
    blockSizeBytes: 4,
  });
  toClose.push(opened, server);
  const bucket: Bucket = opened.observedBy((request) => requests.push(request));
  return { bucket, server, requests };
}

describe('an upload', () => {
  test('in one request is signed, and carries its condition', async () => {
    const { bucket, server } = await open({ answer: () => ({ status: 201, headers: HEADERS }) });
    expect(await bucket.put('k/ü', bytesSource(Buffer.from('hey')), { ifAbsent: true })).toEqual({
      sizeBytes: 3,
      modifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      version: '"0x1"',
      crc32c: undefined,
    });
    const [request] = server.seen;
    expect(request?.target).toBe('/a/c/k/%C3%BC');
    expect(request?.headers).toMatchObject({
      'content-length': '3',
      'if-none-match': '*',
      'x-ms-blob-type': 'BlockBlob',
      authorization: expect.stringMatching(/^SharedKey a:/),
    });
    expect(String(request?.body)).toBe('hey');
  });

  test('in blocks names them in order, all of one length', async () => {
    const { bucket, server, requests } = await open({
      answer: () => ({ status: 201, headers: HEADERS }),
    });
    await bucket.put('k', bytesSource(Buffer.from('0123456789')), { ifVersion: '"0x0"' });
    const ids = server.seen.slice(0, 3).map(({ target }) => {
      return new URL(target, server.url).searchParams.get('blockid') ?? '';
    });
    expect(server.seen.map(({ body }) => String(body)).slice(0, 3)).toEqual(['0123', '4567', '89']);
    expect(new Set(ids.map((id) => id.length)).size).toBe(1);
    const list = server.seen.at(3);
    expect(list?.headers['if-match']).toBe('"0x0"');
    const named = [...String(list?.body).matchAll(/<Latest>([^<]+)</g)].map(([, id]) => id);
    expect(named).toEqual(ids);
    expect(requests.map(({ operation, sentBytes }) => [operation, sentBytes])).toEqual([
      ['Put Block', 4],
      ['Put Block', 4],
      ['Put Block', 2],
      ['Put Block List', 0],
    ]);
  });

  test('makes one attempt, whatever the store answers', async () => {
    for (const status of [429, 500, 503]) {
      const { bucket, server, requests } = await open({
        answer: () => ({ status, headers: { 'retry-after': '3' } }),
      });
      await expect(bucket.put('k', bytesSource(Buffer.from('x')))).rejects.toMatchObject({
        code: status === 500 ? 'store_unavailable' : 'store_throttled',
        retryAfterSeconds: 3,
      });
      expect(server.seen).toHaveLength(1);
      expect(requests.map(({ ok }) => ok)).toEqual([false]);
    }
  });

  test('whose answer names no version has failed', async () => {
    const { bucket } = await open({ answer: () => ({ status: 201 }) });
    await expect(bucket.put('k', bytesSource(Buffer.from('x')))).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });
});

describe('a download', () => {
  test('that ends early is no short success, and no second request', async () => {
    let asked = 0;
    const { bucket, requests } = await open({
      raw: (_, response) => {
        asked++;
        response.writeHead(200, { ...HEADERS, 'content-length': '9' });
        response.write('hello', () => response.destroy());
        return true;
      },
    });
    await expect(collect(bucket.get('k'), 9, 'k')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('azure:c: Get Blob of k: '),
    });
    expect(asked).toBe(1);
    expect(requests).toEqual([
      { class: 'read', operation: 'Get Blob', sentBytes: 0, receivedBytes: 5, ok: false },
    ]);
  });

  test('of a range that the store does not know is refused, and not read', async () => {
    const { bucket, server } = await open({
      answer: () => ({
        status: 200,
        headers: { ...HEADERS, 'content-length': '5' },
        body: 'hello',
      }),
    });
    const part = collect(bucket.get('k', { offset: 1, length: 2 }), 9, 'k');
    await expect(part).rejects.toThrow('the store gave all for bytes from 1 on');
    await vi.waitFor(() => expect(server.connections()).toBe(0));
    const none = collect(bucket.get('k', { offset: 1, length: 0 }), 9, 'k');
    await expect(none).rejects.toMatchObject({ code: 'bad_parameter' });
  });
});

describe('an answer that was cut off without a word', () => {
  const XML = { 'content-type': 'application/xml' };
  const blob = (name: string) =>
    `<Blob><Name>${name}</Name><Properties><Content-Length>1</Content-Length></Properties></Blob>`;
  const page =
    '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c">' +
    `<Blobs>${blob('a')}${blob('b')}</Blobs><NextMarker/></EnumerationResults>`;

  test('is no list, wherever it was cut, and the whole one is', async () => {
    for (const cut of cuts(page)) {
      const { bucket } = await open(cutAnswer(page, cut, XML));
      const listed = [keysOf(eachObject(bucket.list(''))), keysOf(bucket.listNames(''))];
      for (const one of listed)
        await expect(one, `${cut}`).rejects.toMatchObject({ code: 'store_unavailable' });
    }
    const { bucket } = await open(cutAnswer(page, page.length, XML));
    expect(await keysOf(eachObject(bucket.list('')))).toEqual(['a', 'b']);
  });

  test('is no object', async () => {
    const { bucket } = await open(cutAnswer('12345', 3, HEADERS));
    await expect(collect(bucket.get('k'), 9, 'k')).rejects.toMatchObject({
      code: 'store_unavailable',
    });
  });
});

async function keysOf(listed: AsyncIterable<string | ListedObject>): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const one of listed) keys.push(typeof one === 'string' ? one : one.key);
  return keys;
}
