import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { crc32c } from '../../../../src/base/bytes/crc32c.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { crc32cText } from '../../../../storage-adapters/s3/headers.ts';
import { errorBody, fakeS3 } from './fake-s3.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function fake(...args: Parameters<typeof fakeS3>) {
  const made = await fakeS3(...args);
  stops.push(made.stop);
  return made;
}

const bytes = Buffer.from('some bytes');
const ETAG = { headers: { etag: '"e"' } };

test('one request has length, digests, conditions, and what the user wants kept', async () => {
  const checked = { 'x-amz-checksum-crc32c': crc32cText(crc32c(bytes)) };
  const { bucket, arrived } = await fake(() => ({ headers: { ...ETAG.headers, ...checked } }), {
    config: {
      objectHeaders: [['x-amz-storage-class', 'GLACIER_IR']],
      encryption: { type: 'SSE-S3' },
    },
  });
  await bucket.put('a b/ü', bytesSource(bytes), { crc32c: crc32c(bytes), ifAbsent: true });
  expect(arrived).toHaveLength(1);
  const { method = '', url = '', headers = {}, body } = arrived.at(0) ?? {};
  expect([method, url.split('?')[0], body?.toString()]).toEqual([
    'PUT',
    '/bucket/a%20b/%C3%BC',
    'some bytes',
  ]);
  expect(headers).toMatchObject({
    'content-length': '10',
    'content-md5': createHash('md5').update(bytes).digest('base64'),
    'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'),
    'if-none-match': '*',
    'x-amz-storage-class': 'GLACIER_IR',
    'x-amz-server-side-encryption': 'AES256',
  });
  expect(headers).toMatchObject(checked);
  expect(headers.expect).toBeUndefined();
  expect(headers['content-encoding']).toBeUndefined();
  const signed = String(headers.authorization);
  for (const name of ['content-md5', 'x-amz-storage-class', 'if-none-match', 'x-amz-checksum']) {
    expect(signed).toContain(name);
  }
});

test('no checksum is sent that the caller did not give', async () => {
  const { bucket, arrived } = await fake(() => ETAG, { config: { contentMd5: false } });
  await bucket.put('a', bytesSource(bytes));
  const sent = Object.keys(arrived.at(0)?.headers ?? {});
  expect(sent.filter((name) => /md5|checksum/.test(name))).toEqual([]);
});

describe('a store that refuses checksums', () => {
  test('is asked without them by the next try', async () => {
    const { bucket, arrived, logger } = await fake(({ headers }) =>
      headers['x-amz-checksum-crc32c'] === undefined
        ? ETAG
        : { status: 501, body: errorBody('NotImplemented') },
    );
    const put = () => bucket.put('a', bytesSource(bytes), { crc32c: crc32c(bytes) });
    await expect(put()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('the next try goes without a checksum'),
    });
    await put();
    expect(arrived).toHaveLength(2);
    expect(logger.records.map(({ level }) => level)).toEqual(['warn']);
    // What is compared here is compared all the same.
    const wrong = bucket.put('a', bytesSource(bytes), { crc32c: 1 });
    await expect(wrong).rejects.toMatchObject({ code: 'damaged_object' });
    expect(arrived).toHaveLength(2);
  });
});

describe('a store that keeps another checksum than that of the bytes', () => {
  const head = { 'content-length': '10', etag: '"e"', 'x-amz-checksum-crc32c': 'AAAAAA==' };

  test.each([
    ['says so in its answer', { ...ETAG.headers, 'x-amz-checksum-crc32c': 'AAAAAA==' }],
    ['says so when it is asked', ETAG.headers],
  ])('%s: it is not believed again', async (_, headers) => {
    const { bucket, told } = await fake(({ method }) => ({
      headers: method === 'HEAD' ? head : headers,
    }));
    const put = () => bucket.put('a', bytesSource(bytes), { crc32c: crc32c(bytes) });
    await expect(put()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('the next try goes without a checksum'),
    });
    expect((await put()).crc32c).toBeUndefined();
    expect((await bucket.attributes('a')).crc32c).toBeUndefined();
    expect(told.length).toBeLessThanOrEqual(4);
  });

  test('one that says nothing is asked once', async () => {
    const { bucket, told } = await fake(({ method }) => ({
      headers: method === 'HEAD' ? { 'content-length': '10', etag: '"e"' } : ETAG.headers,
    }));
    for (let i = 0; i < 3; i++) {
      await bucket.put('a', bytesSource(bytes), { crc32c: crc32c(bytes) });
    }
    expect(told.filter(({ operation }) => operation === 'HeadObject')).toHaveLength(1);
  });
});

test('too much for one request is said before any is sent', async () => {
  const { bucket, arrived } = await fake(() => ETAG, { config: { multipart: false } });
  const huge = { sizeBytes: 5 * 1024 ** 3 + 1, async *read() {} };
  await expect(bucket.put('a', huge)).rejects.toMatchObject({
    code: 'bad_parameter',
    message: expect.stringContaining('take disable_multipart away'),
  });
  expect(arrived).toEqual([]);
});
