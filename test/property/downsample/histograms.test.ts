// Aggregates of histograms of every kind against brute force over maps of buckets: integers and
// floats, gauges, custom bounds, resets, changing schemas and thresholds, stale markers.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { ChunkBuilder } from '../../../src/base/chunk/chunk-builder.ts';
import { HistogramValue, RESET_GAUGE } from '../../../src/base/chunk/histogram-value.ts';
import { AggregateDownsampler } from '../../../src/downsample/aggregate-series.ts';
import { RawDownsampler } from '../../../src/downsample/raw-series.ts';
import { placed, plainAggregate } from '../../support/aggregate-samples.ts';
import {
  addBuckets,
  isReset,
  type PlainBuckets,
  plainBuckets,
  populated,
} from '../../support/plain-buckets.ts';
import { DOWNSAMPLE_TIMEOUT_MS, downsampleRuns } from '../../support/runs-of.ts';
import { fill, series } from '../chunk/arbitrary-histograms.ts';

vi.setConfig({ testTimeout: DOWNSAMPLE_TIMEOUT_MS });

const MINUTES_5 = 300_000;
const HOUR = 3_600_000;
const START_MS = 1_793_836_800_000;

interface Raw {
  readonly timeMs: number;
  readonly value: HistogramValue;
}

/** The series in chunks, and its histograms that are no stale markers. */
function seriesOf(plain: Parameters<typeof fill>[0][], stretch: number) {
  const builder = new ChunkBuilder(7);
  const raw: Raw[] = [];
  for (const one of plain) {
    const value = new HistogramValue();
    fill(one, value);
    const timeMs = START_MS + one.timeMs * stretch;
    builder.addHistogram(timeMs, value);
    if (!one.stale) raw.push({ timeMs, value });
  }
  return { chunks: builder.take().map(placed), raw };
}

function total(values: readonly HistogramValue[], schema: number): PlainBuckets {
  const sum: PlainBuckets = new Map();
  for (const value of values) addBuckets(sum, plainBuckets(value, schema));
  return sum;
}

/** What a counter shows at the end of these, which its chunk begins with. */
function counted(values: readonly HistogramValue[], schema: number): PlainBuckets {
  const counter: PlainBuckets = new Map();
  values.forEach((now, i) => {
    addBuckets(counter, plainBuckets(now, schema));
    const before = values[i - 1];
    if (before === undefined) return;
    const isNew = now.resetHint !== RESET_GAUGE && isReset(before, now);
    if (!isNew) addBuckets(counter, plainBuckets(before, schema), -1);
  });
  return counter;
}

test('each 5m window is what its histograms come to', () => {
  const downsampler = new RawDownsampler(MINUTES_5);
  let windows = 0;
  fc.assert(
    fc.property(series, fc.constantFrom(1, 4, 20), (plain, stretch) => {
      const { chunks, raw } = seriesOf(plain, stretch);
      let fromMs = Number.NEGATIVE_INFINITY;
      for (const chunk of downsampler.series(chunks)) {
        const parts = plainAggregate(chunk);
        const chunkFromMs = fromMs;
        expect([parts.min, parts.max]).toEqual([undefined, undefined]);
        expect([chunk.minTimeMs, chunk.maxTimeMs, chunk.sampleCount]).toEqual([
          parts.count![0]!.timeMs,
          parts.count!.at(-1)!.timeMs,
          parts.count!.length,
        ]);
        parts.count!.forEach(({ timeMs, value }, i) => {
          const after = (ms: number) =>
            raw.filter((one) => one.timeMs > ms && one.timeMs <= timeMs);
          const own = after(fromMs).map((one) => one.value);
          const sum = parts.sum![i]!;
          const counter = parts.counter![i]!;
          expect([sum.timeMs, counter.timeMs, value]).toEqual([timeMs, timeMs, own.length]);
          const { schema } = sum.histogram!;
          expect(populated(plainBuckets(sum.histogram!))).toEqual(populated(total(own, schema)));
          const all = after(chunkFromMs).map((one) => one.value);
          expect(populated(plainBuckets(counter.histogram!))).toEqual(
            populated(counted(all, schema)),
          );
          fromMs = timeMs;
          windows++;
        });
      }
      expect(raw.filter(({ timeMs }) => timeMs > fromMs)).toEqual([]);
    }),
    downsampleRuns(400),
  );
  expect(windows).toBeGreaterThan(1000);
});

test('an hour made of 5m windows has what they have', () => {
  const downsampler = new RawDownsampler(MINUTES_5);
  const hourly = new AggregateDownsampler({ fromMs: MINUTES_5, toMs: HOUR });
  fc.assert(
    fc.property(series, fc.constantFrom(4, 20, 100), (plain, stretch) => {
      const { chunks, raw } = seriesOf(plain, stretch);
      let fromMs = Number.NEGATIVE_INFINITY;
      for (const chunk of hourly.series(downsampler.series(chunks).map(placed))) {
        const parts = plainAggregate(chunk);
        parts.count!.forEach(({ timeMs, value }, i) => {
          const own = raw.filter((one) => one.timeMs > fromMs && one.timeMs <= timeMs);
          const sum = parts.sum![i]!.histogram!;
          expect(value).toBe(own.length);
          const wanted = total(
            own.map((one) => one.value),
            sum.schema,
          );
          expect(populated(plainBuckets(sum))).toEqual(populated(wanted));
          expect(parts.counter![i]!.timeMs).toBe(timeMs);
          fromMs = timeMs;
        });
      }
      expect(raw.filter(({ timeMs }) => timeMs > fromMs)).toEqual([]);
    }),
    downsampleRuns(200),
  );
});
