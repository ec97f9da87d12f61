// What is read of a damaged block, series by series. Whole repairs, and bytes damaged at random, are
// in test/damage/block/repair.test.ts.

import { expect, test } from 'vitest';
import { GatheredChunks } from '../../../../src/base/chunk/gathered-chunks.ts';
import type { Disk } from '../../../../src/base/runtime/disk.ts';
import { readFilePieces } from '../../../../src/base/runtime/file-pieces.ts';
import { FileSource } from '../../../../src/block/byte-source.ts';
import type { StoredBlock } from '../../../../src/block/fetched-block.ts';
import { Losses } from '../../../../src/block/salvage/losses.ts';
import { SalvagedBlock } from '../../../../src/block/salvage/salvaged-block.ts';
import { SalvagedChunks } from '../../../../src/block/salvage/salvaged-chunks.ts';
import { SalvagedIndex } from '../../../../src/block/salvage/salvaged-index.ts';
import { salvageSymbols } from '../../../../src/block/salvage/salvaged-symbols.ts';
import { resum, sectionsOf } from '../../../damage/block/rows.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { makeBlock, type SeriesToMake, ULID } from '../make-block.ts';

/** Three series whose entries in the index have the same length. */
const SERIES: readonly SeriesToMake[] = ['a', 'b', 'c'].map((name, i) => ({
  labels: { __name__: name, job: 'x' },
  chunks: [[[1000 + i, i]], [[2000 + i, i]]],
}));

function stored(
  disk: Disk,
  dir: string,
  files = ['chunks/000001', 'index', 'meta.json'],
): StoredBlock {
  const sizeOf = (name: string): number => disk.stat(`${dir}/${name}`)?.sizeBytes ?? 0;
  return {
    ulid: ULID,
    files: files.map((name) => ({ name, sizeBytes: sizeOf(name) })),
    read: (name) => readFilePieces(disk, `${dir}/${name}`, 0, sizeOf(name)),
  };
}

interface Entries {
  readonly bytes: Buffer;
  /** Where series `i` begins. */
  readonly at: (i: number) => number;
  /** How long each is, checksum included. */
  readonly length: number;
}

/** A block whose index was changed, and what is read of it: `name@time …` by series. */
async function salvage(change: (entries: Entries) => unknown, series = SERIES) {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk, series);
  const bytes = Buffer.from(disk.readFile(`${dir}/index`));
  const start = Math.ceil(sectionsOf(bytes).series / 16) * 16;
  const length = 1 + bytes.readUInt8(start) + 4;
  const stride = Math.ceil(length / 16) * 16;
  const changed = change({ bytes, at: (i) => start + i * stride, length });
  disk.replaceFile(`${dir}/index`, changed instanceof Buffer ? changed : bytes);
  disk.makeDir('/work');
  const block = await SalvagedBlock.open(stored(disk, dir), { disk, workDir: '/work' });
  const symbols = [...block.symbols()].map((one) => Buffer.from(one).toString());
  const chunks = new GatheredChunks();
  const found: string[] = [];
  for await (const labels of block.series(chunks)) {
    const names = Array.from({ length: labels.length }, (_, i) => symbols[labels.at(i)]);
    const times = Array.from({ length: chunks.count }, (_, i) => chunks.minTimes.at(i));
    found.push(`${names.join(' ')} @ ${times.join(' ')}`);
  }
  await block.confirm();
  block.close();
  expect(disk.list('/work')).toEqual([]);
  return { found, losses: block.losses.report() };
}

const WHOLE = ['a', 'b', 'c'].map((name, i) => `__name__ ${name} job x @ ${1000 + i} ${2000 + i}`);

test('a whole block: everything, and nothing is said to be lost', async () => {
  const { found, losses } = await salvage(() => undefined);
  expect(found).toEqual(WHOLE);
  expect(losses.isLossless).toBe(true);
  expect(losses.mendedSeries).toBe(0);
});

test('series in disorder come in order', async () => {
  const { found, losses } = await salvage(({ at, bytes, length }) => {
    const first = Buffer.from(bytes.subarray(at(0), at(0) + length));
    bytes.copyWithin(at(0), at(2), at(2) + length);
    first.copy(bytes, at(2));
  });
  expect(found).toEqual(WHOLE);
  expect(losses.isLossless).toBe(true);
});

