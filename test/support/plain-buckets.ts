// Histograms as maps of buckets, and what a counter of them counts: a few lines of obvious code to
// compare with.

import {
  CUSTOM_BUCKETS_SCHEMA,
  type HistogramValue,
} from '../../src/base/chunk/histogram-value.ts';

/** Counts by bucket, in a schema that is not finer than the histogram's own; `all` and `zero` too. */
export type PlainBuckets = Map<string, number>;

export function plainBuckets(value: HistogramValue, schema = value.schema): PlainBuckets {
  const found: PlainBuckets = new Map([
    ['all', value.count],
    ['zero', value.zeroCount],
  ]);
  const factor = schema === CUSTOM_BUCKETS_SCHEMA ? 1 : 2 ** (value.schema - schema);
  for (const side of ['positive', 'negative'] as const) {
    const offsets = value[`${side}SpanOffsets`].view();
    const lengths = value[`${side}SpanLengths`].view();
    const buckets = value[`${side}Buckets`].view();
    let index = 0;
    let at = 0;
    let count = 0;
    offsets.forEach((offset, span) => {
      index += offset;
      for (let i = 0; i < lengths[span]!; i++, index++, at++) {
        count = value.isFloat ? buckets[at]! : count + buckets[at]!;
        const key = `${side} ${Math.ceil(index / factor)}`;
        found.set(key, (found.get(key) ?? 0) + count);
      }
    });
  }
  return found;
}

/** Adds, or takes away with a sign of -1. */
export function addBuckets(to: PlainBuckets, other: PlainBuckets, sign = 1): void {
  for (const [key, count] of other) to.set(key, (to.get(key) ?? 0) + sign * count);
}

/** Has the counter begun again between two histograms, by Prometheus's rule? */
export function isReset(before: HistogramValue, now: HistogramValue): boolean {
  if (now.schema > before.schema) return true;
  const current = plainBuckets(now);
  return [...plainBuckets(before, now.schema)].some(([key, n]) => n > (current.get(key) ?? 0));
}

/** Without the empty ones. */
export function populated(buckets: PlainBuckets): Record<string, number> {
  const full = [...buckets].filter(([, count]) => count !== 0);
  return Object.fromEntries(full.sort(([a], [b]) => (a < b ? -1 : 1)));
}
