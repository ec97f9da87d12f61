import { expect, test } from 'vitest';
import { HistogramValue } from '../../../../src/base/chunk/histogram-value.ts';
import { histogramText } from '../../../../src/base/model/histogram-text.ts';

test('buckets come from the lowest to the highest, empty ones left out', () => {
  const value = new HistogramValue();
  value.schema = 0;
  value.count = 12;
  value.sumHigh = 0x4029_0000; // 12.5
  value.zeroThreshold = 0.001;
  value.zeroCount = 2;
  value.positiveSpanOffsets.push(0);
  value.positiveSpanLengths.push(2);
  value.positiveSpanOffsets.push(1);
  value.positiveSpanLengths.push(1);
  for (const delta of [3, -3, 4]) value.positiveBuckets.push(delta); // 3, 0, 4
  value.negativeSpanOffsets.push(1);
  value.negativeSpanLengths.push(2);
  for (const delta of [1, 1]) value.negativeBuckets.push(delta); // 1, 2
  expect(histogramText(value)).toBe(
    '{count:12, sum:12.5, [-4,-2):2, [-2,-1):1, [-0.001,0.001]:2, (0.5,1]:3, (4,8]:4}',
  );
});

test('custom buckets take their bounds from the list', () => {
  const value = new HistogramValue();
  value.isFloat = true;
  value.schema = -53;
  value.count = 4.5;
  for (const bound of [0.1, 5]) value.customValues.push(bound);
  value.positiveSpanOffsets.push(0);
  value.positiveSpanLengths.push(3);
  for (const count of [1, 0.5, 3]) value.positiveBuckets.push(count);
  expect(histogramText(value)).toBe('{count:4.5, sum:0, [-Inf,0.1]:1, (0.1,5]:0.5, (5,+Inf]:3}');
});
