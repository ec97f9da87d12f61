// An object from front to back by ranges: what is at hand, going back, a store that gives other
// bytes or fewer.

import { expect, test } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { damagedBlock } from '../../../src/block/damage.ts';
import type { StoreRequest } from '../../../src/bucket/bucket.ts';
import { ObjectFeed } from '../../../src/bucket/object-feed.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { putVerified } from '../../../src/bucket/put-verified.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const BYTES = new SeededRandom(7).bytes(10_000);

async function open(windowBytes: number, { sizeBytes = BYTES.length, isSkipping = false } = {}) {
  let reads = 0;
  const observe = ({ class: kind }: StoreRequest): void => {
    if (kind === 'read') reads++;
  };
  const bucket = new MemoryBucket(new ManualClock(), observe);
  await bucket.put('key', bytesSource(BYTES));
  let told = 0;
  const feed = new ObjectFeed(
    bucket,
    { key: 'key', name: 'file', sizeBytes },
    { windowBytes, isSkipping, damaged: damagedBlock, onBytes: (bytes) => (told += bytes) },
  );
  return { feed, bucket, reads: () => reads, told: () => told };
}

test.each([1, 7, 100, 4096, 20_000])('pieces of any size, in windows of %s', async (window) => {
  const { feed, told } = await open(window);
  const random = new SeededRandom(window);
  for (let at = 0; at < BYTES.length; ) {
    const length = Math.min(random.between(1, 300), BYTES.length - at);
    await feed.bring(at, length);
    expect(feed.has(at, length)).toBe(true);
    expect(Buffer.compare(feed.read(at, length), BYTES.subarray(at, at + length))).toBe(0);
    at += length;
  }
  await feed.drain();
  expect(feed.crcOfWhole).toBe(crc32c(BYTES));
  expect(told()).toBe(BYTES.length);
});

test('going back costs a request each, and leaves the checksum alone', async () => {
  const { feed, reads } = await open(1000);
  await feed.bring(5000, 10);
  await new Promise((resolve) => setImmediate(resolve)); // the range that is read ahead
  const before = reads();
  await feed.bring(17, 10);
  expect(reads()).toBe(before + 1);
  expect(Buffer.compare(feed.read(17, 10), BYTES.subarray(17, 27))).toBe(0);
  expect(Buffer.compare(feed.read(5000, 10), BYTES.subarray(5000, 5010))).toBe(0);
  await feed.drain();
  expect(feed.crcOfWhole).toBe(crc32c(BYTES));
});

test('what is beyond the end, was not brought, or is not there, is said', async () => {
  const { feed, bucket } = await open(1000);
  await expect(feed.bring(9_999, 2)).rejects.toThrow(/file, byte 9999: 2 bytes wanted of 10000/);
  expect(() => feed.load(9_999, 2)).toThrow(/2 bytes wanted of 10000/);
  expect(() => feed.load(5, 2)).toThrow(/before it was brought/);
  await bucket.delete('key');
  await expect(feed.bring(0, 2)).rejects.toThrow(/the file is missing/);
});

test.each([10_001, 20_000])('an object shorter than its listing, which says %s', async (size) => {
  const { feed } = await open(3000, { sizeBytes: size });
  await expect(feed.drain()).rejects.toThrow(/the store gave \d+ bytes of \d+, and lists/);
});

test('reading again tells whether the bytes are still the same', async () => {
  const { feed, bucket } = await open(1000);
  await feed.bring(2000, 10);
  expect(await feed.isTheSameAgain(2005)).toBe(true);
  expect(await feed.isTheSameAgain(3)).toBe(true);
  const changed = BYTES.slice();
  changed[3] = (changed[3] ?? 0) ^ 1;
  await bucket.put('key', bytesSource(changed));
  expect(await feed.isTheSameAgain(2005)).toBe(true);
  expect(await feed.isTheSameAgain(3)).toBe(false);
});

test('an object is put and looked at', async () => {
  const bucket = new MemoryBucket(new ManualClock());
  const source = bytesSource(BYTES);
  await putVerified(bucket, { key: 'a', source, crc32c: crc32c(BYTES) }, {});
  expect(await bucket.exists('a')).toBe(true);
  const wrong = putVerified(bucket, { key: 'b', source, crc32c: 1 }, {});
  await expect(wrong).rejects.toMatchObject({ code: 'damaged_object' });
});

test('who skips does not fetch what lies between, nor ahead before the second range', async () => {
  const { feed, reads, told } = await open(100, { isSkipping: true });
  await feed.bring(0, 10);
  await feed.bring(5_000, 10);
  await feed.bring(5_050, 10);
  expect([reads(), told()]).toEqual([2, 200]);
  expect(Buffer.compare(feed.read(5_050, 10), BYTES.subarray(5_050, 5_060))).toBe(0);
  await feed.bring(5_095, 10); // across the border: the next one, and from now on one ahead
  expect(Buffer.compare(feed.read(5_095, 10), BYTES.subarray(5_095, 5_105))).toBe(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect([reads(), told()]).toEqual([4, 400]);
  await feed.bring(9_990, 10);
  await feed.bring(20, 300);
  expect(Buffer.compare(feed.read(20, 300), BYTES.subarray(20, 320))).toBe(0);
  expect(feed.crcOfWhole).toBeUndefined();
});

test('who skips reads any pieces in any order', async () => {
  const { feed } = await open(64, { isSkipping: true });
  const random = new SeededRandom(3);
  for (let i = 0; i < 300; i++) {
    const at = random.between(0, BYTES.length - 300);
    const length = random.between(1, 300);
    await feed.bring(at, length);
    expect(Buffer.compare(feed.read(at, length), BYTES.subarray(at, at + length))).toBe(0);
  }
});
