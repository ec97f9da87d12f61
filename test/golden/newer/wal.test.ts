// A log of zstd records with start timestamps, checkpoint and all, written by Prometheus 3.16's own
// code (test/golden/data/newer/README.md), replays to what that code reads in it; and so does what
// a checkpoint of Varve's makes of it.

import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import type { Disk } from '../../../src/base/runtime/disk.ts';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { writeCheckpoint } from '../../../src/wal/checkpoint.ts';
import type { LabelColumns } from '../../../src/wal/record-numbers.ts';
import { replayWal } from '../../../src/wal/replay.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { bitsOf, exactText, hex } from '../block/compare.ts';

const DATA = 'test/golden/data/newer';

interface LoggedSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Time, value and start timestamp; of a histogram time, kind, text, shape, exact text, start. */
  readonly samples: readonly (readonly [number, ...(string | number)[]])[];
}

interface Summary {
  readonly counts: Readonly<Record<string, number>>;
  readonly minValidTime: number;
  readonly checkpoint: string;
}

const lines = gunzipSync(readFileSync(`${DATA}/live.wal.ndjson.gz`))
  .toString()
  .trim()
  .split('\n');
const summary = JSON.parse(lines.pop() ?? '') as Summary;
const dumped = lines.map((line) => JSON.parse(line) as LoggedSeries);

/** A dumped sample as `replayed` writes it. */
function sampleText([time, ...rest]: LoggedSeries['samples'][number]): string {
  const [value, , , exact] = rest.map(String);
  if (rest.length === 2) return `${time} ${bitsOf(value!)}`;
  return `${time} ${value} ${exact}`;
}

function labelsAt(row: number, labels: LabelColumns, bytes: Uint8Array): [string, string][] {
  const slice = (start: number, length: number): string =>
    new TextDecoder().decode(bytes.subarray(start, start + length));
  const pairs: [string, string][] = [];
  for (let cell = labels.firstOf(row); cell < labels.firstOf(row + 1); cell++)
    pairs.push([
      slice(labels.nameStarts.at(cell), labels.nameLengths.at(cell)),
      slice(labels.valueStarts.at(cell), labels.valueLengths.at(cell)),
    ]);
  return pairs;
}

async function replayed(disk: Disk, dir: string) {
  const series = new Map<number, { labels: Record<string, string>; samples: string[] }>();
  const seen = { exemplars: 0, metadata: 0, tombstones: 0 };
  const minValidTimes: number[] = [];
  const value = new HistogramValue();
  const report = await replayWal({
    disk,
    dir,
    sink: {
      series: ({ labels, refs }, bytes) => {
        for (let i = 0; i < refs.length; i++) {
          const pairs = labelsAt(i, labels, bytes);
          series.set(refs.at(i), { labels: Object.fromEntries(pairs), samples: [] });
        }
      },
      samples: ({ highs, lows, refs, times }) => {
        for (let i = 0; i < refs.length; i++)
          series.get(refs.at(i))!.samples.push(`${times.at(i)} ${hex(lows.at(i), highs.at(i))}`);
      },
      histograms: ({ refs, times, values }) => {
        for (let i = 0; i < refs.length; i++) {
          values.load(i, value);
          const text = `${value.isFloat ? 'float' : 'int'} ${exactText(value)}`;
          series.get(refs.at(i))!.samples.push(`${times.at(i)} ${text}`);
        }
      },
      exemplars: ({ refs }) => {
        seen.exemplars += refs.length;
      },
      metadata: ({ refs }) => {
        seen.metadata += refs.length;
      },
      tombstones: ({ refs }) => {
        seen.tombstones += refs.length;
      },
      minValidTime: (timeMs) => minValidTimes.push(timeMs),
    },
  });
  expect(report).toMatchObject({ damageCount: 0, torn: undefined });
  expect([...report.skipped]).toEqual([]);
  return { minValidTimes, report, seen, series: [...series.values()] };
}

function expectDumped(series: Awaited<ReturnType<typeof replayed>>['series']): void {
  expect(series.map(({ labels }) => labels)).toEqual(dumped.map(({ labels }) => labels));
  for (const [i, { samples }] of series.entries())
    expect(samples).toEqual(dumped[i]!.samples.map(sampleText));
}

test('every sample of the dump is replayed, and no other', async () => {
  const { minValidTimes, report, seen, series } = await replayed(
    new NodeDisk(),
    `${DATA}/live/wal`,
  );
  expectDumped(series);
  expect(series.reduce((sum, { samples }) => sum + samples.length, 0)).toBeGreaterThan(1900);
  expect(minValidTimes).toEqual([summary.minValidTime]);
  expect(`checkpoint.${String(report.checkpoint).padStart(8, '0')}`).toBe(summary.checkpoint);
  expect(seen).toEqual({
    exemplars: summary.counts.exemplars,
    metadata: summary.counts.metadata,
    tombstones: summary.counts.tombstones,
  });
  expect(Object.fromEntries(report.records)).toEqual({
    series: summary.counts['records of series'],
    exemplars: summary.counts['records of exemplars'],
    metadata: summary.counts['records of metadata'],
    tombstones: summary.counts['records of tombstones'],
    'samples with start times': summary.counts['records of samples_v2'],
    'histogram samples with start times': summary.counts['records of histogram_samples_v2'],
    'float histogram samples with start times':
      summary.counts['records of float_histogram_samples_v2'],
    'minimum valid time': 1,
  });
});

function copied(): MemoryDisk {
  const disk = new MemoryDisk();
  const names = readdirSync(`${DATA}/live/wal`, { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of names.filter((entry) => entry.isFile())) {
    const dir = parentPath.replace(`${DATA}/live`, '/t');
    disk.makeDir(dir);
    const file = disk.openSync(`${dir}/${name}`, 'create');
    file.write(readFileSync(`${parentPath}/${name}`), 0);
    file.close();
  }
  return disk;
}

test('a checkpoint made of it keeps every sample, in records that every Prometheus 3 reads', async () => {
  const disk = copied();
  const keep = { isLive: () => true, isCovered: () => false, isExemplarCovered: () => false };
  await writeCheckpoint({ disk, dir: '/t/wal', through: 4, quarantineDir: '/q', ...keep });
  const { minValidTimes, report, series } = await replayed(disk, '/t/wal');
  expect(report.checkpoint).toBe(4);
  expectDumped(series);
  expect(minValidTimes).toEqual([summary.minValidTime]);
  expect([...report.records.keys()].sort()).toEqual([
    'custom-bucket float histogram samples',
    'custom-bucket histogram samples',
    'exemplars',
    'float histogram samples',
    'histogram samples',
    'metadata',
    'minimum valid time',
    'samples',
    'series',
    'tombstones',
  ]);
});
