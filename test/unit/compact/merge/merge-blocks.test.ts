// Merging blocks of a bucket: what becomes of chunks, of deletions, of sources that are damaged, of
// a store that fails.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import { BlockReader } from '../../../../src/block/block-reader.ts';
import { HashedFile } from '../../../../src/block/hashed-file.ts';
import { SeriesEntry } from '../../../../src/block/index/series-entry.ts';
import { IndexWriter } from '../../../../src/block/index/writer.ts';
import type { BlockMeta } from '../../../../src/block/meta/format.ts';
import { parseMeta } from '../../../../src/block/meta/parse.ts';
import { digestHolds, printMeta } from '../../../../src/block/meta/print.ts';
import { writeTombstones } from '../../../../src/block/tombstones.ts';
import type { Bucket, ByteRange } from '../../../../src/bucket/bucket.ts';
import { mergeDir, sweepMergeDirs } from '../../../../src/compact/merge/work-dir.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import {
  chunkSizes,
  chunksOf,
  MergeTestWorld,
  RESULT_ULID,
  taskOf,
} from '../../../support/merge-world.ts';
import { makeBlock, type SeriesToMake } from '../../block/make-block.ts';

const A = '01M832KAJWMK22126GMWCXRFNM';
const B = '01M832KAKEEA2N5T8Y6TGBNZRP';
const LABELS = [{ name: 'tenant_id', value: 'tenant' }];
const UP = '{__name__="up"}';

type Samples = readonly (readonly [number, number])[];

function up(...chunks: readonly Samples[]): SeriesToMake {
  return { labels: { __name__: 'up' }, chunks };
}

function ramp(from: number, count: number, stepMs = 10): Samples {
  return Array.from({ length: count }, (_, i) => [from + i * stepMs, from + i] as const);
}

async function putBlock(
  world: MergeTestWorld,
  ulid: string,
  series: readonly SeriesToMake[],
  change: (disk: MemoryDisk, dir: string) => void = () => undefined,
): Promise<BlockMeta> {
  const disk = new MemoryDisk();
  const { meta, dir } = makeBlock(disk, series, { ulid });
  change(disk, dir);
  await world.putFrom(disk, dir, ulid);
  return meta;
}

