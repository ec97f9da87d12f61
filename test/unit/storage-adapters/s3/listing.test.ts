import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import type { Bucket } from '../../../../src/bucket/bucket.ts';
import { eachObject } from '../../../support/each-object.ts';
import { cutAnswer, cuts } from '../../../support/stores/cut-answers.ts';
import { type Arrived, fakeS3 } from './fake-s3.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function fake(...args: Parameters<typeof fakeS3>) {
  const made = await fakeS3(...args);
  stops.push(made.stop);
  return made;
}

function page(keys: readonly string[], more = '', rest = ''): { body: string } {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><Size>3</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`,
  );
  const truncated = `<IsTruncated>${more !== ''}</IsTruncated>`;
  return {
    body: `<ListBucketResult>${truncated}${more}${contents.join('')}${rest}</ListBucketResult>`,
  };
}

const query = ({ url }: Arrived) => new URL(url, 'http://x').searchParams;

async function keysOf(bucket: Bucket, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of eachObject(bucket.list(prefix))) keys.push(key);
  return keys;
}

test('version 2 goes on from the token of the last page', async () => {
  const { bucket, arrived, told } = await fake((request) =>
    query(request).get('continuation-token') === 'T'
      ? page(['c'])
      : page(['a', 'b'], '<NextContinuationToken>T</NextContinuationToken>'),
  );
  expect(await keysOf(bucket, 'p')).toEqual(['a', 'b', 'c']);
  expect(arrived.map((one) => query(one).get('prefix'))).toEqual(['p', 'p']);
  expect(told.map((one) => [one.class, one.operation])).toEqual([
    ['list', 'ListObjectsV2'],
    ['list', 'ListObjectsV2'],
  ]);
});

test('version 1 goes on from the last key, or the marker that is named', async () => {
  const { bucket, told } = await fake(
    (request) => {
      const marker = query(request).get('marker');
      if (marker === null) return page(['a', 'b'], ' ');
      return marker === 'b'
        ? page(['c'], '<NextMarker>cc</NextMarker>')
        : page([`after ${marker}`]);
    },
    { config: { listVersion: 'v1' } },
  );
  expect(await keysOf(bucket)).toEqual(['a', 'b', 'c', 'after cc']);
  expect(new Set(told.map(({ operation }) => operation))).toEqual(new Set(['ListObjects']));
});

test('keys are decoded when the store says that it encoded them', async () => {
  const keys = ['a%2Fb+c', 'd%25'];
  const encoding = '<EncodingType>url</EncodingType>';
  const encoded = await fake(() => page(keys, '', encoding));
  expect(await keysOf(encoded.bucket)).toEqual(['a/b c', 'd%']);
  const plain = await fake(() => page(keys));
  expect(await keysOf(plain.bucket)).toEqual(keys);
  const broken = await fake(() => page(['%zz'], '', encoding));
  await expect(keysOf(broken.bucket)).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('the keys that consoles make for folders are no objects', async () => {
  const { bucket } = await fake(() => page(['a/', 'a/b']));
  expect(await keysOf(bucket)).toEqual(['a/b']);
});

test('names and folders come in one order', async () => {
  const folder = '<CommonPrefixes><Prefix>p/b/</Prefix></CommonPrefixes>';
  const { bucket } = await fake(() => page(['p/', 'p/a', 'p/c'], '', folder));
  const names: string[] = [];
  for await (const name of bucket.listNames('p/')) names.push(name);
  expect(names).toEqual(['a', 'b/', 'c']);
});

test('a list that does not go on is not read for ever', async () => {
  const more = '<NextContinuationToken>T</NextContinuationToken>';
  const { bucket, arrived } = await fake(() => page(['a'], more));
  await expect(keysOf(bucket)).rejects.toThrow('does not go on');
  expect(arrived).toHaveLength(2);
});

test('a list that was cut off without a word is an error, wherever it was cut', async () => {
  const { body } = page(['a', 'b']);
  for (const version of ['v1', 'v2'] as const) {
    for (const cut of [...cuts(body), body.length]) {
      const atOnce = (request: IncomingMessage, response: ServerResponse): boolean =>
        cutAnswer(body, cut).raw?.(request, response) === true;
      const config = { listVersion: version };
      const { bucket } = await fake(() => ({}), { config, atOnce });
      if (cut === body.length) expect(await keysOf(bucket)).toEqual(['a', 'b']);
      else
        await expect(keysOf(bucket), `${cut}`).rejects.toMatchObject({
          code: 'store_unavailable',
        });
    }
  }
});

test('of an object that was cut off without a word nothing is taken', async () => {
  const atOnce = (request: IncomingMessage, response: ServerResponse): boolean =>
    cutAnswer('12345', 3).raw?.(request, response) === true;
  const { bucket } = await fake(() => ({}), { atOnce });
  await expect(collect(bucket.get('k'), 9, 'k')).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(/nobody can say whether it is whole/),
  });
});
