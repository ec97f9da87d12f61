// Aggregates of floats against brute force over the raw samples: gaps, resets, stale markers, NaN,
// infinities.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { ChunkBuilder } from '../../../src/base/chunk/chunk-builder.ts';
import { FloatSamples } from '../../../src/base/chunk/float-samples.ts';
import { highBitsOf, lowBitsOf } from '../../../src/base/chunk/xor-cells.ts';
import type { ChunkToWrite } from '../../../src/block/block-sink.ts';
import { partsOf, readEntry } from '../../../src/downsample/aggregate-entries.ts';
import { AggregateDownsampler } from '../../../src/downsample/aggregate-series.ts';
import { counterValues } from '../../../src/downsample/counter-values.ts';
import { RawDownsampler } from '../../../src/downsample/raw-series.ts';
import { type PlainAggregate, placed, plainAggregate } from '../../support/aggregate-samples.ts';
import { DOWNSAMPLE_TIMEOUT_MS, downsampleRuns } from '../../support/runs-of.ts';

vi.setConfig({ testTimeout: DOWNSAMPLE_TIMEOUT_MS });

const MINUTES_5 = 300_000;
const HOUR = 3_600_000;
const COUNTER = 4;

interface Sample {
  readonly timeMs: number;
  readonly value: number;
  readonly isStale?: boolean;
}

/** A day or two, with whatever may happen to a series in it. */
function seriesOf(values: fc.Arbitrary<number>): fc.Arbitrary<Sample[]> {
  const gap = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(60_000, 60_000, 60_000, 15_000, 60_001) },
    fc.constantFrom(299_999, 300_000, 3_000_000, 40_000_000),
  );
  const event = fc.oneof(
    { weight: 30, arbitrary: fc.constant('none') },
    fc.constantFrom('stale', 'nan'),
  );
  return fc
    .tuple(
      fc.integer({ min: -3, max: 3 }),
      fc.array(fc.tuple(gap, values, event), { minLength: 1, maxLength: 700, size: 'max' }),
    )
    .map(([startDays, steps]) => {
      let timeMs = startDays * 86_400_000 - 1;
      return steps.map(([gapMs, value, what]) => {
        timeMs += gapMs;
        return { timeMs, value: what === 'nan' ? Number.NaN : value, isStale: what === 'stale' };
      });
    });
}

const gauges = seriesOf(
  fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((n) => n / 10) },
    fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1.7e308),
  ),
);
/** Whole numbers that rise and now and then begin again: sums of them are exact. */
const counters = seriesOf(fc.constantFrom(0, 1, 5, 1000)).chain((samples) =>
  fc.array(fc.boolean(), { minLength: samples.length, maxLength: samples.length }).map((resets) => {
    let count = 0;
    return samples.map((sample, i) => {
      count = resets[i] === true && i % 7 === 0 ? sample.value : count + sample.value;
      return { ...sample, value: Number.isNaN(sample.value) ? sample.value : count };
    });
  }),
);

function chunksOf(samples: readonly Sample[]) {
  const builder = new ChunkBuilder();
  for (const { timeMs, value, isStale } of samples)
    if (isStale === true) builder.addFloat(timeMs, 2, 0x7ff0_0000);
    else builder.addFloat(timeMs, lowBitsOf(value), highBitsOf(value));
  return builder.take().map(placed);
}

const windowOf = (timeMs: number, lengthMs: number): number => Math.floor(timeMs / lengthMs);
/** The first of 0 and -0 stays, which Math.min would not do. */
function lesser(a: number, b: number): number {
  if (b < a) return b;
  return a;
}

function greater(a: number, b: number): number {
  if (b > a) return b;
  return a;
}

const fold = (values: readonly number[], f: (a: number, b: number) => number): number =>
  values.slice(1).reduce(f, values[0] ?? Number.NaN);

/** Samples that count, by window. */
function windowsOf(samples: readonly Sample[], lengthMs: number): Map<number, Sample[]> {
  const windows = new Map<number, Sample[]>();
  for (const sample of samples) {
    if (sample.isStale === true || Number.isNaN(sample.value)) continue;
    const window = windowOf(sample.timeMs, lengthMs);
    windows.set(window, [...(windows.get(window) ?? []), sample]);
  }
  return windows;
}

