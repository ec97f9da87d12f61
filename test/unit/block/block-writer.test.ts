import { expect, test } from 'vitest';
import { U32Column } from '../../../src/base/bytes/columns.ts';
import { asVarveError } from '../../../src/base/errors/varve-error.ts';
import { labelsText } from '../../../src/base/model/labels.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { BlockWriter } from '../../../src/block/block-writer.ts';
import { readMeta, writeMeta } from '../../../src/block/meta.ts';
import { writeTombstones } from '../../../src/block/tombstones.ts';
import { verifyBlock } from '../../../src/block/verify.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { DIR, feed, floatChunk, makeBlock, SOME_SERIES, ULID } from './make-block.ts';

test('a block that was written is read back with its labels, chunks and meta.json', () => {
  const disk = new MemoryDisk();
  const { dir, meta, sizeBytes } = makeBlock(disk);
  expect(dir).toBe(`${DIR}/${ULID}`);
  expect(meta.stats).toEqual({
    numSamples: 6,
    numFloatSamples: 6,
    numHistogramSamples: 0,
    numSeries: 3,
    numChunks: 4,
    numTombstones: 0,
  });
  expect(meta.compaction).toMatchObject({ level: 1, sources: [ULID], parents: [] });
  expect(meta.thanos).toMatchObject({
    source: 'receive',
    resolutionMs: 0,
    segmentFiles: ['000001'],
  });
  expect(meta.thanos?.varve?.wal).toEqual({ segment: 3, offset: 4096 });
  const onDisk = ['index', 'chunks/000001', 'meta.json'].map(
    (f) => disk.stat(`${dir}/${f}`)!.sizeBytes,
  );
  expect(sizeBytes).toBe(onDisk.reduce((a, b) => a + b));
  const block = new BlockReader(disk, dir);
  const series = [...block.series()].length;
  expect(series).toBe(3);
  expect([...block.series()].length).toBe(3);
  const texts: string[] = [];
  for (const entry of block.series()) texts.push(labelsText(block.labelsOf(entry)));
  expect(texts).toEqual([
    '{__name__="down", job="a"}',
    '{__name__="up", job="a"}',
    '{__name__="up", job="b", "süd"="ü"}',
  ]);
  expect(verifyBlock(disk, dir)).toEqual([]);
});

test('postings give the series of a label pair, and nothing for a pair that is not there', () => {
  const disk = new MemoryDisk();
  const { index } = new BlockReader(disk, makeBlock(disk).dir);
  const refs = (name: string, value: string): number[] => {
    const into = new U32Column();
    index.postings(Buffer.from(name), Buffer.from(value), into);
    return [...into.view()];
  };
  const all = [...index.allPostings().view()];
  expect(all.length).toBe(3);
  expect(refs('__name__', 'up')).toEqual(all.slice(1));
  expect(refs('job', 'a')).toEqual(all.slice(0, 2));
  expect(refs('süd', 'ü')).toEqual(all.slice(2));
  expect(refs('job', 'c')).toEqual([]);
  expect(refs('jo', 'a')).toEqual([]);
  expect(refs('zzz', 'a')).toEqual([]);
  const texts = (all: Iterable<Uint8Array>): string[] =>
    Array.from(all, (b) => Buffer.from(b).toString());
  expect(texts(index.labelNames())).toEqual(['__name__', 'job', 'süd']);
  expect(texts(index.labelValues(Buffer.from('job')))).toEqual(['a', 'b']);
  expect(texts(index.labelValues(Buffer.from('nix')))).toEqual([]);
});

test('chunks go on in another segment when one is full, and are found there', () => {
  const disk = new MemoryDisk();
  const { dir, meta } = makeBlock(disk, SOME_SERIES, { segmentBytesMax: 60 });
  expect(meta.thanos?.segmentFiles.length).toBeGreaterThan(1);
  expect(verifyBlock(disk, dir)).toEqual([]);
});

test('before a block is finished, nothing is in its place', () => {
  const disk = new MemoryDisk();
  disk.makeDir(DIR);
  const writer = new BlockWriter({ disk, dir: DIR, ulid: ULID });
  feed(writer, SOME_SERIES);
  expect(disk.list(DIR).map((entry) => entry.name)).toEqual([`${ULID}.tmp-for-creation`]);
  writer.abandon();
  expect(disk.list(DIR)).toEqual([]);
});

test('a power loss leaves a whole block or none, whatever survives', () => {
  for (let seed = 0; seed < 20; seed++) {
    const disk = new MemoryDisk();
    makeBlock(disk);
    const survived = disk.crash(new SeededRandom(seed));
    expect(verifyBlock(survived, `${DIR}/${ULID}`)).toEqual([]);
  }
  for (let seed = 0; seed < 20; seed++) {
    const disk = new MemoryDisk();
    disk.makeDir(DIR);
    const writer = new BlockWriter({ disk, dir: DIR, ulid: ULID });
    feed(writer, SOME_SERIES);
    const survived = disk.crash(new SeededRandom(seed));
    expect(survived.stat(`${DIR}/${ULID}`)).toBeUndefined();
  }
});

