import { expect, test } from 'vitest';
import { layApart } from '../../../src/query/lay-apart.ts';
import { floatChunk } from '../../support/float-chunks.ts';

function laid(...chunks: readonly (readonly [number, number, number])[]) {
  const told: string[] = [];
  const left = layApart(
    chunks.map(([from, to, low]) => floatChunk([from, to], low)),
    ({ message }) => told.push(message),
  );
  return { times: left.map(({ minTimeMs, maxTimeMs }) => [minTimeMs, maxTimeMs]), told };
}

test('chunks that do not overlap come by time', () => {
  expect(laid([5, 6, 1], [1, 2, 1], [3, 4, 1])).toEqual({
    times: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    told: [],
  });
});

test('of those that overlap the first in the list stays, and the others are told', () => {
  const { times, told } = laid([10, 20, 1], [20, 30, 1], [1, 9, 1], [21, 40, 2], [0, 50, 3]);
  expect(times).toEqual([
    [1, 9],
    [10, 20],
    [21, 40],
  ]);
  expect(told).toHaveLength(2);
  expect(told[0]).toMatch(/a chunk of aggregates, 20 to 30 is left out: one from 10 to 20 has /);
});

test('the same chunk in two blocks is one', () => {
  expect(laid([1, 2, 7], [1, 2, 7], [3, 4, 7], [3, 4, 7])).toEqual({
    times: [
      [1, 2],
      [3, 4],
    ],
    told: [],
  });
});

test('other values at the same times are an overlap', () => {
  const { times, told } = laid([1, 2, 7], [1, 2, 8]);
  expect(times).toEqual([[1, 2]]);
  expect(told).toHaveLength(1);
});
