import { expect, test } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { ObjectSource } from '../../../src/bucket/object-source.ts';
import { BucketWorld } from '../../support/bucket-world.ts';

const BYTES = Buffer.from('the quick brown fox jumps over the lazy dog');

async function source(onBytes?: (bytes: number) => void) {
  const world = new BucketWorld();
  await world.put('key', BYTES);
  const object = { key: 'key', sizeBytes: BYTES.length };
  return new ObjectSource(world.bucket, object, onBytes === undefined ? {} : { onBytes });
}

const read = async (from: ObjectSource, offset: number, length: number): Promise<Buffer> =>
  Buffer.from(await collect(from.read(offset, length), 1000, 'key'));

test('whole, in parts one after the other, and again: the bytes and their CRC32C', async () => {
  let told = 0;
  const from = await source((bytes) => {
    told += bytes;
  });
  expect(from.crcOfWhole).toBeUndefined();
  expect(await read(from, 0, 10)).toEqual(BYTES.subarray(0, 10));
  expect(from.crcOfWhole).toBeUndefined();
  expect(await read(from, 10, 1000)).toEqual(BYTES.subarray(10));
  expect(from.crcOfWhole).toBe(crc32c(BYTES));
  expect(await read(from, 0, BYTES.length)).toEqual(BYTES);
  expect(from.crcOfWhole).toBe(crc32c(BYTES));
  expect(told).toBe(BYTES.length);
  expect(from.furthestByte).toBe(BYTES.length);
});

test('parts out of order give the bytes and no CRC32C', async () => {
  const from = await source();
  await read(from, 0, 10);
  expect(await read(from, 20, 1000)).toEqual(BYTES.subarray(20));
  await read(from, 10, 10);
  expect(from.crcOfWhole).toBeUndefined();
  await read(from, 0, 1000);
  expect(from.crcOfWhole).toBe(crc32c(BYTES));
});

test('an empty object needs no request', async () => {
  const from = new ObjectSource(new BucketWorld().bucket, { key: 'none', sizeBytes: 0 });
  expect(await read(from, 0, 0)).toHaveLength(0);
  expect(from.crcOfWhole).toBe(0);
});
