import { expect, test } from 'vitest';
import type { ListedObject } from '../../../src/bucket/bucket.ts';
import { eachObject } from '../../../src/bucket/each-object.ts';

test('gives the objects of all pages in their order, empty pages none', async () => {
  const object = (key: string): ListedObject => ({ key, sizeBytes: 1, modifiedMs: 0 });
  async function* pages() {
    yield [object('a'), object('b')];
    yield [];
    yield [object('c')];
  }
  const keys: string[] = [];
  for await (const { key } of eachObject(pages())) keys.push(key);
  expect(keys).toEqual(['a', 'b', 'c']);
});
