// Bodies that a real Prometheus 3.14 sent, and what is in them (test/golden/data/remote-write, a copy
// of the project's reference data).

import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DEFAULT_WIRE_LIMITS } from '../../src/write/wire/limits.ts';
import { WireDecoder } from '../../src/write/wire/wire-decoder.ts';
import {
  bitsOf,
  type PlainHistogram,
  type PlainSeries,
  plainRequest,
} from '../support/plain-request.ts';

const DIR = new URL('./data/remote-write/', import.meta.url);
const names = readdirSync(DIR)
  .filter((name) => name.endsWith('.bin'))
  .map((name) => name.slice(0, -4));

interface ExpectedSeries {
  labels: Record<string, string>;
  samples: [number, string, number?][] | null;
  histograms: [number, string, string, number, number?][] | null;
  exemplars: { labels: Record<string, string>; timestamp: number; value: string }[] | null;
  metadata?: { type: string; help: string; unit: string };
}
interface ExpectedFamily {
  metadata: { family: string; help: string; type: string; unit: string };
}

const FAMILY_TYPES = [
  'UNKNOWN',
  'COUNTER',
  'GAUGE',
  'HISTOGRAM',
  'GAUGEHISTOGRAM',
  'SUMMARY',
  'INFO',
  'STATESET',
];

function goBits(text: string): string {
  if (text.startsWith('nan:')) return text.slice(4);
  return bitsOf(Number(text.replace('Inf', 'Infinity')));
}

/** Compares with Go's `{count:2, sum:3, (1,2]:2}`; bounds within rounding. */
function expectHistogram(value: PlainHistogram, text: string): void {
  const [head, ...buckets] = text.slice(1, -1).split(/, (?=[[(])/);
  const [, count, sum] = /^count:(.*), sum:(.*)$/.exec(head!)!;
  expect(value.count).toBe(Number(count));
  expect(sum === 'NaN' ? 'NaN' : value.sum).toBe(sum === 'NaN' ? nanOf(value) : goBits(sum!));
  const actual = bucketsOf(value);
  expect(actual.length).toBe(buckets.length);
  actual.forEach((bucket, i) => {
    const match = /^[[(](.*),(.*)[\])]:(.*)$/.exec(buckets[i]!)!;
    expect(bucket.lower).toBeCloseTo(Number(match[1]), 12);
    expect(bucket.upper / Number(match[2])).toBeCloseTo(1, 12);
    expect(bucket.count).toBe(Number(match[3]));
  });
}

function nanOf(value: PlainHistogram): string {
  return Number.isNaN(Buffer.from(value.sum, 'hex').readDoubleBE(0)) ? 'NaN' : value.sum;
}

function bucketsOf(value: PlainHistogram): { lower: number; upper: number; count: number }[] {
  const found: { lower: number; upper: number; count: number }[] = [];
  expect(value.negativeBuckets).toEqual([]);
  if (value.zeroCount > 0) {
    const { zeroThreshold } = value;
    found.push({ lower: -zeroThreshold, upper: zeroThreshold, count: value.zeroCount });
  }
  let index = 0;
  let bucket = 0;
  let count = 0;
  for (const [offset, length] of value.positiveSpans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      count += value.positiveBuckets[bucket++]!;
      const bound = (n: number): number => 2 ** (n / 2 ** value.schema);
      if (count > 0) found.push({ lower: bound(index - 1), upper: bound(index), count });
    }
  }
  return found;
}

function expectSeries(actual: PlainSeries, expected: ExpectedSeries): void {
  expect(Object.fromEntries(actual.labels)).toEqual(expected.labels);
  expect(actual.samples).toEqual(
    (expected.samples ?? []).map(([time, value, start]) => ({
      time,
      bits: goBits(value),
      start: start ?? 0,
    })),
  );
  expect(actual.exemplars.map((e) => ({ ...e, labels: Object.fromEntries(e.labels) }))).toEqual(
    (expected.exemplars ?? []).map((e) => ({
      labels: e.labels,
      time: e.timestamp,
      bits: goBits(e.value),
    })),
  );
  const histograms = expected.histograms ?? [];
  expect(actual.histograms.length).toBe(histograms.length);
  actual.histograms.forEach((histogram, i) => {
    const [time, kind, text, resetHint, start] = histograms[i]!;
    expect(histogram.fault).toBe(0);
    expect(histogram.time).toBe(time);
    expect(histogram.start).toBe(start ?? 0);
    expect(histogram.value.isFloat).toBe(kind === 'float');
    expect(histogram.value.resetHint).toBe(resetHint);
    expectHistogram(histogram.value, text);
  });
  if (expected.metadata !== undefined) {
    expect(actual.metadata).toEqual({
      type: expected.metadata.type === 'unknown' ? 0 : Number.NaN,
      help: expected.metadata.help,
      unit: expected.metadata.unit,
    });
  }
}

test('there are reference bodies of both versions', () => {
  expect(names.some((name) => name.startsWith('v1'))).toBe(true);
  expect(names.some((name) => name.startsWith('v2'))).toBe(true);
});

test.each(names)('%s decodes to what is in it', (name) => {
  const decoder = new WireDecoder(DEFAULT_WIRE_LIMITS);
  const body = readFileSync(new URL(`${name}.bin`, DIR));
  const lines = gunzipSync(readFileSync(new URL(`${name}.expected.ndjson.gz`, DIR)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): ExpectedSeries | ExpectedFamily => JSON.parse(line));
  const plain = plainRequest(decoder.decode(name.startsWith('v1') ? 1 : 2, body));
  const families = plain.families.map(({ type, name: family, help, unit }) => ({
    metadata: { family, help, type: FAMILY_TYPES[type], unit },
  }));
  const expectedSeries = lines.filter((line): line is ExpectedSeries => 'labels' in line);
  expect(families).toEqual(lines.filter((line) => !('labels' in line)));
  expect(plain.series.length).toBe(expectedSeries.length);
  plain.series.forEach((series, i) => {
    expectSeries(series, expectedSeries[i]!);
  });
});
