import { expect, test } from 'vitest';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import type { VarveError } from '../../../src/base/errors/varve-error.ts';
import { labelsOfKey } from '../../../src/base/model/label-key.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { withoutDeleted } from '../../../src/block/delete-samples.ts';
import { ListedBlocks } from '../../../src/block/listed-blocks.ts';
import { BlockSource, blockAccess } from '../../../src/block/select-source.ts';
import type { Interval } from '../../../src/block/tombstones/intervals.ts';
import { writeTombstones } from '../../../src/block/tombstones.ts';
import { floatChunk } from '../../support/float-chunks.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { DIR, makeBlock, SOME_SERIES, ULID } from './make-block.ts';

const ALL = { minTimeMs: 0, maxTimeMs: 10_000 };

/** Each series as `values: times | times`, one list a chunk. */
function read(disk: MemoryDisk, dir: string, range = ALL) {
  const block = new BlockReader(disk, dir);
  const errors: VarveError[] = [];
  const refs = block.index.allPostings().view();
  const onDamaged = (error: VarveError): void => void errors.push(error);
  const source = new BlockSource({ block, refs, range, onDamaged });
  let bytes = 0;
  const lines: string[] = [];
  while (source.next()) {
    const chunks = source.chunks({
      take: (count) => {
        bytes += count;
      },
    });
    const labels = labelsOfKey(source.key).map(({ value }) => value);
    const reader = new ChunkReader();
    const times = chunks.map((chunk) => {
      const list: number[] = [];
      reader.open(chunk);
      while (reader.next()) list.push(reader.timeMs);
      expect([list.length, list[0], list.at(-1)]).toEqual([
        chunk.count,
        chunk.minTimeMs,
        chunk.maxTimeMs,
      ]);
      expect(chunk.view.getUint16(0)).toBe(chunk.count);
      return list.join();
    });
    lines.push(`${labels}: ${times.join(' | ')}`);
  }
  block.close();
  return { lines, errors, bytes };
}

function tombstones(disk: MemoryDisk, dir: string, intervals: readonly Interval[]): void {
  const refs = new BlockReader(disk, dir).index.allPostings();
  writeTombstones(disk, dir, new Map([[refs.at(1), intervals]]));
}

test('series come in label order, each with its chunks, which are counted before they are copied', () => {
  const disk = new MemoryDisk();
  const { lines, errors, bytes } = read(disk, makeBlock(disk).dir);
  expect(lines).toEqual(['down,a: 1000,2000', 'up,a: 1000,2000 | 3000', 'up,b,ü: 1500']);
  expect(errors).toEqual([]);
  expect(bytes).toBeGreaterThan(4 * 10);
});

test('chunks that reach into the range come whole; both ends belong to it', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const range = (minTimeMs: number, maxTimeMs: number) => read(disk, dir, { minTimeMs, maxTimeMs });
  expect(range(2000, 2000).lines).toEqual(['down,a: 1000,2000', 'up,a: 1000,2000', 'up,b,ü: ']);
  expect(range(2001, 2999).lines).toEqual(['down,a: ', 'up,a: ', 'up,b,ü: ']);
  expect(range(3000, 4000).lines[1]).toBe('up,a: 3000');
  expect(range(500, 999).lines[1]).toBe('up,a: ');
});

test.each([
  [[{ minTimeMs: 1500, maxTimeMs: 2500 }], 'up,a: 1000 | 3000'],
  [[{ minTimeMs: 0, maxTimeMs: 1000 }], 'up,a: 2000 | 3000'],
  [[{ minTimeMs: 1000, maxTimeMs: 2000 }], 'up,a: 3000'],
  [[{ minTimeMs: 1200, maxTimeMs: 1300 }], 'up,a: 1000,2000 | 3000'],
  [
    [
      { minTimeMs: 1000, maxTimeMs: 1000 },
      { minTimeMs: 2000, maxTimeMs: 2000 },
    ],
    'up,a: 3000',
  ],
])('what the tombstones %j delete is left out', (intervals, wanted) => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  tombstones(disk, dir, intervals);
  const { lines, errors } = read(disk, dir);
  expect(lines).toEqual(['down,a: 1000,2000', wanted, 'up,b,ü: 1500']);
  expect(errors).toEqual([]);
});

test('a damaged chunk is told and costs itself', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const bytes = Buffer.from(disk.readFile(`${dir}/chunks/000001`));
  bytes.writeUInt8(bytes.readUInt8(20) ^ 4, 20);
  disk.replaceFile(`${dir}/chunks/000001`, bytes);
  const { lines, errors } = read(disk, dir);
  expect(lines).toEqual(['down,a: ', 'up,a: 1000,2000 | 3000', 'up,b,ü: 1500']);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('the checksum of a chunk does not match'),
  ]);
});

test('a damaged series is told and costs itself', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const second = new BlockReader(disk, dir).index.allPostings().at(1);
  const bytes = Buffer.from(disk.readFile(`${dir}/index`));
  bytes.writeUInt8(bytes.readUInt8(second * 16 + 2) ^ 1, second * 16 + 2);
  disk.replaceFile(`${dir}/index`, bytes);
  const { lines, errors } = read(disk, dir);
  expect(lines).toEqual(['down,a: 1000,2000', 'up,b,ü: 1500']);
  expect(errors.length).toBe(1);
});

test('a disk that does not answer now is no damage', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const block = new BlockReader(disk, dir);
  const refs = block.index.allPostings().view();
  const onDamaged = () => expect.unreachable();
  const source = new BlockSource({ block, refs, range: ALL, onDamaged });
  expect(source.next()).toBe(true);
  block.readChunk = () => disk.readFile('/nowhere');
  expect(() => source.chunks({ take: () => undefined })).toThrow(
    expect.objectContaining({ kind: 'not_found' }),
  );
});

test('blocks are found, opened and read through the access', () => {
  const disk = new MemoryDisk();
  makeBlock(disk);
  disk.makeDir(`${DIR}/01M832KAKEEA2N5T8Y6TGBNZRP`);
  const damaged: string[] = [];
  const access = blockAccess(disk, new ListedBlocks(disk), (path) => damaged.push(path));
  expect(access.listBlocks(DIR).map(({ ulid }) => ulid)).toEqual([ULID]);
  expect(damaged).toEqual([`${DIR}/01M832KAKEEA2N5T8Y6TGBNZRP`]);
  const block = access.openBlock(DIR, ULID);
  const { index } = block;
  const postings: number[] = [];
  for (const { value, list } of index.values(Buffer.from('job')))
    if (Buffer.from(value).toString() === 'a')
      index.append(list, { push: (ref) => postings.push(ref) });
  index.append(index.find(Buffer.from('job'), Buffer.from('b'))!, {
    push: (ref) => postings.push(ref),
  });
  const all: number[] = [];
  index.all({ push: (ref) => all.push(ref) });
  expect(postings).toEqual(all);
  expect(all.length).toBe(SOME_SERIES.length);
  expect(index.find(Buffer.from('job'), Buffer.from('c'))).toBeUndefined();
  expect(index.heldBytes).toBeGreaterThan(0);
  block.close();
});

test('deleting all samples of a chunk leaves none', () => {
  const chunk = floatChunk([1, 2, 3], 7);
  const left = withoutDeleted(chunk, [{ minTimeMs: 2, maxTimeMs: 2 }]);
  expect(left.map(({ count, minTimeMs, maxTimeMs }) => [count, minTimeMs, maxTimeMs])).toEqual([
    [2, 1, 3],
  ]);
  expect(withoutDeleted(chunk, [{ minTimeMs: 0, maxTimeMs: 9 }])).toEqual([]);
});
