import { afterEach, describe, expect, test } from 'vitest';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import type { ByteRange } from '../../../../src/bucket/bucket.ts';
import { errorBody, fakeS3, type Said } from './fake-s3.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function fake(...args: Parameters<typeof fakeS3>) {
  const made = await fakeS3(...args);
  stops.push(made.stop);
  return made;
}

describe('a missing bucket is never a missing object', () => {
  test('a HEAD, which has no code, looks once whether the bucket is there', async () => {
    const { bucket, told } = await fake(() => ({ status: 404 }));
    const calls = [
      () => bucket.exists('a'),
      () => bucket.attributes('a'),
      () => bucket.delete('a'),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'store_denied',
        message: 's3:bucket does not exist; create it, or correct bucket and endpoint',
      });
    }
    expect(told.map(({ operation }) => operation)).toContain('HeadBucket');
  });

  test('where it is, absence is an answer, and it is not asked again', async () => {
    const { bucket, told } = await fake(({ url }) => ({
      status: /^.bucket.?$/.test(url) ? 200 : 404,
    }));
    expect(await bucket.exists('a')).toBe(false);
    expect(await bucket.exists('b')).toBe(false);
    await bucket.delete('c');
    expect(told.map(({ operation, ok }) => [operation, ok])).toEqual([
      ['HeadObject', true],
      ['HeadBucket', true],
      ['HeadObject', true],
      ['DeleteObject', true],
    ]);
  });

  test('NoSuchBucket is said by whatever has a body', async () => {
    const { bucket } = await fake(() => ({ status: 404, body: errorBody('NoSuchBucket') }));
    const calls = [
      () => collect(bucket.get('a'), 10, 'a'),
      () => bucket.put('a', { sizeBytes: 0, async *read() {} }),
      () => bucket.removeUnfinished('a/'),
      async () => {
        for await (const _ of bucket.list('')) throw new Error('there is none');
      },
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'store_denied',
        message: expect.stringContaining('the bucket does not exist'),
      });
    }
  });
});

describe('a download', () => {
  const read = async (said: Said, range?: ByteRange) => {
    const { bucket } = await fake(() => said);
    return Buffer.from(await collect(bucket.get('a', range), 100, 'a')).toString();
  };

  test('that ends early is worth another try', async () => {
    const { bucket, told } = await fake(() => ({}), {
      atOnce: (_, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half', () => response.destroy());
        return true;
      },
    });
    await expect(collect(bucket.get('a'), 100, 'a')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('GetObject of a in s3:bucket: cut off'),
    });
    expect(told).toEqual([
      { class: 'read', operation: 'GetObject', sentBytes: 0, receivedBytes: 4, ok: false },
    ]);
  });

  test('of a range that is answered with the whole is none', async () => {
    const range = { offset: 2, length: 3 };
    await expect(read({ body: '0123456789' }, range)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    const headers = { 'content-range': 'bytes 2-4/10' };
    expect(await read({ status: 206, headers, body: '234' }, range)).toBe('234');
  });

  test('of no bytes, or from before the beginning, is a bad parameter', async () => {
    for (const range of [
      { offset: 0, length: 0 },
      { offset: -1, length: 3 },
    ]) {
      await expect(read({}, range)).rejects.toMatchObject({ code: 'bad_parameter' });
    }
  });
});

test('an answer to HEAD that lacks what attributes are is the store failing', async () => {
  const { bucket } = await fake(() => ({ headers: { 'content-length': '5' } }));
  await expect(bucket.attributes('a')).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('a store that gives no ETag for a put is asked for it', async () => {
  const head = { etag: '"e"', 'content-length': '0' };
  const { bucket, told } = await fake(({ method }) => (method === 'HEAD' ? { headers: head } : {}));
  const source = { sizeBytes: 0, async *read() {} };
  expect(await bucket.put('a', source)).toMatchObject({ version: '"e"', sizeBytes: 0 });
  expect(told.map(({ operation }) => operation)).toEqual(['PutObject', 'HeadObject']);
});
