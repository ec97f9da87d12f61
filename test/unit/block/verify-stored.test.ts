// What is particular to a block that lies elsewhere: what is fetched, and how much lies on the disk
// meanwhile. What is found in damaged blocks is in test/damage/block/stored.test.ts.

import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { ChunkSegmentWriter } from '../../../src/block/chunks/segment-writer.ts';
import type { StoredBlock } from '../../../src/block/fetched-block.ts';
import { HashedFile } from '../../../src/block/hashed-file.ts';
import { SeriesEntry } from '../../../src/block/index/series-entry.ts';
import { IndexWriter } from '../../../src/block/index/writer.ts';
import { verifyStored } from '../../../src/block/verify-stored.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { floatChunk, makeBlock, SOME_SERIES, ULID } from './make-block.ts';

/** A block of several segments, with what was read of it. */
function severalSegments() {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk, SOME_SERIES, { segmentBytesMax: 64 });
  const bytes = new Map<string, Uint8Array>();
  for (const name of ['index', 'meta.json']) bytes.set(name, disk.readFile(`${dir}/${name}`));
  for (const { name } of disk.list(`${dir}/chunks`))
    bytes.set(`chunks/${name}`, disk.readFile(`${dir}/chunks/${name}`));
  const read: string[] = [];
  const block: StoredBlock = {
    ulid: ULID,
    files: [...bytes].sort().map(([name, { length }]) => ({ name, sizeBytes: length })),
    read: async function* (name) {
      read.push(name);
      const whole = bytes.get(name);
      if (whole === undefined) throw new VarveError('not_found', `no ${name}`);
      // In pieces, as a store gives them.
      for (let at = 0; at < whole.length; at += 50) yield whole.subarray(at, at + 50);
    },
  };
  const work = new MemoryDisk();
  work.makeDir('/work');
  return { block, bytes, read, world: { disk: work, workDir: '/work' } };
}

test('every file is fetched once, and one segment lies on the disk at a time', async () => {
  const { block, bytes, read, world } = severalSegments();
  const segments = [...bytes.keys()].filter((name) => name.startsWith('chunks/'));
  expect(segments.length).toBeGreaterThan(1);
  const largest = Math.max(...segments.map((name) => bytes.get(name)!.length));
  world.disk.capacityBytes = bytes.get('index')!.length + largest;
  const { findings, meta } = await verifyStored(block, world);
  expect(findings).toEqual([]);
  expect(meta?.ulid).toBe(ULID);
  expect(read).toEqual(['meta.json', 'index', ...segments.sort()]);
  expect(world.disk.list('/work')).toEqual([]);
});

test('without room on the disk it says so, and leaves nothing there', async () => {
  const { block, bytes, world } = severalSegments();
  world.disk.capacityBytes = bytes.get('index')!.length + 10;
  await expect(verifyStored(block, world)).rejects.toMatchObject({
    code: 'disk_full',
    message: expect.stringMatching(
      /^chunks\/000001 of \d+ bytes has no room in \/work, which has 10/,
    ),
  });
  expect(world.disk.list('/work')).toEqual([]);
});

test('a store that fails is no damage', async () => {
  const { block, world } = severalSegments();
  const failing: StoredBlock = {
    ...block,
    read: async function* (name) {
      if (name !== 'index') yield* block.read(name);
      else throw new VarveError('store_unavailable', 'away');
    },
  };
  await expect(verifyStored(failing, world)).rejects.toThrow('away');
  expect(world.disk.list('/work')).toEqual([]);
});

test('a file that goes meanwhile is missing, and the rest is verified', async () => {
  const { block, bytes, world } = severalSegments();
  bytes.delete('chunks/000001');
  const { findings } = await verifyStored(block, world);
  expect(findings[0]).toMatchObject({ file: 'chunks/000001', what: 'the file is missing' });
});

test('a store that gives fewer bytes than it lists is told of', async () => {
  const { block, bytes, world } = severalSegments();
  bytes.set('chunks/000002', bytes.get('chunks/000002')!.subarray(0, 20));
  const { findings } = await verifyStored(block, world);
  const whats = findings.map(({ file, what }) => `${file}: ${what}`);
  expect(whats).toContainEqual(
    expect.stringMatching(/^chunks\/000002: the store gave 20 bytes and/),
  );
});

/** Chunks that an index names in another order than they lie: segments 2, 1, 2, 1, …. */
function goingBack(seriesCount: number) {
  const disk = new MemoryDisk();
  disk.makeDir('/b/chunks');
  const entries = Array.from({ length: seriesCount }, (_, i) => {
    const entry = new SeriesEntry();
    entry.labels.push(1);
    entry.labels.push(2 + i);
    return entry;
  });
  const chunk = floatChunk([[1000, 1]]);
  const half = Math.ceil(seriesCount / 2);
  // A chunk takes 6 bytes more than its data, and 10 are reckoned for the last one.
  const segmentBytesMax = 8 + half * (chunk.bytes.length + 6) + 4;
  const segments = new ChunkSegmentWriter(disk, '/b', segmentBytesMax);
  const odd = entries.filter((_, i) => i % 2 === 1);
  const even = entries.filter((_, i) => i % 2 === 0);
  for (const entry of [...odd, ...even]) segments.writeSeries([chunk], entry);
  segments.finish();
  const file = new HashedFile(disk, '/b/index', 'index');
  const index = new IndexWriter(file);
  const symbols = ['', 'a', ...entries.map((_, i) => `b${String(i).padStart(3, '0')}`)];
  for (const symbol of symbols) index.addSymbol(Buffer.from(symbol));
  for (const entry of entries) index.addSeries(entry);
  index.finish();
  file.finish();
  return disk;
}

test('an index that goes back and forth makes nobody fetch a segment without end', async () => {
  const disk = goingBack(40);
  const names = ['index', ...disk.list('/b/chunks').map(({ name }) => `chunks/${name}`)];
  expect(names).toEqual(['index', 'chunks/000001', 'chunks/000002']);
  const read: string[] = [];
  const block: StoredBlock = {
    ulid: ULID,
    files: names.map((name) => ({ name, sizeBytes: disk.stat(`/b/${name}`)!.sizeBytes })),
    read: async function* (name) {
      read.push(name);
      yield disk.readFile(`/b/${name}`);
    },
  };
  const work = new MemoryDisk();
  work.makeDir('/work');
  const { findings } = await verifyStored(block, { disk: work, workDir: '/work' });
  expect(findings.filter(({ severity }) => severity === 'error').map(({ what }) => what)).toEqual([
    'the file is missing', // meta.json
  ]);
  expect(read).toEqual(['index', 'chunks/000002', 'chunks/000001', 'chunks/000002']);
  expect(work.list('/work')).toEqual([]);
});
