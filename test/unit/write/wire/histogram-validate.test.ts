import { describe, expect, test } from 'vitest';
import { HistogramValue } from '../../../../src/base/chunk/histogram-value.ts';
import {
  FAULT_BOUNDS_NOT_FINITE,
  FAULT_BOUNDS_TOO_FEW,
  FAULT_BOUNDS_UNEXPECTED,
  FAULT_BOUNDS_UNSORTED,
  FAULT_BUCKET_INDEX,
  FAULT_COUNT,
  FAULT_COUNT_TOO_SMALL,
  FAULT_CUSTOM_EXTRAS,
  FAULT_INEXACT,
  FAULT_NEGATIVE_BUCKET,
  FAULT_NEGATIVE_COUNT,
  FAULT_NONE,
  FAULT_SCHEMA,
  FAULT_SPAN_OFFSET,
  FAULT_SPANS,
  HISTOGRAM_FAULT_REASONS,
} from '../../../../src/write/wire/histogram-fault.ts';
import { reduceToStoredSchema } from '../../../../src/write/wire/histogram-reduce.ts';
import { validateHistogram } from '../../../../src/write/wire/histogram-validate.ts';
import { plainValue } from '../../../support/plain-request.ts';

interface Parts {
  isFloat?: boolean;
  schema?: number;
  count?: number;
  zeroCount?: number;
  zeroThreshold?: number;
  sumHigh?: number;
  sumLow?: number;
  positiveSpans?: [number, number][];
  positive?: number[];
  negativeSpans?: [number, number][];
  negative?: number[];
  custom?: number[];
}

const NAN = 0x7ff80000;

function build(parts: Parts): HistogramValue {
  const value = new HistogramValue();
  const { isFloat = false, schema = 0, count = 0, zeroCount = 0, zeroThreshold = 0 } = parts;
  Object.assign(value, { isFloat, schema, count, zeroCount, zeroThreshold });
  value.sumHigh = parts.sumHigh ?? 0;
  value.sumLow = parts.sumLow ?? 0;
  for (const [offset, length] of parts.positiveSpans ?? []) {
    value.positiveSpanOffsets.push(offset);
    value.positiveSpanLengths.push(length);
  }
  for (const [offset, length] of parts.negativeSpans ?? []) {
    value.negativeSpanOffsets.push(offset);
    value.negativeSpanLengths.push(length);
  }
  for (const bucket of parts.positive ?? []) value.positiveBuckets.push(bucket);
  for (const bucket of parts.negative ?? []) value.negativeBuckets.push(bucket);
  for (const bound of parts.custom ?? []) value.customValues.push(bound);
  return value;
}

const custom = {
  schema: -53,
  custom: [1, 2, 3],
  positiveSpans: [[0, 2]] as [number, number][],
  positive: [1, 1],
  count: 3,
};