test('on a full disk finishing says so, and leaves nothing behind', () => {
  let failures = 0;
  for (let capacityBytes = 0; capacityBytes < 4000; capacityBytes += 97) {
    const disk = new MemoryDisk({ capacityBytes });
    try {
      makeBlock(disk);
    } catch (thrown) {
      failures++;
      expect(asVarveError(thrown).code).toBe('disk_full');
      expect(disk.list(DIR)).toEqual([]);
    }
  }
  expect(failures).toBeGreaterThan(5);
  expect(failures).toBeLessThan(41);
});

test('what a crash left under the same name is replaced', () => {
  const disk = new MemoryDisk();
  disk.makeDir(`${DIR}/${ULID}.tmp-for-creation/chunks`);
  disk.replaceFile(`${DIR}/${ULID}.tmp-for-creation/chunks/000009`, Buffer.from('x'));
  expect(verifyBlock(disk, makeBlock(disk).dir)).toEqual([]);
});

test.each([
  ['a symbol out of order', ['b', 'a'], [], /symbols come in byte order/],
  ['a symbol twice', ['a', 'a'], [], /symbols come in byte order/],
  [
    'series out of order',
    ['a', 'b'],
    [
      [1, 1],
      [0, 0],
    ],
    /series come in label order/,
  ],
  [
    'a series twice',
    ['a', 'b'],
    [
      [0, 0],
      [0, 0],
    ],
    /series come in label order/,
  ],
  ['labels out of order', ['a', 'b'], [[1, 0, 0, 0]], /labels come by name/],
  ['an unknown symbol', ['a', 'b'], [[0, 7]], /labels are symbols/],
  ['a series without labels', ['a'], [[]], /a series has labels/],
  ['an empty block', ['a'], [], /a block has series/],
] as const)('%s is our mistake', (_, symbols, series, message) => {
  const disk = new MemoryDisk();
  disk.makeDir(DIR);
  const writer = new BlockWriter({ disk, dir: DIR, ulid: ULID });
  expect(() => {
    for (const symbol of symbols) writer.addSymbol(Buffer.from(symbol));
    for (const labels of series)
      writer.addSeries(Uint32Array.from(labels), [floatChunk([[1000, 1]])]);
    writer.finish({ minTimeMs: 0, maxTimeMs: 2000, labels: [], source: 'receive' });
  }).toThrow(message);
});

test('a block whose chunks lie outside of its range is not put into place', () => {
  const disk = new MemoryDisk();
  disk.makeDir(DIR);
  const writer = new BlockWriter({ disk, dir: DIR, ulid: ULID });
  feed(writer, SOME_SERIES);
  const finish = (): unknown =>
    writer.finish({ minTimeMs: 1000, maxTimeMs: 3000, labels: [], source: 'receive' });
  expect(finish).toThrow(/did not read back as it was written/);
  expect(disk.list(DIR)).toEqual([]);
});

test('a meta.json that is changed and written again keeps what others put into it', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const text = Buffer.from(disk.readFile(`${dir}/meta.json`)).toString();
  const foreign = text.replace(
    '"downsample"',
    '"rewrites": [{"id": 12345678901234567890}],\n\t\t"downsample"',
  );
  disk.replaceFile(`${dir}/meta.json`, Buffer.from(foreign));
  expect(verifyBlock(disk, dir)).toMatchObject([
    { file: 'meta.json', what: 'its digest of itself does not match' },
  ]);
  const meta = readMeta(disk, dir);
  writeMeta(disk, dir, { ...meta, compaction: { ...meta.compaction, level: 2 } });
  const again = Buffer.from(disk.readFile(`${dir}/meta.json`)).toString();
  expect(again).toContain('12345678901234567890');
  expect(again.indexOf('rewrites')).toBeLessThan(again.indexOf('downsample'));
  expect(readMeta(disk, dir).compaction.level).toBe(2);
  expect(verifyBlock(disk, dir)).toEqual([]);
});

test('tombstones are read with the block', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const [first] = [...new BlockReader(disk, dir).index.allPostings().view()];
  writeTombstones(disk, dir, new Map([[first!, [{ minTimeMs: 1000, maxTimeMs: 1500 }]]]));
  const block = new BlockReader(disk, dir);
  for (const entry of block.series())
    expect(block.deletedIntervals(entry)).toEqual(
      entry.ref === first ? [{ minTimeMs: 1000, maxTimeMs: 1500 }] : [],
    );
  expect(verifyBlock(disk, dir)).toEqual([]);
  writeTombstones(disk, dir, new Map([[999, [{ minTimeMs: 0, maxTimeMs: 1 }]]]));
  expect(verifyBlock(disk, dir)).toMatchObject([{ file: 'tombstones', severity: 'warning' }]);
});

test('a block whose name cannot be made durable is not there: its samples are cut again', () => {
  const disk = new MemoryDisk();
  disk.makeDir(DIR);
  disk.faults.add({ operation: 'syncDir', path: DIR, code: 'disk_failed', nth: 2 });
  expect(() => makeBlock(disk)).toThrow('EIO');
  expect(disk.list(DIR)).toEqual([]);
});
