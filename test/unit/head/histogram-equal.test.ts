import { describe, expect, test } from 'vitest';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { histogramsEqual } from '../../../src/head/histogram-equal.ts';

/** Spans as [offset, length], buckets as deltas (or counts, for a float histogram). */
function histogram(
  spans: readonly (readonly [number, number])[],
  buckets: readonly number[],
  changes: Partial<
    Pick<HistogramValue, 'isFloat' | 'count' | 'sumLow' | 'sumHigh' | 'resetHint'>
  > = {},
): HistogramValue {
  const value = Object.assign(new HistogramValue(), { count: 3, ...changes });
  for (const [offset, length] of spans) {
    value.positiveSpanOffsets.push(offset);
    value.positiveSpanLengths.push(length);
  }
  for (const bucket of buckets) value.positiveBuckets.push(bucket);
  return value;
}

/** A float histogram whose counts and bucket are NaNs with this payload. */
function withNaNs(high: number): HistogramValue {
  const cells = new Float64Array(1);
  new Uint32Array(cells.buffer)[1] = high;
  const [count = 0] = cells;
  const value = histogram([[0, 1]], [count], { isFloat: true, count });
  value.zeroCount = count;
  return value;
}

describe('two histograms are the same sample', () => {
  const plain = histogram([[0, 2]], [1, 1]);

  test.each([
    [
      'spans cut differently',
      histogram(
        [
          [0, 1],
          [0, 1],
        ],
        [1, 1],
      ),
    ],
    ['an empty bucket between', histogram([[-1, 3]], [0, 1, 1])],
    ['another reset hint', histogram([[0, 2]], [1, 1], { resetHint: 1 })],
  ])('with %s', (_, other) => {
    expect(histogramsEqual(plain, other)).toBe(true);
  });

  test.each([
    ['another count in a bucket', histogram([[0, 2]], [1, 2])],
    ['buckets at another place', histogram([[1, 2]], [1, 1])],
    ['another sum', histogram([[0, 2]], [1, 1], { sumLow: 1 })],
    ['another count', histogram([[0, 2]], [1, 1], { count: 4 })],
    ['floats', histogram([[0, 2]], [1, 2], { isFloat: true })],
  ])('not with %s', (_, other) => {
    expect(histogramsEqual(plain, other)).toBe(false);
  });

  test('with NaNs where a float histogram may have them, by their bits', () => {
    expect(histogramsEqual(withNaNs(0x7ff80001), withNaNs(0x7ff80001))).toBe(true);
    expect(histogramsEqual(withNaNs(0x7ff80001), withNaNs(0x7ff80002))).toBe(false);
  });

  test('not when a bucket is -0 and the other has none', () => {
    const minus = histogram([[0, 1]], [-0], { isFloat: true });
    expect(histogramsEqual(minus, minus)).toBe(true);
    expect(histogramsEqual(minus, histogram([[0, 1]], [0], { isFloat: true }))).toBe(false);
  });

  test('when both are stale, whatever else they hold', () => {
    const stale = { sumHigh: 0x7ff00000, sumLow: 2 };
    expect(histogramsEqual(histogram([], [], stale), histogram([[0, 1]], [4], stale))).toBe(true);
  });
});
