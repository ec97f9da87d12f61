// Spans to bucket indexes and back, and the comparison of two lists of buckets.

import { expect, test } from 'vitest';
import { F64Column } from '../../../../src/base/bytes/columns.ts';
import {
  countsOf,
  indexesOf,
  SideFit,
  spansOf,
  widen,
} from '../../../../src/base/chunk/bucket-fit.ts';
import { SpanList } from '../../../../src/base/chunk/histogram-layout.ts';

function column(...numbers: number[]): F64Column {
  const made = new F64Column();
  for (const n of numbers) made.push(n);
  return made;
}

const list = (from: F64Column) => [...from.view()];

test('spans cover buckets, empty ones included, and become the fewest', () => {
  const spans = new SpanList();
  for (const [offset, length] of [
    [-2, 2],
    [1, 0],
    [2, 1],
    [0, 2],
  ] as const) {
    spans.offsets.push(offset);
    spans.lengths.push(length);
  }
  const indexes = new F64Column();
  indexesOf(spans, indexes);
  expect(list(indexes)).toEqual([-2, -1, 3, 4, 5]);
  spansOf(indexes, spans);
  expect(list(spans.offsets)).toEqual([-2, 3]);
  expect([...spans.lengths.view()]).toEqual([2, 3]);
});

test('counts are sums of deltas, or the same for floats', () => {
  const counts = new F64Column();
  countsOf(column(5, -3, 1), false, counts);
  expect(list(counts)).toEqual([5, 2, 3]);
  countsOf(column(5, 2.5, 3), true, counts);
  expect(list(counts)).toEqual([5, 2.5, 3]);
});

test.each([
  ['the same', [[1, 3]], [[1, 3]], [false, false, false]],
  [
    'one more',
    [[1, 3]],
    [
      [1, 3],
      [2, 0],
    ],
    [true, false, false],
  ],
  [
    'an empty one less',
    [
      [1, 3],
      [2, 0],
    ],
    [[1, 3]],
    [false, true, false],
  ],
  [
    'a used one less',
    [
      [1, 3],
      [2, 1],
    ],
    [[1, 3]],
    [false, true, true],
  ],
  ['one that went down', [[1, 3]], [[1, 2]], [false, false, true]],
  ['other ones', [[1, 0]], [[2, 0]], [true, true, false]],
] as const)('comparing with %s', (_, chunk, histogram, [chunkLacks, histogramLacks, reset]) => {
  const fit = new SideFit();
  for (const [index, count] of chunk) {
    fit.chunkIndexes.push(index);
    fit.chunkCounts.push(count);
  }
  for (const [index, count] of histogram) {
    fit.indexes.push(index);
    fit.counts.push(count);
  }
  fit.compare();
  expect(fit).toMatchObject({ chunkLacks, histogramLacks, reset });
});

test('widened buckets have zeros where there was nothing', () => {
  const into = new F64Column();
  const over = { from: column(1, 3), to: column(0, 1, 2, 3, 4) };
  widen(column(5, -2), { ...over, isFloat: false }, into);
  expect(list(into)).toEqual([0, 5, -5, 3, -3]);
  widen(column(5, 3), { ...over, isFloat: true }, into);
  expect(list(into)).toEqual([0, 5, 0, 3, 0]);
});
