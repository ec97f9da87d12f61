// Whole rows of floats against the functions that take one sample at a time: XorDecoder and the
// kernel in WebAssembly against XorReader, XorBuilder against xorAppend.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { FloatSamples } from '../../../src/base/chunk/float-samples.ts';
import { isStale } from '../../../src/base/chunk/stale.ts';
import { xorAppend, xorHeaderWrite } from '../../../src/base/chunk/xor-append.ts';
import { XorBuilder } from '../../../src/base/chunk/xor-builder.ts';
import { doubleOf, highBitsOf, lowBitsOf } from '../../../src/base/chunk/xor-cells.ts';
import { XorState } from '../../../src/base/chunk/xor-state.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';

const gap = fc.oneof(
  { weight: 9, arbitrary: fc.constant(60_000) },
  fc.constantFrom(1, 59_999, 60_001, 100_000, 1_000_000, 2 ** 33),
);
const halves = fc.oneof(
  { weight: 3, arbitrary: fc.constant([0, 0x4045_0000] as const) },
  {
    weight: 6,
    arbitrary: fc
      .integer({ min: -1000, max: 1000 })
      .map((n) => [lowBitsOf(n / 8), highBitsOf(n / 8)] as const),
  },
  fc.tuple(fc.integer(), fc.integer()),
  fc.constant([2, 0x7ff0_0000] as const), // the stale marker
);
const rows = fc.array(fc.tuple(gap, halves), { maxLength: 150 });

interface Row {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly times: readonly number[];
}

function encoded(samples: readonly (readonly [number, readonly [number, number]])[]): Row {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  const state = new XorState();
  let timeMs = 1_700_000_000_000;
  const times = samples.map(([gapMs, [low, high]]) => {
    timeMs += gapMs;
    xorAppend(view, 0, state, timeMs, low, high);
    return timeMs;
  });
  xorHeaderWrite(view, 0, state.count);
  return { bytes: bytes.slice(0, state.lengthBytes), count: state.count, times };
}

function placeOf({ bytes, count, times }: Row) {
  return {
    encoding: 1,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    base: 0,
    lengthBytes: bytes.length,
    count,
    minTimeMs: times[0] ?? 0,
    maxTimeMs: times.at(-1) ?? 0,
  };
}

/** What the reader gives, without stale markers; undefined when it says damaged. */
function oneByOne(place: ReturnType<typeof placeOf>): [number, number][] | undefined {
  const reader = new ChunkReader();
  const out: [number, number][] = [];
  let last = Number.NEGATIVE_INFINITY;
  try {
    reader.open(place);
    while (reader.next()) {
      if (!(reader.timeMs > last)) return undefined;
      last = reader.timeMs;
      if (isStale(reader.low, reader.high)) continue;
      if (out.length === 0 && last < place.minTimeMs) return undefined;
      if (last > place.maxTimeMs) return undefined;
      out.push([last, doubleOf(reader.low, reader.high)]);
    }
    return out;
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.code === 'damaged_chunk') return undefined;
    throw thrown;
  }
}

type Place = ReturnType<typeof placeOf>;

/** In WebAssembly, with columns that are used again: a row must not depend on the one before. */
const inKernel = new FloatSamples({ withKernel: true });

function atOnce(place: Place, samples: FloatSamples): [number, number][] | undefined {
  samples.clear();
  try {
    samples.append(place);
    return Array.from({ length: samples.length }, (_, i) => [samples.time(i), samples.value(i)]);
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.code === 'damaged_chunk') return undefined;
    throw thrown;
  }
}

test('a chunk decoded at once has the samples of the reader', () => {
  fc.assert(
    fc.property(rows, (samples) => {
      const place = placeOf(encoded(samples));
      const wanted = oneByOne(place);
      expect(wanted).toBeDefined();
      expect(atOnce(place, new FloatSamples())).toEqual(wanted);
      expect(atOnce(place, inKernel)).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test('a damaged chunk decoded at once has the samples of the reader, or is damaged for both', () => {
  let damaged = 0;
  fc.assert(
    fc.property(rows, fc.nat(), fc.nat(255), fc.nat(3), (samples, at, flip, cut) => {
      const row = encoded(samples);
      if (row.bytes.length > 3) row.bytes[2 + (at % (row.bytes.length - 2))]! ^= flip;
      const bytes = row.bytes.subarray(0, Math.max(2, row.bytes.length - cut));
      const place = placeOf({ ...row, bytes });
      const wanted = oneByOne(place);
      if (wanted === undefined) damaged++;
      expect(atOnce(place, new FloatSamples())).toEqual(wanted);
      expect(atOnce(place, inKernel)).toEqual(wanted);
    }),
    { numRuns: 2_000 },
  );
  expect(damaged).toBeGreaterThan(100);
});

test('a row appended at once gives the bytes of one sample after the other', () => {
  const builder = new XorBuilder();
  const value = fc.oneof(
    fc.double(),
    fc.integer({ min: -50, max: 50 }),
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 42, 42, 42),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(gap, value), { maxLength: 150 }), fc.nat(3), (samples, head) => {
      const bytes = new Uint8Array(4096);
      const view = new DataView(bytes.buffer);
      const state = new XorState();
      builder.begin();
      let timeMs = 0;
      const times = Float64Array.from(samples, ([gapMs]) => {
        timeMs += gapMs;
        return timeMs;
      });
      const values = Float64Array.from(samples, ([, one]) => one);
      samples.forEach(([, one], i) => {
        const isNumber = !Number.isNaN(one);
        const low = isNumber ? lowBitsOf(one) : 0;
        xorAppend(view, 0, state, times[i]!, low, isNumber ? highBitsOf(one) : 0xfff8_0000 | 0);
        if (i < head) builder.append(times[i]!, one);
      });
      const rest = Math.max(0, samples.length - head);
      builder.extend(times.slice(-rest || times.length), values.slice(-rest || times.length), rest);
      xorHeaderWrite(view, 0, state.count);
      expect(builder.count).toBe(samples.length);
      expect(Buffer.from(builder.bytes()).toString('hex')).toBe(
        Buffer.from(bytes.subarray(0, state.lengthBytes)).toString('hex'),
      );
    }),
    { numRuns: 500 },
  );
});
