import { describe, expect, it } from 'vitest';
import { ChunkBuilder } from '../../../src/base/chunk/chunk-builder.ts';
import { HistogramValue, RESET_GAUGE } from '../../../src/base/chunk/histogram-value.ts';
import type { TimedChunk } from '../../../src/base/chunk/merge-chunks.ts';
import { highBitsOf, lowBitsOf } from '../../../src/base/chunk/xor-cells.ts';
import type { ChunkToWrite } from '../../../src/block/block-sink.ts';
import { AggregateDownsampler } from '../../../src/downsample/aggregate-series.ts';
import { RawDownsampler } from '../../../src/downsample/raw-series.ts';
import { placed, plainAggregate } from '../../support/aggregate-samples.ts';
import { floatChunk } from '../../support/float-chunks.ts';

const MINUTE = 60_000;

function floats(samples: readonly (readonly [number, number])[]): TimedChunk[] {
  const builder = new ChunkBuilder();
  for (const [timeMs, value] of samples)
    builder.addFloat(timeMs, lowBitsOf(value), highBitsOf(value));
  return builder.take().map(placed);
}

/** A histogram of one bucket. */
function histogram(count: number, change: Partial<HistogramValue> = {}): HistogramValue {
  const value = Object.assign(new HistogramValue(), { isFloat: true, count }, change);
  value.sumHigh = change.sumHigh ?? highBitsOf(count) >>> 0;
  value.positiveSpanOffsets.push(1);
  value.positiveSpanLengths.push(1);
  value.positiveBuckets.push(count);
  return value;
}

function histograms(samples: readonly (readonly [number, HistogramValue])[]): TimedChunk[] {
  const builder = new ChunkBuilder();
  for (const [timeMs, value] of samples) builder.addHistogram(timeMs, value);
  return builder.take().map(placed);
}

/** Each chunk as its counts and the counts of sum and counter. */
function shown(made: readonly ChunkToWrite[]): unknown[] {
  return made.map((chunk) => {
    const { count, counter, sum } = plainAggregate(chunk);
    return [
      count?.map(({ value }) => value),
      sum?.map((one) => one.histogram?.count ?? one.value),
      counter?.map((one) => one.histogram?.count ?? one.value),
    ];
  });
}

describe('a raw series', () => {
  const downsampler = new RawDownsampler(5 * MINUTE);

  it('without a number in it has no aggregates', () => {
    expect(downsampler.series([])).toEqual([]);
    expect(
      downsampler.series(
        floats([
          [1, Number.NaN],
          [2, Number.NaN],
        ]),
      ),
    ).toEqual([]);
    const stale = new HistogramValue();
    Object.assign(stale, { sumLow: 2, sumHigh: 0x7ff0_0000 });
    expect(downsampler.series(histograms([[1, stale]]))).toEqual([]);
  });

  it('of a single sample has it in every part, a counter three times', () => {
    const [chunk] = downsampler.series(floats([[7, 3]]));
    const parts = Object.entries(plainAggregate(chunk!)).map(([name, samples]) => [
      name,
      samples!.map(({ timeMs, value }) => [timeMs, value]),
    ]);
    expect(Object.fromEntries(parts)).toEqual({
      count: [[7, 1]],
      sum: [[7, 3]],
      min: [[7, 3]],
      max: [[7, 3]],
      counter: [
        [7, 3],
        [7, 3],
        [7, 3],
      ],
    });
  });

  it('before 1970 is like one after it', () => {
    const at = (startMs: number) => floats([0, 1, 5, 6].map((i) => [startMs + i * MINUTE, i]));
    const [early] = downsampler.series(at(-600_000 * MINUTE));
    const [late] = downsampler.series(at(600_000 * MINUTE));
    expect(shown([early!])).toEqual(shown([late!]));
    expect(early!.minTimeMs).toBe(-600_000 * MINUTE + 5 * MINUTE - 1);
  });

  it('of floats and histograms by turns has chunks of each', () => {
    const made = downsampler.series([
      ...floats([
        [0, 1],
        [MINUTE, 2],
      ]),
      ...histograms([[2 * MINUTE, histogram(7)]]),
      ...floats([[3 * MINUTE, 9]]),
    ]);
    expect(made.map(({ minTimeMs, maxTimeMs }) => [minTimeMs, maxTimeMs])).toEqual([
      [MINUTE, MINUTE],
      [2 * MINUTE, 2 * MINUTE],
      [3 * MINUTE, 3 * MINUTE],
    ]);
    expect(shown(made)).toEqual([
      [[2], [3], [1, 2, 2]],
      [[1], [7], [7]],
      [[1], [9], [9, 9, 9]],
    ]);
  });

  it('refuses chunks that overlap', () => {
    expect(() => downsampler.series([floatChunk([1, 5], 1), floatChunk([4, 6], 1)])).toThrow(
      'do not rise',
    );
    const value = histogram(3);
    const first = histograms([
      [1, value],
      [5, value],
    ]);
    expect(() => downsampler.series([...first, ...histograms([[4, value]])])).toThrow(
      'do not rise',
    );
  });

  it('goes on after one that was refused', () => {
    expect(() => downsampler.series([floatChunk([1, 5], 1), floatChunk([4, 6], 1)])).toThrow();
    expect(shown(downsampler.series(floats([[7, 3]])))).toEqual([[[1], [3], [3, 3, 3]]]);
  });
});

