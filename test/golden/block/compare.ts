// Reads a block as users of it would, and compares with its dump; writes it anew from what was read.

import { expect } from 'vitest';
import type { F64Column, U32Column } from '../../../src/base/bytes/columns.ts';
import { COUNT } from '../../../src/base/chunk/aggregate-format.ts';
import { readAggregate } from '../../../src/base/chunk/aggregate-reader.ts';
import { chunkCount } from '../../../src/base/chunk/chunk-format.ts';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { goFloat } from '../../../src/base/model/go-text.ts';
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

/** Is the histogram what the dump's line says, to the last bit where it says so? */
export function expectHistogram(value: HistogramValue, dumped: readonly unknown[]): void {
  const [, kind, text, shape, exact] = dumped.map(String);
  expect(value.isFloat ? 'float' : 'int').toBe(kind);
  const actual = histogramText(value);
  if (!isSameHistogram(actual, text!)) expect(actual).toBe(text);
  const custom = Array.from(value.customValues.view(), goFloat).join(' ');
  expect(`schema=${value.schema} hint=${value.resetHint} custom=[${custom}]`).toBe(shape);
  if (exact?.startsWith('sum=') === true) expect(exactText(value)).toBe(exact);
}

/** What cannot be seen in a histogram's text: the sum's bits, spans, empty buckets. */
export function exactText(value: HistogramValue): string {
  const number = (count: number): string => (value.isFloat ? goFloat(count) : String(count));
  const spans = (offsets: F64Column, lengths: U32Column): string =>
    Array.from(offsets.view(), (offset, i) => `${offset}+${lengths.at(i)}`).join();
  const buckets = (column: F64Column): string =>
    Array.from(column.view(), (one) => number(one)).join();
  const { positiveSpanOffsets, positiveSpanLengths, positiveBuckets } = value;
  const { negativeSpanOffsets, negativeSpanLengths, negativeBuckets } = value;
  const threshold = Buffer.alloc(8);
  threshold.writeDoubleBE(value.zeroThreshold);
  const positive = spans(positiveSpanOffsets, positiveSpanLengths);
  const negative = spans(negativeSpanOffsets, negativeSpanLengths);
  return [
    `sum=${hex(value.sumLow, value.sumHigh)} threshold=${threshold.toString('hex')}`,
    `count=${number(value.count)} zero=${number(value.zeroCount)}`,
    `spans=${positive};${negative}`,
    `buckets=${buckets(positiveBuckets)};${buckets(negativeBuckets)}`,
  ].join(' ');
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
          expectHistogram(histogram, dumpedChunk.samples[times.length - 1]!);
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
  const writer = new BlockWriter({ ...to, ulid: block.readMeta().ulid });
  const { symbols } = block.index;
  for (let i = 0; i < symbols.count; i++) writer.addSymbol(symbols.bytes(i));
  const chunk = emptyChunk();
  for (const entry of block.series()) {
    const chunks: ChunkToWrite[] = [];
    for (let i = 0; i < entry.chunkCount; i++) {
      block.readChunk(entry, i, chunk);
      const bytes = chunk.data.slice();
      const { encoding } = chunk;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const sampleCount =
        encoding === AGGREGATE
          ? (readAggregate(view, 0, bytes.length).at(COUNT)?.count ?? 0)
          : chunkCount(encoding, view, 0);
      const minTimeMs = entry.chunkMinTimes.at(i);
      const maxTimeMs = entry.chunkMaxTimes.at(i);
      chunks.push({ minTimeMs, maxTimeMs, encoding, sampleCount, bytes });
    }
    writer.addSeries(entry.labels.view(), chunks);
  }
  block.close();
  const { minTimeMs, maxTimeMs, thanos } = block.readMeta();
  const labels = thanos?.labels ?? [];
  return writer.finish({ minTimeMs, maxTimeMs, labels, source: thanos?.source ?? 'receive' });
}