/** Calls of the bucket that do something else. */
function withCalls(bucket: Bucket, calls: Partial<Bucket>): Bucket {
  return new Proxy(bucket, {
    get: (target, name: keyof Bucket) => {
      const value = calls[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('chunks that overlap nothing pass as they are, and meta.json says where all comes from', async () => {
  const world = new MergeTestWorld();
  const first = await putBlock(world, A, [up(ramp(1000, 40), ramp(1400, 40))]);
  const second = await putBlock(world, B, [up(ramp(2000, 40))]);
  const told: number[] = [];
  const outcome = await world.merge(taskOf([second, first], { labels: LABELS, level: 4 }), {
    onProgress: ({ readBytes }) => told.push(readBytes),
  });
  expect(outcome).toMatchObject({ kind: 'made', ulid: RESULT_ULID, numChunks: 3, numSamples: 120 });
  const dir = await world.fetch();
  const chunks = [A, B].map(async (ulid) => chunksOf(world.disk, await world.fetch(ulid)).get(UP));
  expect(chunksOf(world.disk, dir).get(UP)).toEqual((await Promise.all(chunks)).flat());
  const { findings, meta } = await world.look();
  expect(findings).toEqual([]);
  expect(meta.compaction).toMatchObject({ level: 4, sources: [A, B] });
  expect(meta.compaction.parents.map(({ ulid }) => ulid)).toEqual([A, B]);
  expect(meta.thanos).toMatchObject({ source: 'compactor', labels: LABELS, resolutionMs: 0 });
  expect(digestHolds(world.disk.readFile(`${dir}/meta.json`), meta)).toBe(true);
  expect(told.at(-1)).toBeGreaterThan(0);
  expect(world.disk.stat('/work/merge')).toBeUndefined();
});

test('of two samples at one time that of the smaller ULID stays', async () => {
  const world = new MergeTestWorld();
  const late = await putBlock(world, B, [up([[1000, 9], [1500, 9]])]); // biome-ignore format: short
  const early = await putBlock(world, A, [up([[1000, 1], [2000, 2]])]); // biome-ignore format: short
  await world.merge(taskOf([late, early], { labels: LABELS }));
  const { samples } = await world.look();
  expect(samples.get(UP)).toEqual([
    [1000, '3ff0000000000000'],
    [1500, '4022000000000000'],
    [2000, '4000000000000000'],
  ]);
});

test('small chunks side by side become full ones', async () => {
  const world = new MergeTestWorld();
  const small = Array.from({ length: 20 }, (_, i) => ramp(1000 + 100 * i, 10));
  const meta = await putBlock(world, A, [up(...small)]);
  await world.merge(taskOf([meta], { labels: LABELS }));
  const { samples } = await world.look();
  expect(samples.get(UP)).toHaveLength(200);
  expect(chunkSizes(world.disk, await world.fetch()).get(UP)).toEqual([120, 80]);
});

test('what is deleted does not come along; of what is deleted altogether nothing is made', async () => {
  const world = new MergeTestWorld();
  const all = { minTimeMs: 0, maxTimeMs: 9999 };
  const meta = await putBlock(world, A, [up(ramp(1000, 40))], (disk, dir) => {
    const block = new BlockReader(disk, dir);
    const [entry] = block.series();
    writeTombstones(disk, dir, new Map([[entry!.ref, [{ minTimeMs: 1100, maxTimeMs: 1199 }]]]));
  });
  const gone = await putBlock(world, B, [up(ramp(2000, 40))], (disk, dir) => {
    const block = new BlockReader(disk, dir);
    const [entry] = block.series();
    writeTombstones(disk, dir, new Map([[entry!.ref, [all]]]));
  });
  expect(await world.merge(taskOf([gone], { labels: LABELS }))).toMatchObject({ kind: 'empty' });
  expect(await world.keys(RESULT_ULID)).toEqual([]);
  await world.merge(taskOf([meta, gone], { labels: LABELS }));
  const { samples, findings } = await world.look();
  expect(findings).toEqual([]);
  expect(samples.get(UP)).toHaveLength(30);
  expect(await world.keys(`${RESULT_ULID}/tombstones`)).toEqual([]);
});

test('a foreign block whose chunks lie in another order than its series', async () => {
  const world = new MergeTestWorld();
  const names = Array.from({ length: 30 }, (_, i) => `m${String(i).padStart(2, '0')}`);
  const series = names.map((name, i) => ({
    labels: { __name__: name },
    chunks: [ramp(1000, 40).map(([timeMs]) => [timeMs, i] as const)],
  }));
  const meta = await putBlock(world, A, series, (disk, dir) => reverseChunks(disk, dir));
  const outcome = await world.merge(taskOf([meta], { labels: LABELS }));
  expect(outcome.kind).toBe('made');
  const { samples } = await world.look();
  const before = await world.look(A);
  expect(samples).toEqual(before.samples);
  expect(samples.get('{__name__="m00"}')?.[0]?.[1]).toBe('403d000000000000'); // 29
});

/** Gives each series the chunk of another, from the last to the first, as a foreign block. */
function reverseChunks(disk: MemoryDisk, dir: string): void {
  const block = new BlockReader(disk, dir);
  const offsets = [...block.series()].map((entry) => entry.chunkOffsets.at(0));
  const file = new HashedFile(disk, `${dir}/new`, 'index');
  const writer = new IndexWriter(file);
  const { symbols } = block.index;
  for (let i = 0; i < symbols.count; i++) writer.addSymbol(symbols.bytes(i));
  const copy = new SeriesEntry();
  for (const entry of block.series()) {
    copy.clear();
    for (let i = 0; i < entry.labels.length; i++) copy.labels.push(entry.labels.at(i));
    const times = [entry.chunkMinTimes.at(0), entry.chunkMaxTimes.at(0)] as const;
    copy.addChunk(...times, 0, offsets.pop() ?? 0);
    writer.addSeries(copy);
  }
  writer.finish();
  file.finish();
  const { thanos, rest, ...meta } = block.readMeta();
  block.close();
  disk.removeFile(`${dir}/index`);
  disk.rename(`${dir}/new`, `${dir}/index`);
  disk.replaceFile(`${dir}/meta.json`, printMeta(meta));
}

test('segments leave the disk as they are full: two of them at most', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [
    up(...[1000, 1500, 2000, 2500].map((at) => ramp(at, 40))),
  ]);
  let most = 0;
  const put: Bucket['put'] = async (key, source, options) => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    const files = world.disk.list('/work/merge').filter(({ name }) => name.startsWith('chunks'));
    most = Math.max(most, files.length);
    return world.bucket.put(key, source, options);
  };
  const bucket = withCalls(world.bucket, { put });
  const outcome = await world.merge(taskOf([meta], { labels: LABELS }), {
    bucket,
    segmentBytesFor: () => 100,
  });
  expect(outcome.kind).toBe('made');
  const { findings, meta: made } = await world.look();
  expect(findings).toEqual([]);
  expect(made.thanos?.segmentFiles.length).toBe(4);
  expect(most).toBe(2);
});

/** A bucket that changes a byte of the first `times` readings of `name`'s ranges. */
function flipping(world: MergeTestWorld, name: string, times: number): Bucket {
  let left = times;
  const get: Bucket['get'] = async function* (key, range?: ByteRange) {
    const bytes = await collect(world.bucket.get(key, range), 2 ** 30, key);
    const at = Math.floor(bytes.length / 2);
    if (key.endsWith(name) && (range?.offset ?? 0) === 0 && left-- > 0)
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    yield bytes;
  };
  return withCalls(world.bucket, { get });
}

test.each(['index', 'chunks/000001'])(
  '%s damaged in the store is a fault, damaged once on its way is not',
  async (name) => {
    const world = new MergeTestWorld();
    const meta = await putBlock(world, A, [up(ramp(1000, 40))]);
    const task = taskOf([meta], { labels: LABELS });
    await expect(world.merge(task, { from: flipping(world, name, 1) })).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(await world.keys(RESULT_ULID)).toEqual([]);
    const outcome = await world.merge(task, { from: flipping(world, name, 1000) });
    expect(outcome).toMatchObject({ kind: 'bad-source', fault: { ulid: A, file: name } });
    expect(await world.keys(RESULT_ULID)).toEqual([]);
    expect(world.disk.stat('/work/merge')).toBeUndefined();
  },
);

test('meta.json that was read wrong once is read again', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [up(ramp(1000, 40))]);
  const task = taskOf([meta], { labels: LABELS });
  const once = await world.merge(task, { from: flipping(world, 'meta.json', 1) });
  expect(once.kind).toBe('made');
  const always = await world.merge(task, { from: flipping(world, 'meta.json', 1000) });
  expect(always).toMatchObject({ kind: 'bad-source', fault: { file: 'meta.json' } });
});