describe('histograms that Thanos loses are kept:', () => {
  const downsampler = new RawDownsampler(5 * MINUTE);

  it('those before the zero threshold changes', () => {
    const wider = { zeroThreshold: 0.25 };
    const made = downsampler.series(
      histograms([
        [0, histogram(1)],
        [5 * MINUTE, histogram(2)],
        [10 * MINUTE, histogram(4, wider)],
        [15 * MINUTE, histogram(5, wider)],
      ]),
    );
    expect(shown(made)).toEqual([
      [
        [1, 1],
        [1, 2],
        [1, 2],
      ],
      [
        [1, 1],
        [4, 5],
        [4, 5],
      ],
    ]);
  });

  it('those before gauges come', () => {
    const gauge = { resetHint: RESET_GAUGE };
    const made = downsampler.series(
      histograms([
        [0, histogram(9)],
        [5 * MINUTE, histogram(8, gauge)],
        [10 * MINUTE, histogram(3, gauge)],
      ]),
    );
    expect(shown(made)).toEqual([
      [[1], [9], [9]],
      [
        [1, 1],
        [8, 3],
        [8, 3],
      ],
    ]);
  });

  it('those before bounds change', () => {
    const custom = (count: number, bound: number) => {
      const value = histogram(count, { schema: -53 });
      value.positiveSpanOffsets.set(0, 0);
      value.customValues.push(bound);
      return value;
    };
    const made = downsampler.series(
      histograms([
        [0, custom(1, 2)],
        [5 * MINUTE, custom(2, 3)],
      ]),
    );
    expect(shown(made)).toEqual([
      [[1], [1], [1]],
      [[1], [2], [2]],
    ]);
  });

  it('those whose sum is no number', () => {
    const broken = { sumHigh: 0x7ff8_0000, sumLow: 1 };
    const made = downsampler.series(
      histograms([
        [0, histogram(1, broken)],
        [MINUTE, histogram(3, broken)],
      ]),
    );
    expect(shown(made)).toEqual([[[2], [4], [3]]]);
  });
});

describe('a series of aggregates', () => {
  const hourly = new AggregateDownsampler({ fromMs: 5 * MINUTE, toMs: 60 * MINUTE });
  const raw = new RawDownsampler(5 * MINUTE);

  it('may have raw chunks among them, and empty ones', () => {
    const [empty] = floats([[5, 1]]);
    const made = hourly.series([
      { ...empty!, count: 0 },
      ...raw.series(floats([[10 * MINUTE, 1]])).map(placed),
      ...floats([
        [20 * MINUTE, 2],
        [21 * MINUTE, 5],
      ]),
    ]);
    expect(shown(made)).toEqual([[[3], [8], [1, 5, 5]]]);
  });

  it('sees a counter begin again between two chunks', () => {
    const chunks = [
      ...raw.series(
        floats([
          [0, 100],
          [MINUTE, 110],
        ]),
      ),
      ...raw.series(
        floats([
          [70 * MINUTE, 4],
          [71 * MINUTE, 9],
        ]),
      ),
    ];
    const [made, ...more] = hourly.series(chunks.map(placed));
    expect(more).toEqual([]);
    // 110, then 4 and 5 more; framed by the first and the last raw value.
    const { counter } = plainAggregate(made!);
    expect(counter!.map(({ value }) => value)).toEqual([100, 110, 119, 9]);
  });

  it('comes to an end when there are fewer chunks than Thanos wants to make', () => {
    const samples = Array.from({ length: 400 }, (_, i) => [i * 60 * MINUTE, 1] as const);
    const [chunk, ...more] = raw.series(floats(samples)).map(placed);
    expect(more).toEqual([]);
    // With windows so far apart it is 400 windows, which wants three chunks.
    const spread = new AggregateDownsampler({ fromMs: 60 * MINUTE, toMs: 60 * MINUTE });
    const made = spread.series([chunk!]);
    expect(made.map(({ sampleCount }) => sampleCount)).toEqual([400]);
  });

  it('refuses one whose parts are not where the index says', () => {
    const [chunk] = raw
      .series(
        floats([
          [0, 1],
          [10 * MINUTE, 2],
        ]),
      )
      .map(placed);
    expect(() => hourly.series([{ ...chunk!, maxTimeMs: chunk!.maxTimeMs - 1 }])).toThrow('rise');
    expect(() => hourly.series([{ ...chunk!, minTimeMs: chunk!.minTimeMs + 1 }])).toThrow('rise');
  });
});