function expectCounter(plain: PlainAggregate, raw: readonly Sample[]): void {
  const [first, ...rest] = plain.counter!;
  const last = rest.pop()!;
  const own = raw.filter(({ timeMs }) => timeMs >= first!.timeMs && timeMs <= last.timeMs);
  expect(first!.value).toBe(own[0]!.value);
  expect(last.value).toBe(own.at(-1)!.value);
  let counted = own[0]!.value;
  let at = 1;
  for (const { timeMs, value } of rest) {
    for (; at < own.length && own[at]!.timeMs <= timeMs; at++) {
      const [before, now] = [own[at - 1]!.value, own[at]!.value];
      counted += now < before ? now : now - before;
    }
    expect(value).toBe(counted);
  }
  expect(at).toBe(own.length);
}

test.each([
  ['gauges', gauges],
  ['counters', counters],
])('%s: each 5m window is what its samples come to', (_, arbitrary) => {
  const downsampler = new RawDownsampler(MINUTES_5);
  fc.assert(
    fc.property(arbitrary, (samples) => {
      const made = downsampler.series(chunksOf(samples));
      const windows = windowsOf(samples, MINUTES_5);
      const numbers = [...windows.values()].flat();
      let seen = 0;
      for (const chunk of made) {
        const plain = plainAggregate(chunk);
        expect(chunk.sampleCount).toBe(plain.count!.length);
        plain.count!.forEach(({ timeMs, value }, i) => {
          const own = windows.get(windowOf(timeMs, MINUTES_5))!;
          const values = own.map((one) => one.value);
          const isLast = i + 1 === plain.count!.length;
          const endMs = (windowOf(timeMs, MINUTES_5) + 1) * MINUTES_5 - 1;
          expect(timeMs).toBe(isLast ? own.at(-1)!.timeMs : endMs);
          expect(value).toBe(values.length);
          expect(plain.sum![i]!.value).toBe(values.reduce((a, b) => a + b, 0));
          expect(plain.min![i]!.value).toBe(fold(values, lesser));
          expect(plain.max![i]!.value).toBe(fold(values, greater));
          seen++;
        });
        expect([chunk.minTimeMs, chunk.maxTimeMs]).toEqual([
          plain.count![0]!.timeMs,
          plain.count!.at(-1)!.timeMs,
        ]);
        expectCounter(plain, numbers);
      }
      expect(seen).toBe(windows.size);
    }),
    downsampleRuns(60),
  );
});

/** The total of a part by hour. */
function byHour(
  made: readonly ChunkToWrite[],
  part: 'count' | 'min' | 'max',
  f: (a: number, b: number) => number,
): Map<number, number> {
  const hours = new Map<number, number>();
  for (const chunk of made)
    for (const { timeMs, value } of plainAggregate(chunk)[part]!) {
      const before = hours.get(windowOf(timeMs, HOUR));
      hours.set(windowOf(timeMs, HOUR), before === undefined ? value : f(before, value));
    }
  return hours;
}

test('counters: an hour made of 5m windows is what its samples come to', () => {
  const raw = new RawDownsampler(MINUTES_5);
  const hourly = new AggregateDownsampler({ fromMs: MINUTES_5, toMs: HOUR });
  fc.assert(
    fc.property(counters, (samples) => {
      const made = hourly.series(raw.series(chunksOf(samples)).map(placed));
      const windows = windowsOf(samples, HOUR);
      const wanted = (f: (values: number[]) => number): Map<number, number> =>
        new Map([...windows].map(([hour, own]) => [hour, f(own.map(({ value }) => value))]));
      expect(byHour(made, 'count', (a, b) => a + b)).toEqual(wanted(({ length }) => length));
      expect(byHour(made, 'min', Math.min)).toEqual(wanted((values) => Math.min(...values)));
      expect(byHour(made, 'max', Math.max)).toEqual(wanted((values) => Math.max(...values)));
      // What the counter counted, over all borders of chunks.
      const numbers = [...windows.values()].flat();
      let counted = numbers[0]?.value ?? 0;
      numbers.slice(1).forEach(({ value }, i) => {
        counted += value < numbers[i]!.value ? value : value - numbers[i]!.value;
      });
      const total = new FloatSamples();
      counterValues(
        partsOf(
          made.map((one) => readEntry(placed(one))),
          COUNTER,
          HOUR,
        ),
        total,
      );
      expect(total.length === 0 ? 0 : total.value(total.length - 1)).toBe(counted);
    }),
    downsampleRuns(60),
  );
});

test('in WebAssembly and in TypeScript the chunks are the same bytes', () => {
  const kernel = new RawDownsampler(MINUTES_5);
  const script = new RawDownsampler(MINUTES_5, { scriptOnly: true });
  fc.assert(
    fc.property(fc.oneof(gauges, counters), (samples) => {
      const chunks = chunksOf(samples);
      expect(kernel.series(chunks)).toEqual(script.series(chunks));
    }),
    downsampleRuns(150),
  );
});
