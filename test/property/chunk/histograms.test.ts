// Histogram chunks: whatever series of histograms comes, nothing is lost or changed, counters never
// go down inside a chunk, the bits are the model's, and a recode leaves old bytes alone.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { F64Column } from '../../../src/base/bytes/columns.ts';
import { countsOf, indexesOf } from '../../../src/base/chunk/bucket-fit.ts';
import { ChunkBuilder, type MadeChunk } from '../../../src/base/chunk/chunk-builder.ts';
import { HEADER_GAUGE } from '../../../src/base/chunk/chunk-format.ts';
import { HistogramAppender } from '../../../src/base/chunk/histogram-appender.ts';
import {
  headerOfFirst,
  negativeSpans,
  positiveSpans,
} from '../../../src/base/chunk/histogram-fit.ts';
import { HistogramReader } from '../../../src/base/chunk/histogram-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { isStale } from '../../../src/base/chunk/stale.ts';
import { fill, type PlainHistogram, series } from './arbitrary-histograms.ts';
import { naiveHistogramChunk, plainOf } from './naive-histograms.ts';

/** What must survive: everything but empty buckets; of a stale marker, time and sum. */
function essence(timeMs: number, value: HistogramValue): unknown {
  const { sumLow, sumHigh, isFloat, schema, zeroThreshold, zeroCount, count } = value;
  if (isStale(sumLow, sumHigh)) return { timeMs, isFloat, sumLow, sumHigh };
  const side = (spans: ReturnType<typeof positiveSpans>, buckets: F64Column) => {
    const indexes = new F64Column();
    const counts = new F64Column();
    indexesOf(spans, indexes);
    countsOf(buckets, isFloat, counts);
    expect(counts.length).toBe(indexes.length);
    return [...indexes.view()].map((n, i) => [n, counts.at(i)]).filter(([, c]) => c !== 0);
  };
  const positive = side(positiveSpans(value), value.positiveBuckets);
  const negative = side(negativeSpans(value), value.negativeBuckets);
  const customValues = [...value.customValues.view()];
  return {
    timeMs,
    isFloat,
    sumLow,
    sumHigh,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    positive,
    negative,
    customValues,
  };
}

function readerOf(chunk: Pick<MadeChunk, 'encoding' | 'count' | 'bytes'>): HistogramReader {
  const { bytes, encoding, count } = chunk;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const reader = new HistogramReader();
  reader.reset({ encoding, view, base: 0, lengthBytes: bytes.length, count });
  return reader;
}

function build(list: readonly PlainHistogram[], value: HistogramValue): MadeChunk[] {
  const builder = new ChunkBuilder();
  for (const plain of list) {
    fill(plain, value);
    builder.addHistogram(plain.timeMs, value);
  }
  return builder.take();
}

test('every histogram comes back, and no count of a counter goes down within a chunk', () => {
  const value = new HistogramValue();
  fc.assert(
    fc.property(series, (list) => {
      const expected = list.map((plain) => {
        fill(plain, value);
        return essence(plain.timeMs, value);
      });
      const found: unknown[] = [];
      for (const chunk of build(list, value)) {
        const reader = readerOf(chunk);
        let count = 0;
        while (reader.next()) {
          reader.load(value);
          found.push(essence(reader.timeMs, value));
          if (reader.header === HEADER_GAUGE || isStale(value.sumLow, value.sumHigh)) continue;
          expect(value.count).toBeGreaterThanOrEqual(count);
          count = value.count;
        }
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('the bits are those of the model', () => {
  const value = new HistogramValue();
  fc.assert(
    fc.property(series, (list) => {
      for (const chunk of build(list, value)) {
        const reader = readerOf(chunk);
        const samples = [];
        while (reader.next()) {
          reader.load(value);
          samples.push(plainOf(reader.timeMs, value));
        }
        const model = naiveHistogramChunk(samples, chunk.encoding === 3, reader.header);
        expect(chunk.bytes).toEqual(model);
      }
    }),
    { numRuns: 200 },
  );
});

test('appending changes bytes from changedFrom on; a reloaded appender does the same', () => {
  const value = new HistogramValue();
  fc.assert(
    fc.property(series, (list) => {
      const appender = new HistogramAppender();
      let published = new Uint8Array();
      for (const plain of list) {
        fill(plain, value);
        const reloaded = new HistogramAppender();
        const { encoding, count } = appender;
        if (count > 0) {
          const view = new DataView(published.buffer);
          reloaded.load({ encoding, view, base: 0, lengthBytes: published.length, count });
        } else {
          appender.begin(plain.isFloat, headerOfFirst(value));
          reloaded.begin(plain.isFloat, headerOfFirst(value));
        }
        const outcome = appender.tryAppend(plain.timeMs, value);
        expect(reloaded.tryAppend(plain.timeMs, value)).toBe(outcome);
        expect(reloaded.bytes()).toEqual(appender.bytes());
        if (outcome === 'new_chunk') {
          expect(reloaded.nextHeader).toBe(appender.nextHeader);
          expect(appender.bytes()).toEqual(published);
          appender.begin(plain.isFloat, appender.nextHeader);
          expect(appender.tryAppend(plain.timeMs, value)).toBe('appended');
        } else if (outcome === 'appended' && count > 0) {
          const kept = appender.changedFrom;
          expect(appender.bytes().subarray(2, kept)).toEqual(published.subarray(2, kept));
        }
        published = appender.bytes().slice();
      }
    }),
    { numRuns: 200 },
  );
});
