import { expect, test } from 'vitest';
import { ListedBlocks } from '../../../src/block/listed-blocks.ts';
import { removeLocalBlock } from '../../../src/block/local-blocks.ts';
import { printMeta } from '../../../src/block/meta/print.ts';
import { readMeta } from '../../../src/block/meta.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { DIR, makeBlock, SOME_SERIES } from './make-block.ts';

/** A disk with a clock, whose readings of whole files are counted, and a list of its blocks. */
function world(keptMax?: number) {
  let nowMs = 1000;
  const disk = new MemoryDisk({ nowMs: () => nowMs++ });
  const read: string[] = [];
  const readFile = disk.readFile.bind(disk);
  disk.readFile = (path) => {
    read.push(path);
    return readFile(path);
  };
  const listed = new ListedBlocks(disk, keptMax);
  const damaged: string[] = [];
  const list = (dir = DIR) => {
    read.length = 0;
    damaged.length = 0;
    const blocks = listed.list(dir, (path) => void damaged.push(path));
    return { ulids: blocks.map(({ ulid }) => ulid), blocks, read: [...read], damaged };
  };
  return { disk, listed, list, damaged };
}

const ulidOf = (number: number): string =>
  `01M832KAJWMK22126GMWCXR${String(number).padStart(3, '0')}`;

test('a block is read when it is seen first, and never again while it stays as it is', () => {
  const { disk, list } = world();
  const { meta } = makeBlock(disk, SOME_SERIES, { ulid: ulidOf(1) });
  const first = list();
  expect(first.read).toEqual([`${DIR}/${ulidOf(1)}/meta.json`]);
  const { ulid, minTimeMs, maxTimeMs } = meta;
  expect(first.blocks).toEqual([{ ulid, minTimeMs, maxTimeMs, resolutionMs: 0 }]);
  makeBlock(disk, SOME_SERIES, { ulid: ulidOf(2) });
  expect(list()).toMatchObject({
    ulids: [ulidOf(1), ulidOf(2)],
    read: [`${DIR}/${ulidOf(2)}/meta.json`],
  });
  expect(list()).toMatchObject({ ulids: [ulidOf(1), ulidOf(2)], read: [] });
});

test('a block that is gone is in no list, nor kept', () => {
  const { disk, listed, list } = world();
  for (const number of [1, 2, 3]) makeBlock(disk, SOME_SERIES, { ulid: ulidOf(number) });
  expect(list().ulids.length).toBe(3);
  removeLocalBlock(disk, DIR, ulidOf(2));
  expect(list()).toMatchObject({ ulids: [ulidOf(1), ulidOf(3)], read: [], damaged: [] });
  expect(listed.keptCount).toBe(2);
  disk.removeTree(DIR);
  expect(list().ulids).toEqual([]);
  expect(listed.keptCount).toBe(0);
});

test('a meta.json that was written anew is read anew, and told when it is damaged now', () => {
  const { disk, list } = world();
  const path = `${DIR}/${ulidOf(1)}/meta.json`;
  makeBlock(disk, SOME_SERIES, { ulid: ulidOf(1) });
  list();
  const { thanos, ...meta } = readMeta(disk, `${DIR}/${ulidOf(1)}`);
  disk.replaceFile(path, printMeta({ ...meta, thanos: { ...thanos!, resolutionMs: 300_000 } }));
  expect(list()).toMatchObject({ blocks: [{ resolutionMs: 300_000 }], read: [path] });
  // The same size, another time.
  const bytes = disk.readFile(path).fill(0x20, 0, 1);
  disk.replaceFile(path, bytes);
  expect(list()).toMatchObject({ ulids: [], damaged: [`${DIR}/${ulidOf(1)}`] });
  // Without it there is no block, whatever was known.
  disk.replaceFile(path, printMeta(meta));
  expect(list().ulids).toEqual([ulidOf(1)]);
  disk.removeFile(path);
  expect(list()).toMatchObject({ ulids: [], damaged: [`${DIR}/${ulidOf(1)}`] });
});

test("a meta.json that a disk does not give now is told, and another block's is no reason", () => {
  const { disk, list } = world();
  for (const number of [1, 2]) makeBlock(disk, SOME_SERIES, { ulid: ulidOf(number) });
  disk.faults.add({ operation: 'read', path: /001\/meta/, code: 'disk_failed', nth: 1 });
  expect(list()).toMatchObject({ ulids: [ulidOf(2)], damaged: [`${DIR}/${ulidOf(1)}`] });
  expect(list()).toMatchObject({ ulids: [ulidOf(1), ulidOf(2)], damaged: [] });
});

test('no more are kept than the limit says: the directory listed longest ago goes first', () => {
  const { disk, listed, list } = world(4);
  const dirs = ['/data/a', '/data/b', '/data/c'];
  for (const dir of dirs)
    for (const number of [1, 2]) makeBlock(disk, SOME_SERIES, { dir, ulid: ulidOf(number) });
  for (const dir of dirs) {
    expect(list(dir).ulids.length).toBe(2);
    expect(listed.keptCount).toBeLessThanOrEqual(4);
  }
  expect(dirs.toReversed().map((dir) => list(dir).read.length)).toEqual([0, 0, 2]);
  // A directory with more than all that may be kept is listed all the same.
  for (const number of [3, 4, 5])
    makeBlock(disk, SOME_SERIES, { dir: '/data/a', ulid: ulidOf(number) });
  expect(list('/data/a').ulids.length).toBe(5);
  expect(list('/data/a').read.length).toBe(5);
  expect(listed.keptCount).toBeLessThanOrEqual(4);
});