test('a block that is not there, or lacks a file, is a fault of kind missing', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [up(ramp(1000, 40))]);
  const other = taskOf([meta], { labels: LABELS, sources: [A, B] });
  expect(await world.merge(other)).toMatchObject({ fault: { ulid: B, kind: 'missing' } });
  await world.bucket.delete(`${A}/chunks/000001`);
  const outcome = await world.merge(taskOf([meta], { labels: LABELS }));
  expect(outcome).toMatchObject({ kind: 'bad-source', fault: { ulid: A, kind: 'missing' } });
});

test('a chunk outside of the block’s range is a fault of kind range', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [up(ramp(1000, 40))], (disk, dir) => {
    const { rest, ...read } = parseMeta(disk.readFile(`${dir}/meta.json`), 'm');
    disk.replaceFile(`${dir}/meta.json`, printMeta({ ...read, maxTimeMs: 1200 }));
  });
  const outcome = await world.merge(taskOf([meta], { labels: LABELS }));
  expect(outcome).toMatchObject({ fault: { file: 'index', kind: 'range' } });
});

test('a result over the limit of an index is not begun', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [up(ramp(1000, 40))]);
  const outcome = await world.merge(taskOf([meta], { labels: LABELS }), { indexBytesMax: 100 });
  expect(outcome).toMatchObject({ kind: 'too-large' });
  expect(await world.keys(RESULT_ULID)).toEqual([]);
});