const ROWS: [name: string, parts: Parts, fault: number][] = [
  ['an empty histogram', {}, FAULT_NONE],
  [
    'counts that add up',
    {
      count: 9,
      zeroCount: 1,
      positiveSpans: [[-2, 2]],
      positive: [2, 1],
      negativeSpans: [[0, 1]],
      negative: [3],
    },
    FAULT_NONE,
  ],
  [
    'a gap of zero and an empty span',
    {
      count: 2,
      positiveSpans: [
        [3, 1],
        [0, 0],
        [0, 1],
      ],
      positive: [1, 0],
    },
    FAULT_NONE,
  ],
  ['a count too low', { count: 8, zeroCount: 9 }, FAULT_COUNT],
  ['a count too high', { count: 10, zeroCount: 9 }, FAULT_COUNT],
  ['a NaN sum: observations in no bucket', { count: 10, zeroCount: 9, sumHigh: NAN }, FAULT_NONE],
  [
    'a NaN sum: fewer than in the buckets',
    { count: 8, zeroCount: 9, sumHigh: NAN },
    FAULT_COUNT_TOO_SMALL,
  ],
  ['the stale marker', { sumHigh: 0x7ff00000, sumLow: 2 }, FAULT_NONE],
  ['an infinite sum is no NaN', { count: 10, zeroCount: 9, sumHigh: 0x7ff00000 }, FAULT_COUNT],
  ['more spans than buckets', { count: 1, positiveSpans: [[0, 2]], positive: [1] }, FAULT_SPANS],
  ['more buckets than spans', { count: 2, negativeSpans: [[0, 1]], negative: [1, 0] }, FAULT_SPANS],
  [
    'spans of 2^33 buckets',
    {
      positiveSpans: [
        [0, 0xffffffff],
        [0, 0xffffffff],
      ],
    },
    FAULT_BUCKET_INDEX,
  ],
  [
    'a second span that goes back',
    {
      count: 2,
      positiveSpans: [
        [0, 1],
        [-1, 1],
      ],
      positive: [1, 0],
    },
    FAULT_SPAN_OFFSET,
  ],
  [
    'a bucket below zero',
    { count: 0, positiveSpans: [[0, 2]], positive: [1, -2] },
    FAULT_NEGATIVE_BUCKET,
  ],
  [
    'a negative bucket below zero',
    { count: 0, negativeSpans: [[0, 1]], negative: [-1] },
    FAULT_NEGATIVE_BUCKET,
  ],
  [
    'a float bucket below zero',
    { isFloat: true, positiveSpans: [[0, 1]], positive: [-0.5] },
    FAULT_NEGATIVE_BUCKET,
  ],
  [
    'float counts that do not add up',
    { isFloat: true, count: 1, positiveSpans: [[0, 1]], positive: [7] },
    FAULT_NONE,
  ],
  ['a float count below zero', { isFloat: true, count: -1 }, FAULT_NEGATIVE_COUNT],
  ['a float zero count below zero', { isFloat: true, zeroCount: -1 }, FAULT_NEGATIVE_COUNT],
  ['a count of 2^53', { count: 2 ** 53, zeroCount: 2 ** 53 }, FAULT_INEXACT],
  ['the count before that', { count: 2 ** 53 - 1, zeroCount: 2 ** 53 - 1 }, FAULT_NONE],
  ['a count beyond 2^53', { count: Number.POSITIVE_INFINITY }, FAULT_INEXACT],
  [
    'a delta beyond 2^53',
    { positiveSpans: [[0, 1]], positive: [Number.POSITIVE_INFINITY] },
    FAULT_INEXACT,
  ],
  [
    'deltas beyond 2^53 both ways',
    { positiveSpans: [[0, 2]], positive: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] },
    FAULT_INEXACT,
  ],
  [
    'buckets that add up beyond 2^53',
    { count: 1, positiveSpans: [[0, 2]], positive: [2 ** 53 - 1, 0] },
    FAULT_INEXACT,
  ],
  ['schema -5', { schema: -5 }, FAULT_SCHEMA],
  ['schema 53', { schema: 53 }, FAULT_SCHEMA],
  ['schema -52', { schema: -52 }, FAULT_SCHEMA],
  ['schema 52', { schema: 52 }, FAULT_NONE],
  ['custom buckets', { ...custom, positive: [1, 1] }, FAULT_NONE],
  ['custom bounds that begin with -Inf', { ...custom, custom: [-Infinity, 2, 3] }, FAULT_NONE],
  ['custom bounds out of order', { ...custom, custom: [1, 3, 2] }, FAULT_BOUNDS_UNSORTED],
  ['custom bounds twice', { ...custom, custom: [1, 1] }, FAULT_BOUNDS_UNSORTED],
  ['a custom bound of +Inf', { ...custom, custom: [1, Infinity] }, FAULT_BOUNDS_NOT_FINITE],
  ['a custom bound of NaN', { ...custom, custom: [1, Number.NaN] }, FAULT_BOUNDS_NOT_FINITE],
  ['one bucket more than bounds', { ...custom, custom: [1] }, FAULT_NONE],
  ['two buckets more than bounds', { ...custom, custom: [] }, FAULT_BOUNDS_TOO_FEW],
  ['custom buckets with a zero bucket', { ...custom, zeroCount: 1, count: 4 }, FAULT_CUSTOM_EXTRAS],
  ['custom buckets with a zero threshold', { ...custom, zeroThreshold: 1 }, FAULT_CUSTOM_EXTRAS],
  [
    'custom buckets with negative spans',
    { ...custom, negativeSpans: [[0, 0]] },
    FAULT_CUSTOM_EXTRAS,
  ],
  [
    'custom buckets from a negative index',
    { ...custom, positiveSpans: [[-1, 2]] },
    FAULT_SPAN_OFFSET,
  ],
  ['custom buckets whose counts disagree', { ...custom, count: 4 }, FAULT_COUNT],
  ['custom bounds with schema 0', { custom: [1] }, FAULT_BOUNDS_UNEXPECTED],
];

describe('validateHistogram', () => {
  test.each(ROWS)('%s', (_, parts, fault) => {
    expect(HISTOGRAM_FAULT_REASONS[validateHistogram(build(parts))]).toBe(
      HISTOGRAM_FAULT_REASONS[fault],
    );
  });
});

describe('reduceToStoredSchema', () => {
  test('merges what falls into one bucket, keeping gaps', () => {
    // Schema 9 buckets -1 … 4 and 9: in schema 8 they are 0, 0, 1, 1, 2, 2 and 5.
    const value = build({
      schema: 9,
      count: 28,
      positiveSpans: [
        [-1, 6],
        [4, 1],
      ],
      positive: [1, 1, 1, 1, 1, 1, 1],
    });
    reduceToStoredSchema(value);
    expect(plainValue(value)).toMatchObject({
      schema: 8,
      positiveSpans: [
        [0, 3],
        [2, 1],
      ],
      positiveBuckets: [3, 4, 4, -4],
    });
    expect(validateHistogram(value)).toBe(FAULT_NONE);
  });

  test('float counts are added', () => {
    const value = build({
      isFloat: true,
      schema: 52,
      negativeSpans: [[1, 3]],
      negative: [1, 2, 4],
    });
    reduceToStoredSchema(value);
    expect(plainValue(value)).toMatchObject({ negativeSpans: [[1, 1]], negativeBuckets: [7] });
  });

  test('leaves schema 8 alone', () => {
    const value = build({ schema: 8, positiveSpans: [[0, 1]], positive: [1], count: 1 });
    reduceToStoredSchema(value);
    expect(plainValue(value)).toMatchObject({ schema: 8, positiveSpans: [[0, 1]] });
  });
});
