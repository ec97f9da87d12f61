// Blocks that Thanos downsampled, downsampled again: byte for byte the same chunks, but for the one
// place where Thanos counts too much (docs/formats/aggregate-chunks.md, "Where Varve differs").

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AGGREGATES } from '../../src/base/chunk/aggregate-format.ts';
import { readAggregate } from '../../src/base/chunk/aggregate-reader.ts';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import type { TimedChunk } from '../../src/base/chunk/merge-chunks.ts';
import { isStale } from '../../src/base/chunk/stale.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import type { ChunkToWrite } from '../../src/block/block-sink.ts';
import { emptyChunk, placeOf } from '../../src/block/chunks/segment-reader.ts';
import type { SeriesEntry } from '../../src/block/index/series-entry.ts';
import { AggregateDownsampler } from '../../src/downsample/aggregate-series.ts';
import { RawDownsampler } from '../../src/downsample/raw-series.ts';
import { plainAggregate } from '../support/aggregate-samples.ts';
import { isReset } from '../support/plain-buckets.ts';

const COPIES = 'test/golden/data/blocks';
const SHARED = process.env.VARVE_GOLDEN ?? '../shared/golden/buckets';
const disk = new NodeDisk();

interface Pair {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const RAW: readonly Pair[] = [
  {
    name: 'compact',
    from: `${COPIES}/compact/01M832ZGAWXA1NEP291496B8HK`,
    to: `${COPIES}/compact/01M832ZGBGXPV323YSG0WR6PZ0`,
  },
  {
    name: 'penalty',
    from: `${COPIES}/penalty/01M832ZHTAC9H5KB4YM4EX4WVQ`,
    to: `${COPIES}/penalty/01M832ZHV7MT262QCJG6P8ASWK`,
  },
  {
    name: 'dedup',
    from: `${SHARED}/dedup/01M832ZH2TG1K91HG0XRE4V4ZH`,
    to: `${SHARED}/dedup/01M832ZH3FS2T45KDWZCX5WXCJ`,
  },
  {
    name: 'long',
    from: `${SHARED}/long/01M832ZM174AYVFSJSBNSX9AHC`,
    to: `${SHARED}/long/01M832ZM1WEZ8BM4A5M0R1C5MT`,
  },
];
const HOUR: Pair = {
  name: 'long, 1h',
  from: `${COPIES}/long/01M832ZM1WEZ8BM4A5M0R1C5MT`,
  to: `${COPIES}/long/01M832ZM4HMJT1WCPRHZ83VVNZ`,
};

/** The chunks of a series, in memory of their own. */
function chunksOf(block: BlockReader, entry: SeriesEntry): TimedChunk[] {
  const chunk = emptyChunk();
  return Array.from({ length: entry.chunkCount }, (_, i) => {
    block.readChunk(entry, i, chunk);
    const minTimeMs = entry.chunkMinTimes.at(i);
    const maxTimeMs = entry.chunkMaxTimes.at(i);
    return { ...placeOf({ ...chunk, data: chunk.data.slice() }), minTimeMs, maxTimeMs };
  });
}

function partBytes(
  chunk: { view: DataView; base: number; lengthBytes: number } | undefined,
): string {
  if (chunk === undefined) return '';
  const { view, base, lengthBytes } = chunk;
  return Buffer.from(view.buffer, view.byteOffset + base, lengthBytes).toString('hex');
}

interface Difference {
  readonly series: string;
  readonly chunk: number;
  readonly part: string;
  readonly raw: readonly TimedChunk[];
  readonly made: ChunkToWrite;
  readonly wanted: TimedChunk;
}

/** Downsamples the block; every part of a chunk whose bytes are not those of Thanos. */
function differences(
  { from, to }: Pair,
  downsample: (chunks: readonly TimedChunk[]) => readonly ChunkToWrite[],
): { series: number; parts: number; found: Difference[] } {
  const source = new BlockReader(disk, from);
  const target = new BlockReader(disk, to);
  const result = { series: 0, parts: 0, found: [] as Difference[] };
  const wantedSeries = target.series();
  for (const entry of source.series()) {
    const labels = source.labelsOf(entry);
    const series = labels.map(({ value }) => value).join(' ');
    const raw = chunksOf(source, entry);
    const wantedEntry = wantedSeries.next().value;
    expect(target.labelsOf(wantedEntry)).toEqual(labels);
    const wanted = chunksOf(target, wantedEntry);
    const made = downsample(raw);
    const times = (one: ChunkToWrite | TimedChunk): number[] => [one.minTimeMs, one.maxTimeMs];
    expect(made.map(times), series).toEqual(wanted.map(times));
    result.series++;
    made.forEach((chunk, i) => {
      const other = wanted[i]!;
      const view = new DataView(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.length);
      const parts = readAggregate(view, 0, chunk.bytes.length);
      const others = readAggregate(other.view, other.base, other.lengthBytes);
      parts.forEach((part, which) => {
        result.parts++;
        expect(part?.encoding).toBe(others[which]?.encoding);
        if (partBytes(part) === partBytes(others[which])) return;
        const name = AGGREGATES[which]!;
        result.found.push({ series, chunk: i, part: name, raw, made: chunk, wanted: other });
      });
    });
  }
  expect(wantedSeries.next().done).toBe(true);
  source.close();
  target.close();
  return result;
}

/** What a counter of histograms has counted at the end of a range, beginning with its first. */
function observations(raw: readonly TimedChunk[], fromMs: number, toMs: number): number {
  const reader = new ChunkReader();
  let counted = 0;
  let before: HistogramValue | undefined;
  for (const chunk of raw) {
    reader.open(chunk);
    while (reader.next()) {
      const now = new HistogramValue();
      reader.load(now);
      if (reader.timeMs < fromMs || reader.timeMs > toMs || isStale(now.sumLow, now.sumHigh))
        continue;
      const isNew = before === undefined || isReset(before, now);
      counted += isNew ? now.count : now.count - before!.count;
      before = now;
    }
  }
  return counted;
}

test.each(RAW.filter(({ from }) => existsSync(from)))(
  '$name: raw to 5m, the chunks of Thanos but for one part',
  (pair) => {
    const downsampler = new RawDownsampler(300_000);
    const { found, parts, series } = differences(pair, (chunks) => downsampler.series(chunks));
    expect(series).toBeGreaterThanOrEqual(12);
    expect(parts).toBeGreaterThan(300);
    // The histogram whose schema changes: finer ones before a coarser one in the same chunk.
    expect(found.map((one) => [one.series, one.chunk, one.part])).toEqual([
      ['request_duration_seconds /api/v1/write a:9090 api', 1, 'counter'],
    ]);
  },
);

test('where Thanos differs it counts a histogram twice at the border of raw chunks', () => {
  const downsampler = new RawDownsampler(300_000);
  const [found] = differences(RAW[0]!, (chunks) => downsampler.series(chunks)).found;
  const { made, raw, wanted } = found!;
  const bytes = new Uint8Array(
    wanted.view.buffer as ArrayBuffer,
    wanted.view.byteOffset + wanted.base,
    wanted.lengthBytes,
  );
  const last = (chunk: ChunkToWrite) => plainAggregate(chunk).counter!.at(-1)!.histogram!.count;
  // Both chunks begin behind the chunk before them.
  const firstMs = plainAggregate(made).count![0]!.timeMs - 299_999;
  const exact = observations(raw, firstMs, made.maxTimeMs);
  expect(last(made)).toBe(exact);
  expect(last({ ...made, bytes })).toBeGreaterThan(exact);
});

test('5m to 1h: byte for byte the chunks of Thanos', () => {
  const downsampler = new AggregateDownsampler({ fromMs: 300_000, toMs: 3_600_000 });
  const { found, parts, series } = differences(HOUR, (chunks) => downsampler.series(chunks));
  expect(found).toEqual([]);
  expect([series, parts]).toEqual([12, 44 * 5]);
});
