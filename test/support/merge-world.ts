// Buckets whose blocks are merged, and what comes out, sample by sample.

import { readdirSync, readFileSync } from 'node:fs';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { goFloat } from '../../src/base/model/go-text.ts';
import { histogramText } from '../../src/base/model/histogram-text.ts';
import { type Labels, labelsText } from '../../src/base/model/labels.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import { emptyChunk, placeOf } from '../../src/block/chunks/segment-reader.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { parseMeta } from '../../src/block/meta/parse.ts';
import { SeriesSamples } from '../../src/block/series-samples.ts';
import { verifyBlock } from '../../src/block/verify.ts';
import type { Bucket } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { mergeBlocks } from '../../src/compact/merge/merge-blocks.ts';
import type { MergeOutcome } from '../../src/compact/merge/outcome.ts';
import type { MergeTask } from '../../src/compact/merge/parts.ts';
import { type MergeWorld, mergeParts } from '../../src/merge-parts.ts';
import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from './each-object.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk } from './memory-disk.ts';

/** Of the results, unless a test wants another. */
export const RESULT_ULID = '01M9ZZZZZZZZZZZZZZZZZZZZZZ';
const WORK = '/work/merge';

/** A sample: time and what it is, to the last bit; of histograms without reset hint. */
export type SampleText = readonly [timeMs: number, text: string];

export class MergeTestWorld {
  readonly clock = new ManualClock();
  readonly disk = new MemoryDisk();
  readonly bucket: Bucket = new MemoryBucket(this.clock);

  /** Puts a block's directory of the real disk into the bucket; its meta.json. */
  async putDir(dir: string, ulid: string): Promise<BlockMeta> {
    const names = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(dir.length + 1));
    for (const name of names) await this.put(`${ulid}/${name}`, readFileSync(`${dir}/${name}`));
    return parseMeta(readFileSync(`${dir}/meta.json`), 'meta.json');
  }

  /** Puts a block of another disk into the bucket. */
  async putFrom(disk: Disk, dir: string, ulid: string): Promise<void> {
    const walk = async (below: string): Promise<void> => {
      for (const { name, isDirectory } of disk.list(`${dir}${below}`)) {
        if (isDirectory) await walk(`${below}/${name}`);
        else await this.put(`${ulid}${below}/${name}`, disk.readFile(`${dir}${below}/${name}`));
      }
    };
    await walk('');
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.bucket.put(key, bytesSource(bytes));
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of eachObject(this.bucket.list(prefix))) keys.push(key);
    return keys;
  }

  async merge(task: MergeTask, world: Partial<MergeWorld> = {}): Promise<MergeOutcome> {
    const parts = mergeParts(task, {
      bucket: this.bucket,
      disk: this.disk,
      workDir: WORK,
      ...world,
    });
    return mergeBlocks(task, parts);
  }

  /** Brings a block out of the bucket to the disk; where it is. */
  async fetch(ulid = RESULT_ULID): Promise<string> {
    const dir = `/fetched/${ulid}`;
    this.disk.removeTree(dir);
    this.disk.makeDir(`${dir}/chunks`);
    for (const key of await this.keys(`${ulid}/`)) {
      const bytes = await collect(this.bucket.get(key), 2 ** 30, key);
      this.disk.replaceFile(`/fetched/${key}`, bytes);
    }
    return dir;
  }

  /** What `verify` finds of a block, and its samples by series. */
  async look(ulid = RESULT_ULID) {
    const dir = await this.fetch(ulid);
    // Symbols of series that are gone may stay.
    const findings = verifyBlock(this.disk, dir).filter(({ severity }) => severity !== 'info');
    return { findings, samples: samplesOf(this.disk, dir), meta: metaOf(this.disk, dir) };
  }
}

/** A task for whole blocks. */
export function taskOf(
  metas: readonly BlockMeta[],
  options: Partial<MergeTask> & { readonly labels: Labels },
): MergeTask {
  return {
    sources: metas.map(({ ulid }) => ulid),
    ulid: RESULT_ULID,
    resolutionMs: 0,
    minTimeMs: Math.min(...metas.map(({ minTimeMs }) => minTimeMs)),
    maxTimeMs: Math.max(...metas.map(({ maxTimeMs }) => maxTimeMs)),
    level: 2,
    deduplication: 'merge',
    ...options,
  };
}

function metaOf(disk: Disk, dir: string): BlockMeta {
  return parseMeta(disk.readFile(`${dir}/meta.json`), 'meta.json');
}

/** All samples of a block; deleted ones left out. */
export function samplesOf(disk: Disk, dir: string): Map<string, SampleText[]> {
  const block = new BlockReader(disk, dir);
  const all = new Map<string, SampleText[]>();
  const samples = new SeriesSamples(block);
  const value = new HistogramValue();
  for (const entry of block.series()) {
    const list: SampleText[] = [];
    samples.open(entry);
    while (samples.next()) {
      if (samples.isHistogram) samples.load(value);
      const text = samples.isHistogram ? textOf(value) : hex(samples.low, samples.high);
      list.push([samples.timeMs, text]);
    }
    all.set(labelsText(block.labelsOf(entry)), list);
  }
  block.close();
  return all;
}

/** The chunks of all series: encoding, times and bytes. */
export function chunksOf(disk: Disk, dir: string): Map<string, string[]> {
  const block = new BlockReader(disk, dir);
  const all = new Map<string, string[]>();
  const chunk = emptyChunk();
  for (const entry of block.series()) {
    const list: string[] = [];
    for (let i = 0; i < entry.chunkCount; i++) {
      block.readChunk(entry, i, chunk);
      const times = `${entry.chunkMinTimes.at(i)}-${entry.chunkMaxTimes.at(i)}`;
      list.push(`${chunk.encoding} ${times} ${Buffer.from(chunk.data).toString('base64')}`);
    }
    all.set(labelsText(block.labelsOf(entry)), list);
  }
  block.close();
  return all;
}

/** How many samples the chunks of a series have. */
export function chunkSizes(disk: Disk, dir: string): Map<string, number[]> {
  const block = new BlockReader(disk, dir);
  const all = new Map<string, number[]>();
  const chunk = emptyChunk();
  const reader = new ChunkReader();
  for (const entry of block.series()) {
    const list: number[] = [];
    for (let i = 0; i < entry.chunkCount; i++) {
      block.readChunk(entry, i, chunk);
      reader.open(placeOf(chunk));
      let count = 0;
      while (reader.next()) count++;
      list.push(count);
    }
    all.set(labelsText(block.labelsOf(entry)), list);
  }
  block.close();
  return all;
}

/** A histogram as a sample's text. */
export function textOf(value: HistogramValue): string {
  const custom = Array.from(value.customValues.view(), goFloat).join(' ');
  const kind = value.isFloat ? 'float' : 'int';
  return `${kind} ${histogramText(value)} schema=${value.schema} custom=[${custom}]`;
}

/** The bits of a float as a sample's text. */
export function hex(low: number, high: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
