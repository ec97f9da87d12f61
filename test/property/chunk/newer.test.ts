// Chunks of the encodings 4 to 6, which Varve only reads, against the naive model: read bit by bit,
// written anew as 1 to 3, and cut off at any byte.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkBuilder } from '../../../src/base/chunk/chunk-builder.ts';
import {
  type ChunkPlace,
  chunkCount,
  HEADER_GAUGE,
  HEADER_NO_RESET,
  HEADER_RESET,
  HEADER_UNKNOWN,
} from '../../../src/base/chunk/chunk-format.ts';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { reencode } from '../../../src/base/chunk/reencode.ts';
import { fill, series } from './arbitrary-histograms.ts';
import { type NaiveSample, naiveXorChunk } from './naive-bits.ts';
import { type NaiveHistogram, naiveHistogramChunk, plainOf } from './naive-histograms.ts';
import { NaiveStarts, naiveXor2Chunk } from './naive-starts.ts';

const STALE = 0x7ff0_0000_0000_0002n;

const dod = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  fc.constantFrom(...[4096, 524_288, 2 ** 31, 2 ** 40].flatMap((n) => [n - 1, n, -n, -n - 1])),
  fc.integer({ min: -9000, max: 9000 }),
);

const bits = fc.oneof(
  fc.constantFrom(0n, 1n << 63n, STALE, STALE, 0x7ff8_0000_0000_0001n, 0x4059_0000_0000_0000n),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.bigInt({ min: 0n, max: 255n }).map((low) => 0x4059_0000_0000_0000n | (low << 20n)),
);

/** None at all, one for all, or all sorts of them. */
const start = fc.oneof(
  fc.constantFrom(0n, 0n, 1_700_000_000_000n, 1_699_999_000_000n, -1n, (1n << 63n) - 1n),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
);
const starts = (count: number): fc.Arbitrary<bigint[]> =>
  fc.oneof(
    fc.array(start, { minLength: count, maxLength: count }),
    fc
      .tuple(start, start, fc.nat(count))
      .map(([before, behind, from]) =>
        Array.from({ length: count }, (_, i) => (i < from ? before : behind)),
      ),
  );

const floats = fc
  .array(fc.tuple(dod, bits), { minLength: 1, maxLength: 150 })
  .map((steps): NaiveSample[] => {
    let timeMs = 1_700_000_000_000;
    let delta = 15_000;
    return steps.map(([change, value]) => {
      delta = Math.max(1, Math.min(delta + change, 2 ** 44));
      timeMs += delta;
      return { timeMs, bits: value };
    });
  })
  .chain((samples) => fc.tuple(fc.constant(samples), starts(samples.length)));

function placeOf(encoding: number, bytes: Uint8Array): ChunkPlace {
  const view = new DataView(bytes.slice().buffer);
  const count = chunkCount(encoding, view, 0);
  return { encoding, view, base: 0, lengthBytes: bytes.length, count };
}

function floatsOf(place: ChunkPlace): NaiveSample[] {
  const reader = new ChunkReader();
  reader.open(place);
  const samples: NaiveSample[] = [];
  while (reader.next())
    samples.push({
      timeMs: reader.timeMs,
      bits: (BigInt(reader.high) << 32n) | BigInt(reader.low),
    });
  return samples;
}

function cutOff(place: ChunkPlace, lengthBytes: number): ChunkPlace {
  const bytes = new Uint8Array(place.view.buffer).slice(0, lengthBytes);
  return { ...place, view: new DataView(bytes.buffer), lengthBytes };
}

function expectDamaged(place: ChunkPlace): void {
  expect(() => reencode(place)).toThrow(expect.objectContaining({ code: 'damaged_chunk' }));
}

test('an XOR2 chunk reads to its samples, and is written anew as an XOR chunk', () => {
  fc.assert(
    fc.property(floats, fc.nat(), ([samples, startTimes], cut) => {
      const place = placeOf(4, naiveXor2Chunk(samples, startTimes));
      expect(floatsOf(place)).toEqual(samples);
      expect(reencode(place)).toEqual(naiveXorChunk(samples));
      expectDamaged(cutOff(place, cut % place.lengthBytes));
    }),
  );
});

const value = new HistogramValue();

/** The samples of each chunk that a series is put into. */
function layouts(list: Parameters<typeof fill>[0][]): NaiveHistogram[][] {
  const builder = new ChunkBuilder();
  for (const plain of list) {
    fill(plain, value);
    builder.addHistogram(plain.timeMs, value);
  }
  const reader = new ChunkReader();
  return builder.take().map(({ encoding, bytes: data }) => {
    const samples: NaiveHistogram[] = [];
    reader.open(placeOf(encoding, data));
    while (reader.next()) {
      reader.load(value);
      samples.push(plainOf(reader.timeMs, value));
    }
    return samples;
  });
}

const histograms = series.chain((list) =>
  fc.tuple(fc.constant(list), starts(list.length), fc.constantFrom(...[0, 1, 2, 3])),
);
const HEADERS = [HEADER_UNKNOWN, HEADER_NO_RESET, HEADER_RESET, HEADER_GAUGE];

test('histogram chunks with start timestamps are written anew as those without', () => {
  fc.assert(
    fc.property(histograms, fc.nat(), ([list, startTimes, which], cut) => {
      for (const isFloat of [false, true]) {
        const header = HEADERS[which]!;
        for (const samples of layouts(list.map((plain) => ({ ...plain, isFloat })))) {
          const times = samples.map(({ timeMs }) => timeMs);
          const naive = new NaiveStarts(times, startTimes.slice(0, times.length));
          const bytes = naiveHistogramChunk(samples, isFloat, header, naive);
          const place = placeOf(isFloat ? 6 : 5, bytes);
          expect(place.count).toBe(samples.length);
          expect(reencode(place)).toEqual(naiveHistogramChunk(samples, isFloat, header));
          expectDamaged(cutOff(place, cut % place.lengthBytes));
        }
      }
    }),
  );
});
