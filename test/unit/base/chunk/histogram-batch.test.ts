// Many histograms in columns.

import { expect, test } from 'vitest';
import { HistogramBatch } from '../../../../src/base/chunk/histogram-batch.ts';
import { HistogramValue, RESET_GAUGE } from '../../../../src/base/chunk/histogram-value.ts';

function some(seed: number): HistogramValue {
  const value = new HistogramValue();
  value.isFloat = seed % 2 === 1;
  value.resetHint = RESET_GAUGE;
  value.schema = -53;
  value.zeroThreshold = 0.001 * seed;
  value.zeroCount = seed;
  value.count = 2 ** 53 - seed;
  value.sumLow = 0x80000002;
  value.sumHigh = 0xfff00000 + seed;
  for (let i = 0; i < seed; i++) {
    value.positiveSpanOffsets.push(-i);
    value.positiveSpanLengths.push(0xffffffff - i);
    value.negativeBuckets.push(i + 0.5);
    value.customValues.push(i * 3);
  }
  value.negativeSpanOffsets.push(seed);
  value.negativeSpanLengths.push(1);
  value.positiveBuckets.push(-seed);
  return value;
}

test('what was pushed is loaded again, in any order, and nothing after a clear', () => {
  const batch = new HistogramBatch();
  for (let round = 0; round < 2; round++) {
    for (let seed = 0; seed < 40; seed++) batch.push(some(seed));
    expect(batch.length).toBe(40);
    const value = new HistogramValue();
    for (const index of [39, 0, 7, 8]) {
      batch.load(index, value);
      const want = some(index);
      for (const key of Object.keys(want) as (keyof HistogramValue)[]) {
        const [found, expected] = [value[key], want[key]];
        if (typeof expected === 'object' && typeof found === 'object')
          expect([...found.view()]).toEqual([...expected.view()]);
        else expect(found).toBe(expected);
      }
    }
    batch.clear();
    expect(batch.length).toBe(0);
  }
});
