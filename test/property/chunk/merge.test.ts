// Merging chunks against a Map: sorted, each time once, the first in the list wins.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkBuilder, type MadeChunk } from '../../../src/base/chunk/chunk-builder.ts';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { mergeChunks, type TimedChunk } from '../../../src/base/chunk/merge-chunks.ts';

const value = new HistogramValue();

/** A chunk as (kind, times); its values say which chunk they are from. */
const source = fc.record({
  kind: fc.constantFrom('float', 'histogram', 'float_histogram'),
  times: fc.uniqueArray(fc.integer({ min: -50, max: 400 }), { minLength: 1, maxLength: 150 }),
});

function placed({ bytes, ...rest }: MadeChunk): TimedChunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { ...rest, view, base: 0, lengthBytes: bytes.length };
}

function made(kind: string, times: readonly number[], tag: number): MadeChunk[] {
  const builder = new ChunkBuilder();
  for (const time of [...times].sort((a, b) => a - b)) {
    if (kind === 'float') {
      builder.addFloat(time, tag, 0);
      continue;
    }
    value.clear();
    value.isFloat = kind === 'float_histogram';
    value.count = tag;
    value.zeroCount = tag;
    builder.addHistogram(time, value);
  }
  return builder.take();
}

/** Every sample as (time, encoding, tag). */
function samplesOf(chunks: readonly MadeChunk[]): [number, number, number][] {
  const reader = new ChunkReader();
  return chunks.flatMap((chunk) => {
    const out: [number, number, number][] = [];
    reader.open(placed(chunk));
    while (reader.next()) {
      if (reader.isHistogram) reader.load(value);
      const tag = reader.isHistogram ? value.count : reader.low;
      out.push([reader.timeMs, chunk.encoding, tag]);
    }
    expect([out[0]?.[0], out.at(-1)?.[0]]).toEqual([chunk.minTimeMs, chunk.maxTimeMs]);
    expect(out.length).toBe(chunk.count);
    return out;
  });
}

test('a merge has every time once, from the first chunk that has it', () => {
  fc.assert(
    fc.property(fc.array(source, { maxLength: 5 }), (sources) => {
      const chunks = sources.flatMap(({ kind, times }, i) => made(kind, times, i + 1));
      const expected = new Map<number, [number, number, number]>();
      for (const sample of samplesOf(chunks))
        if (!expected.has(sample[0])) expected.set(sample[0], sample);
      const merged = mergeChunks(chunks.map(placed));
      expect(samplesOf(merged)).toEqual([...expected.values()].sort((a, b) => a[0] - b[0]));
      for (const chunk of merged) expect(chunk.count).toBeLessThanOrEqual(120);
    }),
    { numRuns: 150 },
  );
});

test('chunks that overlap no other are taken over as they are, with the right count', () => {
  const chunks = [...made('float', [10, 20, 30], 1), ...made('histogram', [40, 50], 2)];
  const places = chunks.map(placed);
  places[0]!.view.setUint16(0, 0);
  const merged = mergeChunks([...places].reverse());
  expect(merged.map((chunk) => chunk.count)).toEqual([3, 2]);
  expect(samplesOf(merged).map(([time]) => time)).toEqual([10, 20, 30, 40, 50]);
  expect(merged[1]).toEqual(chunks[1]);
});

test('a chunk that is not where it says is damaged', () => {
  const [a] = made('float', [10, 20, 30], 1).map(placed);
  const [b] = made('float', [15, 25], 1).map(placed);
  expect(() => mergeChunks([{ ...a!, maxTimeMs: 25 }, b!])).toThrow(
    expect.objectContaining({ code: 'damaged_chunk' }),
  );
});
