import { expect, test } from 'vitest';
import { listBlock, listBlocks } from '../../../src/bucket/block-listing.ts';
import {
  type BlockListing,
  blockBytes,
  hasFile,
  isPartial,
  newestMs,
} from '../../../src/bucket/block-record.ts';
import type { BucketReader, StoreRequest } from '../../../src/bucket/bucket.ts';
import { BucketWorld, ULIDS } from '../../support/bucket-world.ts';

const [A, B, C] = ULIDS;

async function all(bucket: BucketReader): Promise<BlockListing[]> {
  const found: BlockListing[] = [];
  for await (const one of listBlocks(bucket)) found.push(one);
  return found;
}

test('one listing gives all blocks with their files, and nothing else', async () => {
  const world = new BucketWorld();
  await world.put('.hidden', 'x');
  await world.put('00-strange/meta.json', 'x');
  await world.put(`${A}`, 'a file of a block’s name');
  await world.put(`${A}.tmp/index`, 'x');
  await world.put(`${A}/chunks/000001`, '12');
  await world.put(`${A}/meta.json`, '1');
  await world.clock.advance(5);
  await world.put(`${C}/index`, '123');
  await world.put('debug/x', 'x');
  await world.put('varve/x', 'x');
  const requests: StoreRequest[] = [];
  const [a, c, ...rest] = await all(world.bucket.observedBy((one) => requests.push(one)));
  expect(rest).toEqual([]);
  expect(requests.filter((one) => one.class === 'list')).toHaveLength(1);
  expect(a).toMatchObject({ ulid: A, moreFiles: 0 });
  expect(a!.files.map(({ name }) => name)).toEqual(['chunks/000001', 'meta.json']);
  expect([isPartial(a!), isPartial(c!)]).toEqual([false, true]);
  expect([blockBytes(a!), blockBytes(c!)]).toEqual([3, 3]);
  expect(newestMs(c!)).toBe(world.clock.nowMs());
  expect([hasFile(c!, 'index'), hasFile(c!, 'meta.json')]).toEqual([true, false]);
});

test('one block by itself; nothing is a list of no files', async () => {
  const world = new BucketWorld();
  const names = await world.putBlock(A);
  await world.putBlock(B);
  const { files } = await listBlock(world.bucket, A);
  expect(files.map(({ name }) => name)).toEqual([...names].sort());
  const nothing = await listBlock(world.bucket, C);
  expect(nothing.files).toEqual([]);
  expect(newestMs(nothing)).toBe(Number.NEGATIVE_INFINITY);
});

test('a hundred thousand blocks go by with one in memory', async () => {
  let listed = 0;
  const bucket = {
    list: async function* () {
      for (let i = 0; i < 100_000; i++) {
        const ulid = `01${String(i).padStart(24, '0')}`;
        listed++;
        yield [{ key: `${ulid}/index`, sizeBytes: 1, modifiedMs: 0 }];
        yield [{ key: `${ulid}/meta.json`, sizeBytes: 1, modifiedMs: 0 }];
      }
    },
  } as unknown as BucketReader;
  let seen = 0;
  for await (const { files } of listBlocks(bucket)) {
    seen++;
    expect(files.length).toBe(2);
    // Not more is read than the page that says that the block has ended.
    if (listed > seen + 1) throw new Error(`read ahead: ${listed}, ${seen}`);
  }
  expect(seen).toBe(100_000);
});
