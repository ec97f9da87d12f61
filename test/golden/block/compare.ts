// Reads a block as users of it would, and compares with its dump; writes it anew from what was read.

import { expect } from 'vitest';
import { chunkCount } from '../../../src/base/chunk/chunk-format.ts';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { histogramText } from '../../../src/base/model/histogram-text.ts';
import type { Disk } from '../../../src/base/runtime/disk.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import type { ChunkToWrite } from '../../../src/block/block-sink.ts';
import { BlockWriter, type WrittenBlock } from '../../../src/block/block-writer.ts';
import { emptyChunk, placeOf } from '../../../src/block/chunks/segment-reader.ts';
import type { DumpedSeries } from './blocks.ts';

export const AGGREGATE = 255;

/** The bits that a dump's text stands for. */
export function bitsOf(text: string): string {
  if (text.startsWith('nan:')) return text.slice('nan:'.length);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(Number(text.replace('Inf', 'Infinity')));
  return bytes.toString('hex');
}

export function hex(low: number, high: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

const NUMBER = /[-+]?(?:Inf|NaN|\d[\d.]*(?:e[-+]\d+)?)/g;

/** Are both texts the same, but for the last digits of bounds (histogram-text.ts)? */
export function isSameHistogram(actual: string, wanted: string): boolean {
  if (actual === wanted) return true;
  if (actual.replace(NUMBER, '#') !== wanted.replace(NUMBER, '#')) return false;
  const numbers = (text: string): number[] =>
    Array.from(text.matchAll(NUMBER), ([one]) => Number(one.replace('Inf', 'Infinity')));
  const others = numbers(wanted);
  return numbers(actual).every((one, i) => {
    const other = others[i]!;
    return Object.is(one, other) || Math.abs(one / other - 1) < 1e-13;
  });
}

/** Is everything that the dump has in the block, and nothing else? Returns chunks compared. */
export function expectDump(disk: Disk, dir: string, dumped: readonly DumpedSeries[]): number {
  const block = new BlockReader(disk, dir);
  const samples = new ChunkReader();
  const chunk = emptyChunk();
  const histogram = new HistogramValue();
  let series = 0;
  let chunks = 0;
  for (const entry of block.series()) {
    const wanted = dumped[series++]!;
    const labels = block.labelsOf(entry).map(({ name, value }) => [name, value]);
    expect(Object.fromEntries(labels)).toEqual(wanted.labels);
    expect(entry.chunkCount).toBe(wanted.chunks.length);
    for (const [i, dumpedChunk] of wanted.chunks.entries()) {
      expect(entry.chunkMinTimes.at(i)).toBe(dumpedChunk.mint);
      expect(entry.chunkMaxTimes.at(i)).toBe(dumpedChunk.maxt);
      block.readChunk(entry, i, chunk);
      expect(chunk.encoding).toBe(dumpedChunk.encoding);
      samples.open(placeOf(chunk));
      const times: number[] = [];
      const values: string[] = [];
      while (samples.next()) {
        times.push(samples.timeMs);
        if (samples.isHistogram) {
          samples.load(histogram);
          values.push(histogram.isFloat ? 'float' : 'int');
          const text = histogramText(histogram);
          const dumpedText = dumpedChunk.samples[times.length - 1]![2]!;
          if (!isSameHistogram(text, dumpedText)) expect(text).toBe(dumpedText);
        } else values.push(hex(samples.low, samples.high));
      }
      const { isHistogram } = samples;
      expect(times.join()).toBe(dumpedChunk.samples.map(([time]) => time).join());
      expect(values.join()).toBe(
        dumpedChunk.samples.map(([, value]) => (isHistogram ? value : bitsOf(value))).join(),
      );
      chunks++;
    }
  }
  expect(series).toBe(dumped.length);
  block.close();
  return chunks;
}

/** Writes the block in `dir` anew into `to`, from what reading it gives. */
export function rewrite(from: Disk, dir: string, to: { disk: Disk; dir: string }): WrittenBlock {
  const block = new BlockReader(from, dir);
  const writer = new BlockWriter({ ...to, ulid: block.meta.ulid });
  const { symbols } = block.index;
  for (let i = 0; i < symbols.count; i++) writer.addSymbol(symbols.bytes(i));
  const chunk = emptyChunk();
  for (const entry of block.series()) {
    const chunks: ChunkToWrite[] = [];
    for (let i = 0; i < entry.chunkCount; i++) {
      block.readChunk(entry, i, chunk);
      const bytes = chunk.data.slice();
      const { encoding } = chunk;
      const sampleCount =
        encoding === AGGREGATE ? 0 : chunkCount(new DataView(bytes.buffer, bytes.byteOffset), 0);
      const minTimeMs = entry.chunkMinTimes.at(i);
      const maxTimeMs = entry.chunkMaxTimes.at(i);
      chunks.push({ minTimeMs, maxTimeMs, encoding, sampleCount, bytes });
    }
    writer.addSeries(entry.labels.view(), chunks);
  }
  block.close();
  const { minTimeMs, maxTimeMs, thanos } = block.meta;
  const labels = thanos?.labels ?? [];
  return writer.finish({ minTimeMs, maxTimeMs, labels, source: thanos?.source ?? 'receive' });
}
