import { expect, it } from 'vitest';
import {
  type KnownBlock,
  listBlockMetas,
  listLocalBlocks,
  removeLeftovers,
  removeLocalBlock,
} from '../../../src/block/local-blocks.ts';
import { printMeta } from '../../../src/block/meta/print.ts';
import { writeTombstones } from '../../../src/block/tombstones.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { DIR, makeBlock, ULID } from './make-block.ts';

const OTHER = '01M832KAJWMK22126GMWCXRFNN';

function list(disk: MemoryDisk, firstSegment = 0) {
  const damaged: string[] = [];
  const onDamaged = (path: string): void => void damaged.push(path);
  const known = new Map<string, KnownBlock>();
  const blocks = listLocalBlocks({ disk, dir: DIR, labels: [], firstSegment, known, onDamaged });
  return { blocks, damaged };
}

it('lists whole blocks with files to upload, and names what is none', () => {
  const disk = new MemoryDisk();
  const { meta } = makeBlock(disk);
  disk.makeDir(`${DIR}/${OTHER}`);
  disk.makeDir(`${DIR}/wal`);
  const { blocks, damaged } = list(disk);
  expect(damaged).toEqual([`${DIR}/${OTHER}`]);
  expect(blocks).toMatchObject([{ ulid: ULID, minTimeMs: meta.minTimeMs }]);
  expect(blocks[0]?.files.map(({ name }) => name)).toEqual(['chunks/000001', 'index']);
  expect(blocks[0]?.metaBytes).toEqual(disk.readFile(`${DIR}/${ULID}/meta.json`));
});

it('a block is of use to the log as long as that has the segment of its position', () => {
  const disk = new MemoryDisk();
  makeBlock(disk); // at segment 3
  expect([3, 4].map((first) => list(disk, first).blocks[0]?.coversLog)).toEqual([true, false]);
});

it('a directory that is not there holds none', () => {
  const disk = new MemoryDisk();
  expect(listBlockMetas({ disk, dir: '/none', onDamaged: () => undefined })).toEqual([]);
  expect(removeLeftovers(disk, '/none')).toEqual([]);
});

it('a removal that a crash cuts off leaves the whole block, or what the next start removes', () => {
  for (const nth of [1, 2, 3]) {
    const disk = new MemoryDisk();
    makeBlock(disk);
    disk.faults.add({ operation: 'remove', path: /./, code: 'disk_failed', nth });
    try {
      removeLocalBlock(disk, DIR, ULID);
    } catch {
      // cut off
    }
    const after = disk.crash();
    const left = list(after).blocks.length;
    expect(removeLeftovers(after, DIR).length).toBeLessThanOrEqual(1);
    expect(after.list(DIR).map(({ name }) => name)).toEqual(left === 1 ? [ULID] : []);
  }
});

it("a foreign block's deletions go with it, and make it another's until it is told otherwise", () => {
  const disk = new MemoryDisk();
  const { meta } = makeBlock(disk);
  expect(list(disk).blocks[0]?.isForeign).toBe(false);
  const path = `${DIR}/${ULID}`;
  const { thanos: _, ...foreign } = meta;
  disk.replaceFile(`${path}/meta.json`, printMeta(foreign));
  writeTombstones(disk, path, new Map());
  expect(list(disk).blocks[0]?.files.map(({ name }) => name)).toEqual(['chunks/000001', 'index']);
  writeTombstones(disk, path, new Map([[1, [{ minTimeMs: 1, maxTimeMs: 2 }]]]));
  const [block] = list(disk).blocks;
  expect(block?.isForeign).toBe(true);
  expect(block?.files.map(({ name }) => name)).toEqual(['chunks/000001', 'index', 'tombstones']);
  const { thanos } = JSON.parse(Buffer.from(block!.metaBytes).toString());
  expect(thanos.segment_files).toEqual(['000001']);
  expect(thanos.files.map((file: { rel_path: string }) => file.rel_path)).toContain('tombstones');
});
