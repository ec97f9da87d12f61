// Chunk segments: where a new one begins, and reading chunks out of them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChunkToWrite } from '../../../../src/block/block-sink.ts';
import { FileSource } from '../../../../src/block/byte-source.ts';
import {
  isHistogramEncoding,
  reckonedBytes,
  storedBytes,
} from '../../../../src/block/chunks/format.ts';
import {
  ChunkSegmentReader,
  emptyChunk,
  placeOf,
} from '../../../../src/block/chunks/segment-reader.ts';
import { ChunkSegmentWriter } from '../../../../src/block/chunks/segment-writer.ts';
import { SeriesEntry } from '../../../../src/block/index/series-entry.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

function chunk(bytes: number): ChunkToWrite {
  return {
    minTimeMs: 0,
    maxTimeMs: 0,
    encoding: 1,
    sampleCount: 1,
    bytes: new Uint8Array(bytes).fill(bytes),
  };
}

/**
 * The segment of each chunk, by Prometheus's rule as its WriteChunks has it: batches are made for a
 * whole series from what is in the segment when it begins.
 */
function segmentsByRule(series: readonly (readonly number[])[], segmentBytesMax: number): number[] {
  const segments: number[] = [];
  let filled = 0;
  let segment = -1;
  for (const sizes of series) {
    const atStart = filled;
    let batch = 0;
    let isFirst = true;
    for (const [i, size] of sizes.entries()) {
      batch += 5 + 1 + size + 4;
      let cut = i !== 0 && batch + 8 > segmentBytesMax;
      if (isFirst && atStart > 8) {
        cut = batch + atStart > segmentBytesMax;
        if (cut) isFirst = false;
      }
      if (cut || segment < 0) {
        segment++;
        filled = 8;
      }
      if (cut) batch = 5 + 1 + size + 4;
      filled += storedBytes(size);
      segments.push(segment);
    }
  }
  return segments;
}

test('a new segment begins where it does for Prometheus, and every chunk is found again', () => {
  const sizes = fc.array(
    fc.array(fc.integer({ min: 2, max: 90 }), { minLength: 1, maxLength: 6 }),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(sizes, fc.integer({ min: 20, max: 400 }), (series, segmentBytesMax) => {
      const disk = new MemoryDisk();
      disk.makeDir('/b/chunks');
      const writer = new ChunkSegmentWriter(disk, '/b', segmentBytesMax);
      const entries = series.map((one) => {
        const entry = new SeriesEntry();
        writer.writeSeries(one.map(chunk), entry);
        return entry;
      });
      const files = writer.finish();
      const segments = entries.flatMap((entry) => [...entry.chunkSegments.view()]);
      expect(segments).toEqual(segmentsByRule(series, segmentBytesMax));
      expect(files.map((file) => file.relPath)).toEqual(
        disk.list('/b/chunks').map((file) => `chunks/${file.name}`),
      );
      const reader = new ChunkSegmentReader(
        files.map((file) => new FileSource(disk, `/b/${file.relPath}`)),
      );
      const read = emptyChunk();
      entries.forEach((entry, i) => {
        series[i]!.forEach((size, c) => {
          reader.read(entry.chunkSegments.at(c), entry.chunkOffsets.at(c), read);
          expect(read.data).toEqual(chunk(size).bytes);
          expect(placeOf(read).count).toBe(size * 257);
        });
      });
    }),
    { numRuns: 100 },
  );
});

test('what a chunk takes is reckoned high, as Prometheus does', () => {
  expect(storedBytes(100)).toBe(106);
  expect(storedBytes(200)).toBe(207);
  expect(reckonedBytes(100)).toBe(110);
});

test('histograms are counted by themselves, in newer encodings too', () => {
  expect([1, 2, 3, 4, 5, 6, 255].filter(isHistogramEncoding)).toEqual([2, 3, 5, 6]);
});

test('a segment that is not there, or a place within the header, is damage', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/b/chunks');
  const writer = new ChunkSegmentWriter(disk, '/b');
  writer.writeSeries([chunk(3)], new SeriesEntry());
  writer.finish();
  const reader = new ChunkSegmentReader([
    new FileSource(disk, '/b/chunks/000001', 'chunks/000001'),
  ]);
  expect(() => reader.read(1, 8, emptyChunk())).toThrow(/no segment 2/);
  expect(() => reader.read(0, 7, emptyChunk())).toThrow(
    /chunks\/000001, byte 7: no chunk begins here/,
  );
  expect(() => reader.read(0, 999, emptyChunk())).toThrow(/no chunk begins here/);
  expect(() => placeOf({ encoding: 1, data: new Uint8Array(1), end: 0 })).toThrow(
    /no sample count/,
  );
});
