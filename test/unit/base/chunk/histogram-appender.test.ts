// When a histogram goes on in a chunk, when the chunk is recoded, when another begins, and with
// which header: Prometheus's rules, case by case.

import { expect, test } from 'vitest';
import type { ChunkPlace } from '../../../../src/base/chunk/chunk-format.ts';
import { HistogramAppender } from '../../../../src/base/chunk/histogram-appender.ts';
import { headerOfFirst } from '../../../../src/base/chunk/histogram-fit.ts';
import { HistogramReader } from '../../../../src/base/chunk/histogram-reader.ts';
import {
  HistogramValue,
  RESET_GAUGE,
  RESET_NO,
  RESET_UNKNOWN,
  RESET_YES,
} from '../../../../src/base/chunk/histogram-value.ts';
import { STALE_HIGH, STALE_LOW } from '../../../../src/base/chunk/stale.ts';

const UNKNOWN = 0x00;
const NO_RESET = 0x40;
const RESET = 0x80;
const GAUGE = 0xc0;

interface Shape {
  readonly spans?: readonly (readonly [offset: number, length: number])[];
  /** Counts of the buckets. */
  readonly counts?: readonly number[];
  readonly count?: number;
  readonly zeroCount?: number;
  readonly zeroThreshold?: number;
  readonly schema?: number;
  readonly hint?: number;
  readonly stale?: boolean;
  readonly custom?: readonly number[];
}

const BASE: Shape = {
  spans: [[0, 2]],
  counts: [3, 4],
  zeroCount: 1,
};

function histogramOf(shape: Shape, isFloat: boolean): HistogramValue {
  const {
    spans,
    counts,
    zeroCount = 0,
    count,
    hint,
    schema,
    zeroThreshold,
    custom,
    stale,
  } = {
    ...BASE,
    ...shape,
  };
  const value = new HistogramValue();
  value.isFloat = isFloat;
  value.resetHint = hint ?? RESET_UNKNOWN;
  value.schema = schema ?? 0;
  value.zeroThreshold = zeroThreshold ?? 0.001;
  value.zeroCount = zeroCount;
  value.count = count ?? counts!.reduce((sum, n) => sum + n, zeroCount);
  if (stale) [value.sumLow, value.sumHigh] = [STALE_LOW, STALE_HIGH];
  for (const [offset, length] of spans!) {
    value.positiveSpanOffsets.push(offset);
    value.positiveSpanLengths.push(length);
  }
  counts!.forEach((n, i) => {
    value.positiveBuckets.push(isFloat ? n : n - (counts![i - 1] ?? 0));
  });
  for (const bound of custom ?? []) value.customValues.push(bound);
  return value;
}

function begun(shape: Shape, isFloat: boolean): HistogramAppender {
  const appender = new HistogramAppender();
  const value = histogramOf(shape, isFloat);
  appender.begin(isFloat, headerOfFirst(value));
  expect(appender.tryAppend(1000, value)).toBe('appended');
  return appender;
}

function placeOf(appender: HistogramAppender): ChunkPlace {
  const bytes = appender.bytes().slice();
  const { encoding, count } = appender;
  const view = new DataView(bytes.buffer);
  return { encoding, view, base: 0, lengthBytes: bytes.length, count };
}

const C53 = { schema: -53, zeroThreshold: 0, zeroCount: 0 };

/** First histogram, second, what happens, header of the next chunk: integer, float. */
const CASES: [string, Shape, Shape, string, number?, number?][] = [
  ['the same again', {}, {}, 'appended'],
  ['more of all', {}, { counts: [5, 9], zeroCount: 2 }, 'appended'],
  ['a bucket more behind', {}, { spans: [[0, 3]], counts: [3, 4, 0] }, 'recoded'],
  ['a bucket more in front', {}, { spans: [[-1, 3]], counts: [1, 3, 4] }, 'recoded'],
  [
    'a bucket more in between',
    {
      spans: [
        [0, 1],
        [1, 1],
      ],
    },
    { spans: [[0, 3]], counts: [3, 1, 4] },
    'recoded',
  ],
  [
    'an empty bucket less',
    { spans: [[0, 3]], counts: [3, 0, 4] },
    {
      spans: [
        [0, 1],
        [1, 1],
      ],
    },
    'appended',
  ],
  [
    'one less and one more',
    { spans: [[0, 3]], counts: [3, 0, 4] },
    {
      spans: [
        [0, 1],
        [1, 2],
      ],
      counts: [3, 4, 1],
    },
    'recoded',
  ],
  [
    'a bucket that counted is gone',
    {},
    { spans: [[0, 1]], counts: [9] },
    'new_chunk',
    RESET,
    RESET,
  ],
  ['a bucket went down', {}, { counts: [2, 9] }, 'new_chunk', RESET, RESET],
  ['the count went down', {}, { counts: [0, 1] }, 'new_chunk', RESET, RESET],
  ['the zero count went down', {}, { counts: [9, 9], zeroCount: 0 }, 'new_chunk', RESET, RESET],
  ['another schema', {}, { schema: 1 }, 'new_chunk', UNKNOWN, UNKNOWN],
  ['another zero threshold', {}, { zeroThreshold: 0.5 }, 'new_chunk', UNKNOWN, UNKNOWN],
  [
    'other custom bounds',
    { ...C53, custom: [1, 2] },
    { ...C53, custom: [1, 3] },
    'new_chunk',
    RESET,
    RESET,
  ],
  ['a stale marker', {}, { stale: true, counts: [], spans: [], zeroCount: 0 }, 'appended'],
  ['something after a stale marker', { stale: true }, {}, 'new_chunk', UNKNOWN, UNKNOWN],
  ['a reset by its own word', {}, { counts: [9, 9], hint: RESET_YES }, 'new_chunk', RESET, RESET],
  ['a gauge after a counter', {}, { hint: RESET_GAUGE }, 'new_chunk', GAUGE, GAUGE],
  ['a counter after a gauge', { hint: RESET_GAUGE }, {}, 'new_chunk', NO_RESET, UNKNOWN],
  [
    'a gauge that goes down',
    { hint: RESET_GAUGE },
    { hint: RESET_GAUGE, counts: [0, 1] },
    'appended',
  ],
  [
    'a gauge with less buckets',
    { hint: RESET_GAUGE },
    { hint: RESET_GAUGE, spans: [[1, 1]], counts: [4] },
    'appended',
  ],
  [
    'a gauge with other buckets',
    { hint: RESET_GAUGE },
    { hint: RESET_GAUGE, spans: [[7, 1]], counts: [4] },
    'recoded',
  ],
  [
    'a gauge of another schema',
    { hint: RESET_GAUGE },
    { hint: RESET_GAUGE, schema: 3 },
    'new_chunk',
    GAUGE,
    GAUGE,
  ],
];