test('aggregates that overlap are refused, and so is a block of another resolution', async () => {
  const world = new MergeTestWorld();
  const golden = 'test/golden/data/blocks';
  const blocks = ['compact/01M832ZGBGXPV323YSG0WR6PZ0', 'penalty/01M832ZHV7MT262QCJG6P8ASWK'];
  const metas: BlockMeta[] = [];
  for (const block of blocks) {
    const meta = parseMeta(readFileSync(`${golden}/${block}/meta.json`), 'm');
    metas.push(await world.putDir(`${golden}/${block}`, meta.ulid));
  }
  const task = taskOf(metas, { labels: LABELS, resolutionMs: 300_000 });
  expect(await world.merge(task)).toMatchObject({ kind: 'refused', what: /overlap/ });
  const raw = await world.merge({ ...task, resolutionMs: 0 });
  expect(raw).toMatchObject({ kind: 'refused', what: /resolution 0/ });
  expect(await world.keys(RESULT_ULID)).toEqual([]);
});

test('a store that fails ends it: thrown, nothing left behind', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [up(ramp(1000, 40))]);
  const task = taskOf([meta], { labels: LABELS });
  for (const failing of ['index', 'chunks/000001']) {
    const put: Bucket['put'] = async (key, source, options) => {
      if (key.endsWith(failing)) throw new Error('the store is away');
      return world.bucket.put(key, source, options);
    };
    const bucket = withCalls(world.bucket, { put });
    await expect(world.merge(task, { bucket })).rejects.toThrow('the store is away');
    expect(await world.keys(RESULT_ULID)).toEqual([]);
    expect(world.disk.stat('/work/merge')).toBeUndefined();
  }
});

test('when meta.json may have arrived, the files that it names stay', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [up(ramp(1000, 40))]);
  const put: Bucket['put'] = async (key, source, options) => {
    const answer = await world.bucket.put(key, source, options);
    if (key.endsWith('meta.json')) throw new Error('no answer');
    return answer;
  };
  const bucket = withCalls(world.bucket, { put });
  await expect(world.merge(taskOf([meta], { labels: LABELS }), { bucket })).rejects.toThrow();
  expect((await world.look()).findings).toEqual([]);
});

test('a signal ends it without a block', async () => {
  const world = new MergeTestWorld();
  const meta = await putBlock(world, A, [up(ramp(1000, 40))]);
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  const task = taskOf([meta], { labels: LABELS });
  await expect(world.merge(task, { signal: stop.signal })).rejects.toThrow('enough');
  expect(await world.keys(`${RESULT_ULID}/meta.json`)).toEqual([]);
  expect(world.disk.stat('/work/merge')).toBeUndefined();
});

test('what killed merges left on the disk is swept', () => {
  const disk = new MemoryDisk();
  disk.makeDir(mergeDir('/data/merge', A));
  disk.replaceFile(`${mergeDir('/data/merge', A)}/index`, Buffer.from('half'));
  sweepMergeDirs(disk, '/data/merge');
  expect(disk.list('/data/merge')).toEqual([]);
  sweepMergeDirs(disk, '/new');
  expect(disk.list('/new')).toEqual([]);
});
