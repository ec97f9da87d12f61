// Aggregate chunks with damage in them, row by row and at random: damaged_chunk or samples, and
// nothing else, whoever reads them.

import { describe, expect, it } from 'vitest';
import { readAggregate } from '../../src/base/chunk/aggregate-reader.ts';
import { writeAggregate } from '../../src/base/chunk/aggregate-writer.ts';
import { ChunkBuilder } from '../../src/base/chunk/chunk-builder.ts';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import type { TimedChunk } from '../../src/base/chunk/merge-chunks.ts';
import { highBitsOf, lowBitsOf } from '../../src/base/chunk/xor-cells.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { ChunkToWrite } from '../../src/block/block-sink.ts';
import { checkAggregate } from '../../src/block/verify/check-aggregate.ts';
import { AggregateDownsampler } from '../../src/downsample/aggregate-series.ts';
import { RawDownsampler } from '../../src/downsample/raw-series.ts';
import { placed } from '../support/aggregate-samples.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const MINUTE = 60_000;
const START_MS = 1_793_836_800_000;

function floatAggregate(): ChunkToWrite {
  const builder = new ChunkBuilder();
  for (let i = 0; i < 300; i++) {
    const value = i % 70 === 0 ? 0 : i * 1.25;
    builder.addFloat(START_MS + i * MINUTE, lowBitsOf(value), highBitsOf(value));
  }
  const [made] = new RawDownsampler(5 * MINUTE).series(builder.take().map(placed));
  return made!;
}

function histogramAggregate(): ChunkToWrite {
  const builder = new ChunkBuilder();
  for (let i = 0; i < 300; i++) {
    const value = new HistogramValue();
    value.positiveSpanOffsets.push(-2);
    value.positiveSpanLengths.push(3 + Math.floor(i / 100));
    for (let bucket = 0; bucket < 3 + Math.floor(i / 100); bucket++)
      value.positiveBuckets.push(bucket === 0 ? i : 1);
    value.zeroCount = i;
    value.count = i * 6;
    value.sumHigh = highBitsOf(i * 3) >>> 0;
    value.sumLow = lowBitsOf(i * 3) >>> 0;
    builder.addHistogram(START_MS + i * MINUTE, value);
  }
  const [made] = new RawDownsampler(5 * MINUTE).series(builder.take().map(placed));
  return made!;
}

const FLOATS = floatAggregate();
const HISTOGRAMS = histogramAggregate();

/** One for all: after a damaged series comes the next. */
const hourly = new AggregateDownsampler({ fromMs: 5 * MINUTE, toMs: 60 * MINUTE });

/** Who reads such chunks. */
const READERS: Readonly<Record<string, (chunk: TimedChunk) => void>> = {
  'to the last sample': ({ view, base, lengthBytes }) => {
    const reader = new ChunkReader();
    const value = new HistogramValue();
    for (const part of readAggregate(view, base, lengthBytes)) {
      if (part === undefined) continue;
      reader.open(part);
      while (reader.next()) if (reader.isHistogram) reader.load(value);
    }
  },
  verifying: ({ view, minTimeMs, maxTimeMs }) => {
    const data = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
    checkAggregate(data, { minTimeMs, maxTimeMs }, new ChunkReader());
  },
  downsampling: (chunk) => {
    hourly.series([chunk]);
  },
};

/** Undefined when it could be read; the message when it is damaged. Anything else is thrown on. */
function damageOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.code === 'damaged_chunk') return thrown.message;
    throw thrown;
  }
}

const part = (encoding: number, ...bytes: number[]) => ({
  encoding,
  bytes: Uint8Array.from(bytes),
});
const with5 = (which: number, one: ReturnType<typeof part>): Uint8Array =>
  writeAggregate([0, 1, 2, 3, 4].map((i) => (i === which ? one : undefined)));

const ROWS: readonly (readonly [name: string, bytes: Uint8Array, damage: string])[] = [
  ['nothing', Uint8Array.of(), 'no length of its count'],
  ['an end after the first length', Uint8Array.of(0), 'no length of its sum'],
  ['an end within a length', Uint8Array.of(0, 0x80), 'no length of its sum'],
  ['an end within a part', Uint8Array.of(9, 1, 0, 0), 'ends inside its count, of 9 bytes'],
  ['an end before the encoding', Uint8Array.of(2), 'ends inside its count, of 2 bytes'],
  ['a length of 2^63', Uint8Array.of(...new Array(9).fill(0x80), 1), 'no length of its count'],
  ['a length of 2^32', Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x10, 1), 'ends inside its count'],
  ['a part of one byte', with5(0, part(1, 7)), 'a count of 1 bytes'],
  ['bytes behind the parts', Uint8Array.of(0, 0, 0, 0, 0, 0), '1 bytes behind its parts'],
  ['a count of histograms', with5(0, part(3, 0, 0, 0)), 'a count of encoding 3'],
  ['a least of histograms', with5(2, part(2, 0, 0, 0)), 'a min of encoding 2'],
  ['a greatest of histograms', with5(3, part(2, 0, 0, 0)), 'a max of encoding 2'],
  ['an aggregate within', with5(1, part(255, 0, 0, 0)), 'a sum of encoding 255'],
  ['an encoding of 0', with5(4, part(0, 0, 0, 0)), 'a counter of encoding 0'],
  ['an encoding that nobody knows', with5(4, part(7, 0, 0, 0)), 'a counter of encoding 7'],
];

describe('an aggregate chunk that is', () => {
  it.each(ROWS)('%s', (_, bytes, damage) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const chunk = { encoding: 255, view, base: 0, lengthBytes: bytes.length, count: 1 };
    const times = { minTimeMs: START_MS, maxTimeMs: START_MS };
    for (const read of Object.values(READERS))
      expect(damageOf(() => read({ ...chunk, ...times }))).toContain(damage);
  });

  it('of floats and histograms at once cannot be downsampled', () => {
    const bytes = writeAggregate([
      undefined,
      part(1, 0, 0),
      undefined,
      undefined,
      part(3, 0, 0, 0),
    ]);
    const made = { ...FLOATS, bytes };
    expect(damageOf(() => READERS.downsampling!(placed(made)))).toContain('mixes floats');
  });
});

describe.each([
  ['floats', FLOATS],
  ['histograms', HISTOGRAMS],
])('an aggregate chunk of %s', (_, whole) => {
  it.each(Object.entries(READERS))('cut short anywhere is damaged: %s', (__, read) => {
    for (let length = 0; length < whole.bytes.length; length++) {
      const bytes = whole.bytes.slice(0, length);
      expect(damageOf(() => read(placed({ ...whole, bytes })))).toBeDefined();
    }
  });

  it.each(Object.entries(READERS))('with flipped bits is damaged or read: %s', (__, read) => {
    const random = new SeededRandom(7);
    const rounds = Number(process.env.VARVE_DAMAGE_ROUNDS ?? 1_500);
    let damaged = 0;
    for (let round = 0; round < rounds; round++) {
      const bytes = whole.bytes.slice();
      for (let flips = random.between(1, 4); flips > 0; flips--)
        bytes[random.between(0, bytes.length)]! ^= 1 << random.between(0, 8);
      if (damageOf(() => read(placed({ ...whole, bytes }))) !== undefined) damaged++;
    }
    expect(damaged).toBeGreaterThan(rounds / 20);
  });
});
