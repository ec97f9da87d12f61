// What is particular to a block that lies elsewhere: what is fetched, and how much lies on the disk
// meanwhile. What is found in damaged blocks is in test/damage/block/stored.test.ts.

import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { type StoredBlock, verifyStored } from '../../../src/block/verify-stored.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { makeBlock, SOME_SERIES, ULID } from './make-block.ts';

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
