import { expect, test } from 'vitest';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { damagedBlock } from '../../../src/block/damage.ts';
import { listBlock } from '../../../src/bucket/block-listing.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { rangedBlock } from '../../../src/bucket/ranged-block.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const ULID = '01M832NMCBMHG82BHKZJX0ASR2';
const BYTES = Uint8Array.from({ length: 100 }, (_, i) => i);

async function opened() {
  const bucket = new MemoryBucket(new ManualClock());
  await bucket.put(`${ULID}/index`, bytesSource(BYTES));
  const told: number[] = [];
  const block = rangedBlock(bucket, await listBlock(bucket, ULID), {
    windowBytes: 10,
    damaged: damagedBlock,
    onBytes: (bytes) => told.push(bytes),
  });
  return { block, bucket, told };
}

test('files whole, by ranges, and from front to back; all bytes are told', async () => {
  const { block, told } = await opened();
  expect(block.files.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([['index', 100]]);
  expect(await collect(block.read('index'), 1000, 'index')).toEqual(BYTES);
  expect(await block.readRange('index', 90, 10)).toEqual(BYTES.subarray(90));
  const feed = block.feed('index');
  await feed.bring(0, 5);
  expect(feed.sizeBytes).toBe(100);
  await feed.drain();
  expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(210);
});

test('what is not there as listed is damage, and names the file', async () => {
  const { block, bucket } = await opened();
  const error = (offset: number) => ({
    code: 'damaged_block',
    message: `index, byte ${offset}: the store gives less than it lists`,
  });
  await bucket.put(`${ULID}/index`, bytesSource(BYTES.subarray(0, 50)));
  await expect(block.readRange('index', 45, 10)).rejects.toMatchObject(error(45));
  await expect(block.readRange('index', 90, 10)).rejects.toMatchObject(error(90));
  await bucket.delete(`${ULID}/index`);
  await expect(block.readRange('index', 0, 10)).rejects.toMatchObject(error(0));
});
