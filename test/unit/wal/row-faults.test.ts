import { expect, test } from 'vitest';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { makeHistogramColumns } from '../../../src/wal/histograms-record.ts';
import { dropBadFloats, dropBadHistograms } from '../../../src/wal/row-faults.ts';
import { makeSampleColumns } from '../../../src/wal/samples-record.ts';

test('floats at infinite times go, the others keep their order and bits', () => {
  const columns = makeSampleColumns();
  const times = [1, Infinity, 2, -Infinity, 3];
  for (const [i, time] of times.entries()) {
    columns.refs.push(10 + i);
    columns.times.push(time);
    columns.lows.push(20 + i);
    columns.highs.push(30 + i);
  }
  expect(dropBadFloats(columns)).toBe('2 samples with times beyond ±2^53 ms');
  expect([...columns.refs.view()]).toEqual([10, 12, 14]);
  expect([...columns.times.view()]).toEqual([1, 2, 3]);
  expect([...columns.lows.view()]).toEqual([20, 22, 24]);
  expect([...columns.highs.view()]).toEqual([30, 32, 34]);
  expect(dropBadFloats(columns)).toBeUndefined();
});

function histogram(spans: readonly (readonly [number, number])[], buckets: number): HistogramValue {
  const value = new HistogramValue();
  for (const [offset, length] of spans) {
    value.positiveSpanOffsets.push(offset);
    value.positiveSpanLengths.push(length);
  }
  for (let i = 0; i < buckets; i++) value.positiveBuckets.push(i + 1);
  return value;
}

test.each([
  ['no spans, no buckets', [], 0, true],
  ['a span of its buckets', [[-3, 2]], 2, true],
  [
    'two spans',
    [
      [0, 1],
      [4, 2],
    ],
    3,
    true,
  ],
  ['fewer buckets', [[0, 2]], 1, false],
  ['more buckets', [[0, 2]], 3, false],
  [
    'a later span that goes back',
    [
      [0, 1],
      [-1, 1],
    ],
    2,
    false,
  ],
  ['an index beyond 32 bits', [[2 ** 31, 1]], 1, false],
  ['an endless span', [[0, 0xffff_ffff]], 1, false],
] as const)('spans: %s', (_, spans, buckets, isGood) => {
  const columns = makeHistogramColumns();
  const good = histogram([[7, 1]], 1);
  for (const value of [good, histogram(spans, buckets), good]) {
    columns.refs.push(columns.refs.length);
    columns.times.push(5);
    columns.values.push(value);
  }
  const fault = dropBadHistograms(columns);
  expect(fault === undefined).toBe(isGood);
  expect([...columns.refs.view()]).toEqual(isGood ? [0, 1, 2] : [0, 2]);
  expect(columns.values.length).toBe(isGood ? 3 : 2);
  const last = new HistogramValue();
  columns.values.load(columns.values.length - 1, last);
  expect(last.positiveSpanOffsets.at(0)).toBe(7);
});

test('histograms at infinite times go', () => {
  const columns = makeHistogramColumns();
  for (const time of [Infinity, 1]) {
    columns.refs.push(1);
    columns.times.push(time);
    columns.values.push(histogram([], 0));
  }
  expect(dropBadHistograms(columns)).toMatch(/1 histograms/);
  expect([...columns.times.view()]).toEqual([1]);
});
