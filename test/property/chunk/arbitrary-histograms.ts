// Random series of histograms for the property tests beside this file, as plain objects with a map
// of buckets, and their way into HistogramValue.

import fc from 'fast-check';
import { F64Column } from '../../../src/base/bytes/columns.ts';
import { spansOf } from '../../../src/base/chunk/bucket-fit.ts';
import { negativeSpans, positiveSpans } from '../../../src/base/chunk/histogram-fit.ts';
import type { SpanList } from '../../../src/base/chunk/histogram-layout.ts';
import {
  CUSTOM_BUCKETS_SCHEMA,
  type HistogramValue,
} from '../../../src/base/chunk/histogram-value.ts';
import { STALE_HIGH, STALE_LOW } from '../../../src/base/chunk/stale.ts';
import { highBitsOf, lowBitsOf } from '../../../src/base/chunk/xor-cells.ts';

/** A histogram whose buckets are (index, count), counts as they are. */
export interface PlainHistogram {
  readonly timeMs: number;
  readonly isFloat: boolean;
  readonly stale: boolean;
  readonly resetHint: number;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly sum: number;
  readonly positive: ReadonlyMap<number, number>;
  readonly negative: ReadonlyMap<number, number>;
  readonly customValues: readonly number[];
}

interface Step {
  readonly gapMs: number;
  readonly grow: readonly (readonly [index: number, by: number])[];
  readonly event: 'none' | 'stale' | 'reset' | 'schema' | 'threshold' | 'drop_empty' | 'kind';
  readonly hint: number;
  readonly empty: readonly number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  gapMs: fc.constantFrom(15_000, 15_000, 15_000, 15_001, 60_000, 7),
  grow: fc.array(
    fc.tuple(fc.integer({ min: -12, max: 12 }), fc.constantFrom(0, 1, 2, 5, 300, 70_000, 2 ** 33)),
    { maxLength: 6 },
  ),
  event: fc.oneof(
    { weight: 12, arbitrary: fc.constant('none' as const) },
    fc.constantFrom('stale', 'reset', 'schema', 'threshold', 'drop_empty', 'kind'),
  ),
  hint: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2)),
  empty: fc.array(fc.integer({ min: -12, max: 12 }), { maxLength: 2 }),
});

/** A series: counters that mostly grow, or gauges; integers or floats. */
export const series: fc.Arbitrary<PlainHistogram[]> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 40 }),
    gauge: fc.boolean(),
    isFloat: fc.boolean(),
    custom: fc.boolean(),
  })
  .map(({ steps, gauge, isFloat, custom }) => {
    const out: PlainHistogram[] = [];
    let timeMs = 1_700_000_000_000;
    let schema = custom ? CUSTOM_BUCKETS_SCHEMA : 2;
    let zeroThreshold = 2 ** -128;
    let kind = isFloat;
    const positive = new Map<number, number>();
    const negative = new Map<number, number>();
    steps.forEach((now, i) => {
      timeMs += now.gapMs;
      if (now.event === 'reset' || (gauge && i % 3 === 0))
        for (const side of [positive, negative]) side.clear();
      if (now.event === 'schema' && !custom) schema = schema === 2 ? 1 : 2;
      if (now.event === 'threshold') zeroThreshold = zeroThreshold === 0.001 ? 2 ** -128 : 0.001;
      if (now.event === 'kind') kind = !kind;
      if (now.event === 'drop_empty')
        for (const side of [positive, negative])
          for (const [index, count] of side) if (count === 0) side.delete(index);
      for (const index of now.empty) {
        const side = index < 0 && !custom ? negative : positive;
        side.set(Math.abs(index), side.get(Math.abs(index)) ?? 0);
      }
      for (const [index, by] of now.grow) {
        const side = index < 0 && !custom ? negative : positive;
        side.set(Math.abs(index), (side.get(Math.abs(index)) ?? 0) + by);
      }
      out.push({
        timeMs,
        isFloat: kind,
        stale: now.event === 'stale',
        resetHint: gauge ? 3 : now.hint,
        schema,
        zeroThreshold,
        zeroCount: custom ? 0 : i,
        sum: i * 1.5,
        positive: new Map(positive),
        negative: new Map(negative),
        customValues: custom ? [0.1, 1, 10 / 3] : [],
      });
    });
    return out;
  });

function fillSide(
  counts: ReadonlyMap<number, number>,
  spans: SpanList,
  buckets: F64Column,
  isFloat: boolean,
): void {
  const indexes = new F64Column();
  let last = 0;
  for (const index of [...counts.keys()].sort((a, b) => a - b)) {
    const count = counts.get(index) ?? 0;
    indexes.push(index);
    buckets.push(isFloat ? count : count - last);
    last = count;
  }
  spansOf(indexes, spans);
}

/** Fills the flyweight. */
export function fill(plain: PlainHistogram, into: HistogramValue): void {
  into.clear();
  into.isFloat = plain.isFloat;
  into.resetHint = plain.resetHint;
  into.schema = plain.schema;
  into.zeroThreshold = plain.zeroThreshold;
  into.zeroCount = plain.zeroCount;
  into.count = plain.zeroCount;
  for (const side of [plain.positive, plain.negative])
    for (const count of side.values()) into.count += count;
  into.sumLow = plain.stale ? STALE_LOW : lowBitsOf(plain.sum) >>> 0;
  into.sumHigh = plain.stale ? STALE_HIGH : highBitsOf(plain.sum) >>> 0;
  fillSide(plain.positive, positiveSpans(into), into.positiveBuckets, plain.isFloat);
  fillSide(plain.negative, negativeSpans(into), into.negativeBuckets, plain.isFloat);
  for (const bound of plain.customValues) into.customValues.push(bound);
}
