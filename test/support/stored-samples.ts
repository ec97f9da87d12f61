// Reads every block on a simulated disk, sample by sample, for comparison with what was sent.

import { createHash } from 'node:crypto';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import { parseBlockDirName } from '../../src/block/paths.ts';
import { SeriesSamples } from '../../src/block/series-samples.ts';
import type { BucketReader } from '../../src/bucket/bucket.ts';
import { eachObject } from './each-object.ts';
import { MemoryDisk } from './memory-disk.ts';

/** A block with the samples in it. */
export interface StoredBlock {
  readonly ulid: string;
  readonly dir: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** `block labels minTimeMs maxTimeMs segment:offset`, as CutNote has it. */
  readonly key: string;
  /** The block's labels as text. */
  readonly labels: string;
  /** Per sample: `block labels|series labels|time`, and its value as text. */
  readonly samples: readonly (readonly [key: string, value: string, timeMs: number])[];
}

/** Blocks decoded, by the digest of their bytes; more than a history has at a time. */
const KNOWN = new Map<string, StoredBlock>();
const KNOWN_MAX = 500;

/** Every block in `dir`; throws when one cannot be read. */
export function readBlocks(disk: MemoryDisk, dir: string): StoredBlock[] {
  if (disk.stat(dir) === undefined) return [];
  return disk
    .list(dir)
    .filter(({ name, isDirectory }) => isDirectory && parseBlockDirName(name) !== undefined)
    .map(({ name }) => `${dir === '/' ? '' : dir}/${name}`)
    .filter((path) => disk.stat(`${path}/meta.json`) !== undefined)
    .map((path) => readBlock(disk, path));
}

/** Every whole block in a bucket; throws when one cannot be read. */
export async function readObjects(bucket: BucketReader): Promise<StoredBlock[]> {
  const disk = new MemoryDisk();
  for await (const { key } of eachObject(bucket.list(''))) {
    const pieces: Uint8Array[] = [];
    for await (const piece of bucket.get(key)) pieces.push(piece);
    const path = `/${key}`;
    disk.makeDir(path.slice(0, path.lastIndexOf('/')));
    const file = disk.openSync(path, 'create');
    file.write(Buffer.concat(pieces), 0);
    file.close();
  }
  return readBlocks(disk, '/');
}

/**
 * What a block of these bytes holds is decoded once: a history looks at each of its blocks again
 * and again, and only bytes that are others can hold something else.
 */
function readBlock(disk: MemoryDisk, dir: string): StoredBlock {
  const digest = digestOf(disk, dir);
  const known = KNOWN.get(digest);
  if (known !== undefined) return { ...known, dir };
  const block = decodeBlock(disk, dir);
  if (KNOWN.size >= KNOWN_MAX) KNOWN.clear();
  KNOWN.set(digest, block);
  return block;
}

/** Of names and bytes of all files in `dir`. */
function digestOf(disk: MemoryDisk, dir: string): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    for (const { name, isDirectory } of disk.list(path)) {
      const inside = `${path}/${name}`;
      hash.update(`${inside.slice(dir.length)} ${disk.stat(inside)?.sizeBytes}\n`);
      if (isDirectory) add(inside);
      else hash.update(disk.readFile(inside));
    }
  };
  add(dir);
  return hash.digest('hex');
}

function decodeBlock(disk: MemoryDisk, dir: string): StoredBlock {
  const reader = new BlockReader(disk, dir);
  try {
    const { ulid, minTimeMs, maxTimeMs, thanos } = reader.readMeta();
    const position = thanos?.varve?.wal;
    const labels = textOf([...(thanos?.labels ?? [])].map(({ name, value }) => [name, value]));
    const samples: [string, string, number][] = [];
    const cursor = new SeriesSamples(reader);
    const histogram = new HistogramValue();
    for (const entry of reader.series()) {
      const series = textOf(reader.labelsOf(entry).map(({ name, value }) => [name, value]));
      cursor.open(entry);
      while (cursor.next()) {
        const key = `${labels}|${series}|${cursor.timeMs}`;
        if (cursor.isHistogram) cursor.load(histogram);
        const value = cursor.isHistogram
          ? histogramText(histogram)
          : floatBits(cursor.low, cursor.high);
        samples.push([key, value, cursor.timeMs]);
      }
    }
    const place = `${position?.segment}:${position?.offset}`;
    const key = `${labels} ${minTimeMs} ${maxTimeMs} ${place}`;
    return { ulid, dir, minTimeMs, maxTimeMs, key, labels, samples };
  } finally {
    reader.close();
  }
}

/** `name=value,…` by name. */
export function textOf(labels: readonly (readonly [string, string])[]): string {
  return labels
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(',');
}

/** What a histogram of exact-body.ts with this count reads as. */
export function histogramOf(count: number): string {
  return `histogram ${count} 40080000:0 0/1 ${count}`;
}

/** A histogram as text. */
export function histogramText(value: HistogramValue): string {
  const spans = `${value.positiveSpanOffsets.view()}/${value.positiveSpanLengths.view()}`;
  const sum = `${value.sumHigh.toString(16)}:${value.sumLow}`;
  return `histogram ${value.count} ${sum} ${spans} ${value.positiveBuckets.view()}`;
}

/** A float's bits in hex. */
export function floatBits(low: number, high: number): string {
  return hex(high) + hex(low);
}

function hex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}
