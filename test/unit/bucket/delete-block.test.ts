import { expect, test } from 'vitest';
import { listBlock } from '../../../src/bucket/block-listing.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { deleteBlock, deletePartial } from '../../../src/bucket/delete-block.ts';
import { BucketWorld, ULIDS } from '../../support/bucket-world.ts';

const [A, B] = ULIDS;

/** The bucket, with a look at each deletion before it is done. */
function watched(bucket: Bucket, onDelete: (key: string) => void | Promise<void>): Bucket {
  return new Proxy(bucket, {
    get: (target, name) => {
      if (name === 'delete')
        return async (key: string) => {
          await onDelete(key);
          await target.delete(key);
        };
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('meta.json goes first, the deletion mark last, and no other block is touched', async () => {
  const world = new BucketWorld();
  const names = await world.putBlock(A);
  await world.mark(A, 0);
  await world.put(`${A}/deep/er/file`, 'x');
  await world.putBlock(B);
  const order: string[] = [];
  const bucket = watched(world.bucket, (key) => void order.push(key.slice(A.length + 1)));
  await deleteBlock(bucket, A);
  expect(order[0]).toBe('meta.json');
  expect(order.at(-1)).toBe('deletion-mark.json');
  expect(new Set(order)).toEqual(new Set([...names, 'deep/er/file', 'deletion-mark.json']));
  expect((await world.keys()).every((key) => key.startsWith(B))).toBe(true);
  await deleteBlock(world.bucket, A);
});

test('thousands of files go', async () => {
  const world = new BucketWorld();
  for (let i = 0; i < 2100; i++) await world.put(`${A}/chunks/${i}`, 'x');
  await deleteBlock(world.bucket, A);
  expect(await world.keys()).toEqual([]);
});

test('a part goes if nothing has moved since it was listed', async () => {
  const world = new BucketWorld();
  await world.put(`${A}/index`, 'x');
  const seen = await listBlock(world.bucket, A);
  await world.put(`${A}/chunks/000001`, 'more');
  expect(await deletePartial(world.bucket, seen)).toBe(false);
  const again = await listBlock(world.bucket, A);
  await world.clock.advance(1);
  await world.put(`${A}/index`, 'y');
  expect(await deletePartial(world.bucket, again)).toBe(false);
  const last = await listBlock(world.bucket, A);
  expect(await deletePartial(world.bucket, last)).toBe(true);
  expect(await world.keys()).toEqual([]);
});

test('a part that became a block meanwhile is left alone', async () => {
  const world = new BucketWorld();
  await world.put(`${A}/index`, 'x');
  const seen = await listBlock(world.bucket, A);
  await world.put(`${A}/meta.json`, '{}');
  expect(await deletePartial(world.bucket, seen)).toBe(false);
  expect(await world.keys()).toHaveLength(2);
});

test('a meta.json that appears while the rest is deleted is told of, and is not deleted', async () => {
  const world = new BucketWorld();
  await world.put(`${A}/index`, 'x');
  const seen = await listBlock(world.bucket, A);
  const bucket = watched(world.bucket, async (key) => {
    if (key.endsWith('/index')) await world.put(`${A}/meta.json`, '{}');
  });
  await expect(deletePartial(bucket, seen)).rejects.toThrow(/meta\.json appeared while/);
  expect(await world.keys()).toEqual([`${A}/meta.json`]);
});
