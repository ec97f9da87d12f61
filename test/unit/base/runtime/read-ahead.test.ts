import { expect, test } from 'vitest';
import { readAhead } from '../../../../src/base/runtime/read-ahead.ts';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of from) found.push(one);
  return found;
}

test.each([0, 1, 3, 4, 5, 20])('the results of %d calls come in order', async (count) => {
  let running = 0;
  let most = 0;
  const run = async (i: number): Promise<number> => {
    most = Math.max(most, ++running);
    // The later ones end first.
    for (let turn = 0; turn < 10 - (i % 10); turn++) await undefined;
    running--;
    return i * 10;
  };
  const results = await all(readAhead(numbers(count), 4, run));
  expect(results).toEqual(Array.from({ length: count }, (_, i) => i * 10));
  expect(most).toBe(Math.min(count, 4));
});

test('a call that rejects ends it when its turn comes; later ones are nobody’s', async () => {
  const seen: number[] = [];
  const run = async (i: number): Promise<number> => {
    if (i >= 2) throw new Error(`no ${i}`);
    return i;
  };
  const reading = async (): Promise<void> => {
    for await (const one of readAhead(numbers(9), 4, run)) seen.push(one);
  };
  await expect(reading()).rejects.toThrow('no 2');
  expect(seen).toEqual([0, 1]);
});

test('whoever stops early leaves nothing behind', async () => {
  const run = async (i: number): Promise<number> => {
    if (i === 1) throw new Error('late');
    return i;
  };
  for await (const one of readAhead(numbers(9), 3, run)) {
    expect(one).toBe(0);
    break;
  }
});
