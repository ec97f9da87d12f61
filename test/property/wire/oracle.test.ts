// The wire readers against protobufjs, on the same random messages.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_WIRE_LIMITS } from '../../../src/write/wire/limits.ts';
import { WireDecoder } from '../../../src/write/wire/wire-decoder.ts';
import {
  type PlainHistogram,
  type PlainRequest,
  plainRequest,
} from '../../support/plain-request.ts';
import { messageV1, messageV2 } from '../../support/wire-arbitraries.ts';
import { oracle } from '../../support/wire-oracle.ts';

const decoder = new WireDecoder(DEFAULT_WIRE_LIMITS);

/** Prometheus's rules once more, for the histograms that the arbitraries make. */
function isValid(h: PlainHistogram): boolean {
  const custom = h.schema === -53;
  if (!custom && (h.schema < -4 || h.schema > 8 || h.customValues.length > 0)) return false;
  for (const [spans, buckets] of [
    [h.positiveSpans, h.positiveBuckets],
    [h.negativeSpans, h.negativeBuckets],
  ] as const) {
    if (spans.some(([offset], i) => offset < 0 && (i > 0 || custom))) return false;
    if (spans.reduce((sum, [, length]) => sum + length, 0) !== buckets.length) return false;
  }
  const reach = h.positiveSpans.reduce((sum, [offset, length]) => sum + offset + length, 0);
  if (custom && reach > h.customValues.length + 1) return false;
  if (h.isFloat) return true;
  let total = h.zeroCount;
  for (const deltas of [h.positiveBuckets, h.negativeBuckets]) {
    let count = 0;
    for (const delta of deltas) {
      count += delta;
      total += count;
    }
  }
  const isNaNSum = Number.isNaN(Buffer.from(h.sum, 'hex').readDoubleBE(0));
  return isNaNSum ? total <= h.count : total === h.count;
}

function expectSame(actual: PlainRequest, expected: PlainRequest): void {
  expect(actual.series.length).toBe(expected.series.length);
  actual.series.forEach((series, i) => {
    series.histograms.forEach((histogram, j) => {
      const wanted = expected.series[i]!.histograms[j]!;
      expect(histogram.fault === 0).toBe(isValid(wanted.value));
      // A refused histogram is kept as an empty one.
      if (histogram.fault !== 0) histogram.value = wanted.value;
      wanted.fault = histogram.fault;
    });
  });
  expect(actual).toEqual(expected);
}

test.each([
  [1, messageV1],
  [2, messageV2],
] as const)('version %i reads what protobufjs reads', (version, message) => {
  fc.assert(
    fc.property(message, (bytes) => {
      expectSame(plainRequest(decoder.decodeMessage(version, bytes)), oracle(version, bytes));
    }),
    { numRuns: 300 },
  );
});
