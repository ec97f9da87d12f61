// A few small histograms for tests of the head, and what tells them apart.

import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { isStale, STALE_HIGH, STALE_LOW } from '../../../src/base/chunk/stale.ts';

/** Integer or float, counter or gauge, wide or narrow, or stale, by a small number. */
export function histogramSample(number: number): HistogramValue {
  const value = new HistogramValue();
  value.isFloat = number % 2 === 1;
  value.schema = number % 5 === 0 ? 1 : 0;
  value.sumLow = number;
  value.sumHigh = 0x40000000;
  if (number % 7 === 6) {
    value.sumLow = STALE_LOW;
    value.sumHigh = STALE_HIGH;
    return value;
  }
  const buckets = 1 + (number % 3);
  value.positiveSpanOffsets.push(number % 4);
  value.positiveSpanLengths.push(buckets);
  let count = 0;
  for (let i = 0; i < buckets; i++) {
    const absolute = number + 1;
    value.positiveBuckets.push(value.isFloat ? absolute : i === 0 ? absolute : 0);
    count += absolute;
  }
  value.zeroThreshold = 0.001;
  value.zeroCount = number;
  value.count = count + number;
  return value;
}

/** What identifies a histogram by content. */
export function histogramKey(value: HistogramValue): string {
  const kind = value.isFloat ? 'float' : 'integer';
  const sum = `${value.sumHigh >>> 0}:${value.sumLow >>> 0}`;
  if (isStale(value.sumLow, value.sumHigh)) return `${kind} stale`;
  const cells: string[] = [];
  let index = 0;
  let at = 0;
  let count = 0;
  for (let span = 0; span < value.positiveSpanOffsets.length; span++) {
    index += value.positiveSpanOffsets.at(span);
    for (let i = 0; i < value.positiveSpanLengths.at(span); i++, index++, at++) {
      const cell = value.positiveBuckets.at(at);
      count = value.isFloat ? cell : count + cell;
      if (count !== 0) cells.push(`${index}=${count}`);
    }
  }
  return [kind, value.schema, sum, value.zeroCount, value.count, ...cells].join(' ');
}
