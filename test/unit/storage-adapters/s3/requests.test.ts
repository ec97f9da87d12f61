import { afterEach, expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { errorBody, fakeS3 } from './fake-s3.ts';
import { s3Options } from './s3-options.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function fake(...args: Parameters<typeof fakeS3>) {
  const made = await fakeS3(...args);
  stops.push(made.stop);
  return made;
}

test('with trace every request is logged at debug, without a secret', async () => {
  const { bucket, logger } = await fake(
    ({ method }) =>
      method === 'PUT'
        ? { headers: { etag: '"e"' } }
        : { status: 403, body: errorBody('AccessDenied') },
    { config: { trace: true } },
  );
  await bucket.put('a/b', bytesSource(Buffer.from('x')));
  await expect(collect(bucket.get('a/b'), 10, 'a')).rejects.toMatchObject({ code: 'store_denied' });
  expect(logger.records).toMatchObject([
    { level: 'debug', fields: { operation: 'PutObject', key: 'a/b', status: 200 } },
    { level: 'debug', fields: { operation: 'GetObject', key: 'a/b' } },
  ]);
  expect(logger.records.at(1)?.fields.error).toContain('403 AccessDenied');
  expect(JSON.stringify(logger.records)).not.toContain(s3Options().keys?.secretKey);
});

test('without it none is', async () => {
  const { bucket, logger } = await fake(() => ({ headers: { etag: '"e"' } }));
  await bucket.put('a', bytesSource(Buffer.from('x')));
  expect(logger.records).toEqual([]);
});

test('an answer that does not come ends the request, but not while its body is sent', async () => {
  const clock = new ManualClock();
  const { bucket } = await fake(() => ({}), {
    world: { clock, timers: clock },
    atOnce: (request) => {
      request.resume();
      request.once('end', () => clock.advance(120_000));
      return true;
    },
  });
  const source = {
    sizeBytes: 2,
    async *read() {
      yield Buffer.from('a');
      await clock.advance(1_000_000);
      yield Buffer.from('b');
    },
  };
  await expect(bucket.put('slow', source)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'PutObject of slow: no answer within 120000 ms',
  });
});

test('an answer before the end of the body is the answer, and the rest is not sent', async () => {
  let taken = 0;
  const { bucket } = await fake(() => ({}), {
    config: { insecure: true, contentMd5: false, multipart: false },
    atOnce: (_, response) => {
      response.writeHead(503, { 'retry-after': '9' });
      response.end(errorBody('SlowDown'));
      return true;
    },
  });
  const sizeBytes = 256 * 1024 * 1024;
  let passes = 0;
  const source = {
    sizeBytes,
    async *read() {
      passes++;
      for (let at = 0; at < sizeBytes; at += 1024 * 1024) {
        if (passes === 2) taken += 1024 * 1024;
        yield new Uint8Array(1024 * 1024);
      }
    },
  };
  await expect(bucket.put('big', source)).rejects.toMatchObject({
    code: 'store_throttled',
    retryAfterSeconds: 9,
  });
  expect(taken).toBeLessThan(sizeBytes);
});

test('a signal that has fired sends nothing, one that fires ends a download that stands', async () => {
  const { bucket, arrived } = await fake(() => ({}), {
    atOnce: (request, response) => {
      if (request.method !== 'GET') return false;
      response.writeHead(200, { 'content-length': '10' });
      response.write('half');
      return true;
    },
  });
  const controller = new AbortController();
  const { signal } = controller;
  const reading = async () => {
    for await (const piece of bucket.get('a', undefined, { signal })) {
      expect(Buffer.from(piece).toString()).toBe('half');
      controller.abort(new VarveError('store_unavailable', 'given up'));
    }
  };
  await expect(reading()).rejects.toThrow('given up');
  await expect(bucket.delete('a', { signal })).rejects.toThrow('given up');
  expect(arrived).toEqual([]);
});