test('labels in disorder are put in order', async () => {
  const { found, losses } = await salvage(({ at, bytes, length }) => {
    // Length, two pairs: the pairs change places.
    const pairs = bytes.subarray(at(0) + 2, at(0) + 6);
    Buffer.from([...pairs.subarray(2), ...pairs.subarray(0, 2)]).copy(bytes, at(0) + 2);
    resum(bytes, at(0) + 1, at(0) + length - 4);
  });
  expect(found).toEqual(WHOLE);
  expect(losses.isLossless).toBe(true);
});

test('the same series twice is one, with the chunks of both', async () => {
  const { found, losses } = await salvage(({ at, bytes, length }) => {
    bytes.copy(bytes, at(1) + 2, at(0) + 2, at(0) + 6);
    resum(bytes, at(1) + 1, at(1) + length - 4);
  });
  expect(found).toEqual(['__name__ a job x @ 1000 2000 1001 2001', WHOLE[2]]);
  expect(losses).toMatchObject({ unreadSeries: 0, chunks: 0, mendedSeries: 1 });
});

test.each([0, 1, 2])('a damaged entry costs itself (%i)', async (lost) => {
  const { found, losses } = await salvage(({ at, bytes }) => {
    bytes.writeUInt8(bytes.readUInt8(at(lost) + 3) ^ 1, at(lost) + 3);
  });
  expect(found).toEqual(WHOLE.filter((_, i) => i !== lost));
  expect(losses).toMatchObject({ unreadSeries: 1, chunks: 0, named: [] });
});

test('a damaged length costs its series only', async () => {
  const { found, losses } = await salvage(({ at, bytes }) => bytes.writeUInt8(0x7f, at(0)));
  expect(found).toEqual(WHOLE.slice(1));
  expect(losses.unreadSeries).toBe(1);
});

test('an index that was cut off gives the series in front of the cut', async () => {
  const { found, losses } = await salvage(({ at, bytes }) => bytes.subarray(0, at(2) + 5));
  expect(found).toEqual(WHOLE.slice(0, 2));
  expect(losses.unreadSeries).toBe(1);
});

test('symbols that changed are taken from the postings; without them nothing is named', async () => {
  const change = ({ bytes }: Entries): void => {
    bytes.writeUInt8('y'.charCodeAt(0), bytes.indexOf('x', sectionsOf(bytes).symbols + 8));
  };
  expect((await salvage(change)).found).toEqual(WHOLE);
  const both = (entries: Entries): void => {
    change(entries);
    const { table } = sectionsOf(entries.bytes);
    entries.bytes.writeUInt8(entries.bytes.readUInt8(table + 9) ^ 1, table + 9);
  };
  const { found, losses } = await salvage(both);
  expect(found).toEqual([]);
  expect(losses.unreadSeries).toBe(3);
});

test('a label twice, and no label at all, cost the series', async () => {
  const twice = ({ at, bytes, length }: Entries): void => {
    bytes.copy(bytes, at(1) + 4, at(1) + 2, at(1) + 4);
    resum(bytes, at(1) + 1, at(1) + length - 4);
  };
  expect((await salvage(twice)).found).toEqual([WHOLE[0], WHOLE[2]]);
});

test('lost chunks are named with their series and times', async () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk, SERIES);
  const path = `${dir}/chunks/000001`;
  const bytes = disk.readFile(path).slice();
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  disk.replaceFile(path, bytes);
  disk.makeDir('/work');
  const block = await SalvagedBlock.open(stored(disk, dir), { disk, workDir: '/work' });
  for await (const _ of block.series(new GatheredChunks()));
  const lost = { chunks: 1, ofChunks: 2, minTimeMs: 1000, maxTimeMs: 1000 };
  expect(block.losses.report()).toMatchObject({
    ...{ touchedSeries: 1, wholeSeries: 0, chunks: 1 },
    range: { minTimeMs: 1000, maxTimeMs: 1000 },
    named: [{ labels: '{__name__="a", job="x"}', ...lost }],
  });
  // What reads whole the second time was never lost.
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  disk.replaceFile(path, bytes);
  await expect(block.confirm()).rejects.toMatchObject({ code: 'store_unavailable' });
  block.close();
});

test('the parts by themselves: nothing of an empty index, nothing where no chunk is', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  disk.replaceFile('/d/index', new Uint8Array(3));
  const source = new FileSource(disk, '/d/index', 'index');
  expect(salvageSymbols(source, undefined)).toBeUndefined();
  expect(SalvagedIndex.open(source, new Losses())).toBeUndefined();
  const wanted = { segment: 0, offset: 8, rank: 0 };
  const into = new GatheredChunks();
  expect(new SalvagedChunks(false).take(source, wanted, into)).toBeUndefined();
  expect(into.count).toBe(0);
  source.close();
});
