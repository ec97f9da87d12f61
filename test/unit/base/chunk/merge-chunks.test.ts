// Building and merging chunks: the cases that have a name (test/property/chunk has the others).

import { expect, test } from 'vitest';
import { ChunkBuilder, type MadeChunk } from '../../../../src/base/chunk/chunk-builder.ts';
import { ChunkReader } from '../../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../../src/base/chunk/histogram-value.ts';
import { mergeChunks, type TimedChunk } from '../../../../src/base/chunk/merge-chunks.ts';

function placed({ bytes, ...rest }: MadeChunk): TimedChunk {
  return { ...rest, view: new DataView(bytes.buffer), base: 0, lengthBytes: bytes.length };
}

function floats(times: readonly number[], value: number): MadeChunk[] {
  const builder = new ChunkBuilder();
  for (const time of times) builder.addFloat(time, value, 0);
  return builder.take();
}

function samplesOf(chunk: MadeChunk): [number, number][] {
  const reader = new ChunkReader();
  reader.open(placed(chunk));
  const samples: [number, number][] = [];
  while (reader.next()) samples.push([reader.timeMs, reader.low]);
  return samples;
}

test('chunks are cut after 120 samples, at a change of kind and at a jump of the time', () => {
  const builder = new ChunkBuilder();
  const value = new HistogramValue();
  for (let time = 0; time < 130; time++) builder.addFloat(time, 1, 2);
  for (let time = 130; time < 140; time++) builder.addHistogram(time, value);
  value.isFloat = true;
  for (let time = 140; time < 145; time++) builder.addHistogram(time, value);
  builder.addFloat(145, 1, 2);
  builder.addFloat(2 ** 52, 1, 2);
  const chunks = builder.take();
  expect(chunks.map(({ encoding, count }) => [encoding, count])).toEqual([
    [1, 120],
    [1, 10],
    [2, 10],
    [3, 5],
    [1, 1],
    [1, 1],
  ]);
  expect(chunks.map((chunk) => chunk.minTimeMs)).toEqual([0, 120, 130, 140, 145, 2 ** 52]);
  expect(builder.take()).toEqual([]);
});

test('at equal times the chunk that comes first in the list wins, whatever its times', () => {
  const [a] = floats([10, 20, 30], 1);
  const [b] = floats([5, 20, 25], 2);
  const [merged] = mergeChunks([placed(a!), placed(b!)]);
  expect(samplesOf(merged!)).toEqual([
    [5, 2],
    [10, 1],
    [20, 1],
    [25, 2],
    [30, 1],
  ]);
  const [other] = mergeChunks([placed(b!), placed(a!)]);
  expect(samplesOf(other!)).toContainEqual([20, 2]);
});

test('a chain of overlaps is one group; what touches nothing stays as it is', () => {
  const chunks = [
    [0, 10],
    [9, 20],
    [19, 30],
    [31, 40],
  ].flatMap((times) => floats(times, 1));
  const merged = mergeChunks(chunks.map(placed));
  expect(merged.map((chunk) => chunk.count)).toEqual([6, 2]);
  expect(merged[1]).toEqual(chunks[3]);
});

test('nothing merges to nothing', () => {
  expect(mergeChunks([])).toEqual([]);
});

test('a long chain of chunks, each overlapping the next, is merged in order', () => {
  const chunks: TimedChunk[] = [];
  for (let at = 0; at < 300; at++) {
    // Samples of the chunk before at 10 and 12 are met again, and the earlier chunk's stay.
    const [chunk] = floats([10 * at, 10 * at + 5, 10 * at + 10, 10 * at + 12], at + 1);
    chunks.push(placed(chunk!));
  }
  const merged = mergeChunks(chunks.toReversed());
  const samples = merged.flatMap(samplesOf);
  expect(samples.length).toBe(300 * 3 + 1);
  expect(samples.map(([time]) => time)).toEqual(
    samples.map(([time]) => time).toSorted((a, b) => a - b),
  );
  // In the list as it is given, later times come first: the sample at 10 is of the second chunk.
  expect(samples.slice(0, 5)).toEqual([
    [0, 1],
    [5, 1],
    [10, 2],
    [12, 1],
    [15, 2],
  ]);
});
