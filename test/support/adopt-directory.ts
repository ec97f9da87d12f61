// A data directory that Prometheus 3.14 left (test/golden/data/prometheus-directory), put on a
// simulated disk, and what a Prometheus started on it answers.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { histogramText } from '../../src/base/model/histogram-text.ts';
import { labelsOfKey } from '../../src/base/model/label-key.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import { listBlockMetas } from '../../src/block/local-blocks.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { blockDir } from '../../src/block/paths.ts';
import { SeriesSamples } from '../../src/block/series-samples.ts';
import type { SelectedChunk } from '../../src/query/merge-series.ts';
import { syncTree } from '../../src/wal/sync-tree.ts';

const DATA = new URL('../golden/data/prometheus-directory/', import.meta.url).pathname;

/** `labels time` → kind and value. */
export type Samples = Map<string, string>;

/** Copies the directory to `dir` of `disk` as `cp -r` does: nothing of it is synced. */
export function copyDirectory(disk: Disk, dir: string, from = join(DATA, 'data')): void {
  disk.makeDir(dir);
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (statSync(path).isDirectory()) copyDirectory(disk, `${dir}/${name}`, path);
    else {
      const file = disk.openSync(`${dir}/${name}`, 'create');
      file.write(readFileSync(path), 0);
      file.close();
    }
  }
}

/** The same, and `sync`. */
export async function layDirectory(disk: Disk, dir: string): Promise<void> {
  copyDirectory(disk, dir);
  await syncTree(disk, dir, async () => undefined);
}

/** What that Prometheus answers. */
export function expectedSamples(): Samples {
  const samples: Samples = new Map();
  const text = gunzipSync(readFileSync(join(DATA, 'expected.ndjson.gz'))).toString();
  for (const line of text.trimEnd().split('\n')) {
    const series = JSON.parse(line) as {
      readonly labels: readonly (readonly [string, string])[];
      readonly samples: readonly (readonly [number, string, string])[];
    };
    const labels = series.labels.map(([name, value]) => `${name}=${value}`).join(',');
    for (const [time, kind, value] of series.samples) {
      samples.set(`${labels} ${time}`, `${kind === 'f' ? 'f' : 'h'} ${value}`);
    }
  }
  return samples;
}

/** A block's samples, deleted ones left out. */
export interface ReadBlock {
  readonly meta: BlockMeta;
  readonly samples: Samples;
}

/** Every block in `dir`; throws for one that cannot be read. */
export function readAll(disk: Disk, dir: string): ReadBlock[] {
  const onDamaged = (_: string, error: Error): void => {
    throw error;
  };
  return listBlockMetas({ disk, dir, onDamaged }).map((meta) => {
    const reader = new BlockReader(disk, blockDir(dir, meta.ulid));
    try {
      return { meta, samples: samplesOf(reader) };
    } finally {
      reader.close();
    }
  });
}

function samplesOf(reader: BlockReader): Samples {
  const samples: Samples = new Map();
  const cursor = new SeriesSamples(reader);
  const histogram = new HistogramValue();
  for (const entry of reader.series()) {
    const pairs = reader.labelsOf(entry).map(({ name, value }) => `${name}=${value}`);
    cursor.open(entry);
    while (cursor.next()) {
      if (cursor.isHistogram) cursor.load(histogram);
      const value = cursor.isHistogram
        ? `h ${histogramText(histogram)}`
        : `f ${hex(cursor.high)}${hex(cursor.low)}`;
      samples.set(`${pairs.join(',')} ${cursor.timeMs}`, value);
    }
  }
  return samples;
}

/** The samples of series as a select gives them; each must be there once. */
export function samplesOfSelect(
  series: Iterable<{ readonly key: Uint8Array; readonly chunks: readonly SelectedChunk[] }>,
): Samples {
  const samples: Samples = new Map();
  const reader = new ChunkReader();
  const histogram = new HistogramValue();
  for (const { key, chunks } of series) {
    const labels = labelsOfKey(key).map(({ name, value }) => `${name}=${value}`);
    for (const { bytes, encoding, count } of chunks) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      reader.open({ encoding, view, base: 0, lengthBytes: bytes.length, count });
      while (reader.next()) {
        if (reader.isHistogram) reader.load(histogram);
        const value = reader.isHistogram
          ? `h ${histogramText(histogram)}`
          : `f ${hex(reader.high)}${hex(reader.low)}`;
        const at = `${labels.join(',')} ${reader.timeMs}`;
        if (samples.has(at)) throw new Error(`${at} is there twice`);
        samples.set(at, value);
      }
    }
  }
  return samples;
}

function hex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}

/** All samples of the blocks, and those that stand in a block of Varve's and elsewhere, too. */
export function mergeBlocks(blocks: readonly ReadBlock[]): {
  readonly all: Samples;
  readonly doubled: readonly string[];
} {
  const all: Samples = new Map();
  const doubled: string[] = [];
  const isOwn = ({ meta }: ReadBlock): boolean => meta.thanos?.varve !== undefined;
  for (const block of [...blocks].sort((a, b) => Number(isOwn(a)) - Number(isOwn(b)))) {
    for (const [key, value] of block.samples) {
      if (all.has(key) && isOwn(block)) doubled.push(key);
      if (!all.has(key)) all.set(key, value);
    }
  }
  return { all, doubled };
}

/** The first differences, readable; empty when both are equal. */
export function differences(actual: Samples, wanted: Samples): readonly string[] {
  const found: string[] = [];
  for (const [key, value] of wanted) {
    const is = actual.get(key);
    if (is !== value) found.push(`${key}: ${is ?? 'missing'}, wanted ${value}`);
  }
  for (const key of actual.keys()) if (!wanted.has(key)) found.push(`${key}: not wanted`);
  return found;
}
