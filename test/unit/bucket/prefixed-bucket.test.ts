import { expect, it } from 'vitest';
import type { UnfinishedUpload } from '../../../src/bucket/bucket.ts';
import { withPrefix } from '../../../src/bucket/prefixed-bucket.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../../support/each-object.ts';

const clock = { nowMs: () => 0, monotonicMs: () => 0 };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

it('keeps everything below the prefix and sees nothing beside it', async () => {
  const inner = new MemoryBucket(clock);
  await inner.put('other/x', bytesSource(Buffer.from('o')));
  const bucket = withPrefix(inner, '/a/b/');
  await bucket.put('x/meta.json', bytesSource(Buffer.from('x')));
  expect((await all(eachObject(inner.list('')))).map(({ key }) => key)).toEqual([
    'a/b/x/meta.json',
    'other/x',
  ]);
  expect((await all(eachObject(bucket.list('')))).map(({ key }) => key)).toEqual(['x/meta.json']);
  expect(await all(bucket.listNames('x/'))).toEqual(['meta.json']);
  expect(await bucket.exists('x/meta.json')).toBe(true);
  expect((await bucket.attributes('x/meta.json')).sizeBytes).toBe(1);
  expect(Buffer.concat(await all(bucket.get('x/meta.json'))).toString()).toBe('x');
  await bucket.delete('x/meta.json');
  expect(await inner.exists('a/b/x/meta.json')).toBe(false);
});

it('removes unfinished puts below the prefix only', async () => {
  const inner = new MemoryBucket(clock);
  const asked: string[] = [];
  inner.removeUnfinished = async (prefix?: string) => void asked.push(String(prefix));
  await withPrefix(inner, 'a/b').removeUnfinished('x/');
  expect(asked).toEqual(['a/b/x/']);
});

it('shows unfinished uploads by the keys that its caller knows', async () => {
  const inner = new MemoryBucket(clock);
  const listUnfinished = async function* (prefix: string): AsyncIterable<UnfinishedUpload> {
    yield { key: `${prefix}index`, id: '1', sinceMs: 7 };
  };
  Object.assign(inner, { listUnfinished });
  const found = await all(withPrefix(inner, 'a/b').listUnfinished('x/'));
  expect(found).toEqual([{ key: 'x/index', id: '1', sinceMs: 7 }]);
});

it('is the bucket itself without a prefix', () => {
  const inner = new MemoryBucket(clock);
  expect(withPrefix(inner, '//')).toBe(inner);
});