test.each(CASES)('%s', (_, first, second, outcome, header, floatHeader) => {
  for (const isFloat of [false, true]) {
    const appender = begun(first, isFloat);
    expect(appender.tryAppend(2000, histogramOf(second, isFloat))).toBe(outcome);
    if (outcome === 'new_chunk') expect(appender.nextHeader).toBe(isFloat ? floatHeader : header);
    expect(appender.count).toBe(outcome === 'new_chunk' ? 1 : 2);
  }
});

test('after 120 samples a chunk is full, and the header says what is known', () => {
  for (const isFloat of [false, true]) {
    const appender = begun({}, isFloat);
    for (let i = 2; i <= 120; i++)
      expect(appender.tryAppend(i * 1000, histogramOf({}, isFloat))).toBe('appended');
    expect(appender.tryAppend(121_000, histogramOf({}, isFloat))).toBe('new_chunk');
    expect(appender.nextHeader).toBe(NO_RESET);
    expect(appender.headerAfterCut(histogramOf({ counts: [0, 0] }, isFloat))).toBe(RESET);
    expect(appender.headerAfterCut(histogramOf({ hint: RESET_GAUGE }, isFloat))).toBe(GAUGE);
    expect(appender.headerAfterCut(histogramOf({ schema: 5 }, isFloat))).toBe(
      isFloat ? NO_RESET : UNKNOWN,
    );
    expect(appender.headerAfterCut(histogramOf({}, !isFloat))).toBe(UNKNOWN);
  }
});

test('a float histogram does not go into an integer chunk', () => {
  const appender = begun({}, false);
  expect(appender.tryAppend(2000, histogramOf({}, true))).toBe('new_chunk');
  expect(appender.nextHeader).toBe(UNKNOWN);
});

test('a recode spreads old samples over the new buckets and keeps the header', () => {
  const appender = begun({ hint: RESET_YES }, false);
  const before = appender.bytes();
  const copy = before.slice();
  appender.tryAppend(
    2000,
    histogramOf(
      {
        spans: [
          [-2, 1],
          [1, 2],
        ],
        counts: [7, 3, 4],
      },
      false,
    ),
  );
  expect(appender.header).toBe(RESET);
  expect(appender.changedFrom).toBe(0);
  expect(before).toEqual(copy);
  const reader = new HistogramReader();
  reader.reset(placeOf(appender));
  const value = new HistogramValue();
  reader.next();
  reader.load(value);
  expect([...value.positiveSpanOffsets.view()]).toEqual([-2, 1]);
  expect([...value.positiveBuckets.view()]).toEqual([0, 3, 1]);
});

test('reset hints are those that Prometheus gives when it reads', () => {
  const value = new HistogramValue();
  const hints = (hint: number) => {
    const appender = begun({ hint }, false);
    appender.tryAppend(
      2000,
      histogramOf({ hint: hint === RESET_YES ? RESET_UNKNOWN : hint }, false),
    );
    const reader = new HistogramReader();
    reader.reset(placeOf(appender));
    const found: number[] = [];
    while (reader.next()) {
      reader.load(value);
      found.push(value.resetHint);
    }
    return found;
  };
  expect(hints(RESET_UNKNOWN)).toEqual([RESET_UNKNOWN, RESET_NO]);
  expect(hints(RESET_YES)).toEqual([RESET_UNKNOWN, RESET_NO]);
  expect(hints(RESET_GAUGE)).toEqual([RESET_GAUGE, RESET_GAUGE]);
});

test('counts up to 2^53 are exact, each in a chunk of its own; beyond is refused', () => {
  const large = histogramOf({ counts: [2 ** 52, 2 ** 52], count: Number.MAX_SAFE_INTEGER }, false);
  const appender = begun({}, false);
  expect(appender.tryAppend(2000, large)).toBe('new_chunk');
  appender.begin(false, appender.nextHeader);
  expect(appender.tryAppend(2000, large)).toBe('appended');
  const reader = new HistogramReader();
  reader.reset(placeOf(appender));
  reader.next();
  expect(reader.state.observations).toBe(Number.MAX_SAFE_INTEGER);
  const bytes = appender.bytes().slice();
  expect(() => appender.tryAppend(3000, histogramOf({ count: 2 ** 53 }, false))).toThrow(
    expect.objectContaining({ code: 'unsupported' }),
  );
  expect(appender.bytes()).toEqual(bytes);
});
