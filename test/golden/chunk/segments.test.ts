// Chunks that Prometheus and Thanos wrote: decoded to what their dumps say, written anew to the
// same bytes, and begun anew with the headers that Prometheus chose.

import { expect, test } from 'vitest';
import type { F64Column } from '../../../src/base/bytes/columns.ts';
import { ChunkBuilder } from '../../../src/base/chunk/chunk-builder.ts';
import { type ChunkPlace, ENCODING_XOR } from '../../../src/base/chunk/chunk-format.ts';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramAppender } from '../../../src/base/chunk/histogram-appender.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { reencode } from '../../../src/base/chunk/reencode.ts';
import { isStale } from '../../../src/base/chunk/stale.ts';
import {
  bitsOf,
  bytesOf,
  chunksOf,
  copiedSegments,
  type DumpedChunk,
  hexOf,
  readDump,
  sharedSegments,
} from './segment.ts';

const DOWNSAMPLED = 255;
const value = new HistogramValue();

/** What a histogram's dump text says: counts of its buckets that are not empty, in order. */
function countsInText(text: string): number[] {
  return [...text.matchAll(/[\])]:([^,}]+)/g)].map((match) => Number(match[1]));
}

function counts(buckets: F64Column, isFloat: boolean): number[] {
  let count = 0;
  return [...buckets.view()].map((bucket) => {
    count = isFloat ? bucket : count + bucket;
    return count;
  });
}

function nonEmptyCounts(histogram: HistogramValue): number[] {
  const { isFloat } = histogram;
  return [
    ...counts(histogram.negativeBuckets, isFloat).reverse(),
    histogram.zeroCount,
    ...counts(histogram.positiveBuckets, isFloat),
  ].filter((count) => count !== 0);
}

function expectHistogram(sample: DumpedChunk['samples'][number]): void {
  const [, kind, text = '', layout = ''] = sample;
  expect(kind).toBe(value.isFloat ? 'float' : 'int');
  const [, count, sum] = /count:([^,]+), sum:([^,}]+)/.exec(text) ?? [];
  expect(value.count).toBe(Number(count));
  if (!isStale(value.sumLow, value.sumHigh))
    expect(hexOf(value.sumLow, value.sumHigh)).toBe(bitsOf(sum ?? ''));
  else expect(sum).toBe('NaN');
  expect(nonEmptyCounts(value)).toEqual(countsInText(text));
  const bounds = [...value.customValues.view()].join(' ');
  expect(`schema=${value.schema} hint=${value.resetHint} custom=[${bounds}]`).toBe(layout);
}

function expectChunk(place: ChunkPlace, dumped: DumpedChunk): void {
  const reader = new ChunkReader();
  reader.open(place);
  expect(place.encoding).toBe(dumped.encoding);
  expect(place.count).toBe(dumped.samples.length);
  for (const sample of dumped.samples) {
    expect(reader.next()).toBe(true);
    expect(reader.timeMs).toBe(sample[0]);
    if (reader.isHistogram) {
      reader.load(value);
      expectHistogram(sample);
    } else if (hexOf(reader.low, reader.high) !== bitsOf(sample[1])) {
      expect(hexOf(reader.low, reader.high)).toBe(bitsOf(sample[1]));
    }
  }
  expect(reader.next()).toBe(false);
}

test.each(copiedSegments())('$name decodes to its dump', ({ path, dumpPath }) => {
  const places = chunksOf(path);
  const dumped = readDump(dumpPath!).flatMap((series) => series.chunks);
  expect(places.length).toBe(dumped.length);
  places.forEach((place, i) => {
    expectChunk(place, dumped[i]!);
  });
});

test.each(copiedSegments())('$name is written anew byte for byte', ({ path }) => {
  for (const place of chunksOf(path)) expect(reencode(place)).toEqual(bytesOf(place));
});

test('every segment of the shared data is written anew byte for byte', () => {
  for (const { name, path } of sharedSegments())
    for (const place of chunksOf(path)) {
      if (place.encoding === DOWNSAMPLED) continue;
      const same = Buffer.compare(reencode(place), bytesOf(place)) === 0;
      if (!same) expect.fail(`${name}: the chunk at byte ${place.base} differs`);
    }
});

test.each(copiedSegments())('$name: appending makes the same chunks, one each', ({ path }) => {
  const reader = new ChunkReader();
  for (const place of chunksOf(path)) {
    const builder = new ChunkBuilder();
    reader.open(place);
    while (reader.next()) {
      if (reader.isHistogram) {
        reader.load(value);
        builder.addHistogram(reader.timeMs, value);
      } else {
        builder.addFloat(reader.timeMs, reader.low, reader.high);
      }
    }
    const made = builder.take();
    expect(made.length).toBe(1);
    // Without the chunk before, the header cannot be the same.
    const skip = place.encoding === ENCODING_XOR ? 0 : 3;
    expect(made[0]!.bytes.subarray(skip)).toEqual(bytesOf(place).subarray(skip));
  }
});

test('where Prometheus began a histogram chunk, so does the appender, with the same header', () => {
  let begun = 0;
  for (const { name, path, dumpPath } of copiedSegments()) {
    // Its one pair was cut while the histogram fitted (by size?), and says unknown all the same:
    // what Prometheus knew then is not in the block.
    if (name.startsWith('self-scrape')) continue;
    const places = chunksOf(path);
    const reader = new ChunkReader();
    let at = 0;
    for (const series of readDump(dumpPath!))
      series.chunks.forEach((chunk, i) => {
        const place = places[at++]!;
        const before = places[at - 2];
        if (i === 0 || chunk.encoding === ENCODING_XOR || before?.encoding !== chunk.encoding)
          return;
        const appender = new HistogramAppender();
        appender.load(before);
        expect(appender.bytes()).toEqual(bytesOf(before));
        reader.open(place);
        reader.next();
        reader.load(value);
        const outcome = appender.tryAppend(reader.timeMs, value);
        // A chunk of the head also ends when its time is up; then the histogram would have fitted.
        appender.load(before);
        const fitted = outcome !== 'new_chunk';
        const next = fitted ? appender.headerAfterCut(value) : appender.nextHeader;
        expect(next).toBe(reader.header);
        begun++;
      });
  }
  expect(begun).toBeGreaterThan(5);
});
