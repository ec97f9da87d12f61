import { expect, test } from 'vitest';
import { analyzeBlock } from '../../../src/block/analyze.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { Fields } from '../../../src/block/meta/fields.ts';
import { META_VERSION } from '../../../src/block/meta/format.ts';
import { SeriesSamples } from '../../../src/block/series-samples.ts';
import { writeTombstones } from '../../../src/block/tombstones.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { makeBlock } from './make-block.ts';

function times(block: BlockReader, min?: number, max?: number): number[][] {
  const samples = new SeriesSamples(block);
  return Array.from(block.series(), (entry) => {
    samples.open(entry, min, max);
    const list: number[] = [];
    while (samples.next()) list.push(samples.timeMs);
    expect(samples.next()).toBe(false);
    return list;
  });
}

test('samples come chunk after chunk, within the times that are asked for', () => {
  const disk = new MemoryDisk();
  const block = new BlockReader(disk, makeBlock(disk).dir);
  expect(times(block)).toEqual([[1000, 2000], [1000, 2000, 3000], [1500]]);
  expect(times(block, 1500, 2999)).toEqual([[2000], [2000], [1500]]);
  expect(times(block, 5000)).toEqual([[], [], []]);
});

test('deleted samples and chunks are left out', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const [, up] = [...new BlockReader(disk, dir).index.allPostings().view()];
  writeTombstones(
    disk,
    dir,
    new Map([
      [
        up!,
        [
          { minTimeMs: 0, maxTimeMs: 1000 },
          { minTimeMs: 2500, maxTimeMs: 9000 },
        ],
      ],
    ]),
  );
  expect(times(new BlockReader(disk, dir))).toEqual([[1000, 2000], [2000], [1500]]);
});

test('an analysis counts what series do not cover of the range', () => {
  const disk = new MemoryDisk();
  const analysis = analyzeBlock(new BlockReader(disk, makeBlock(disk).dir));
  expect(analysis).toMatchObject({ seriesCount: 3, labelNames: 3, labelPairs: 5, entries: 7 });
  const churn = analysis.sections[1]!.items;
  // job: (2000 + 1000 + 3000) of 3000 ms are not covered.
  expect(churn.find((item) => item.name === 'job')?.count).toBe(2);
});

test('fields name the path of what is wrong', () => {
  const fields = new Fields(new Map([['a', new Map([['b', 'x']])]]), 'meta.json');
  expect(fields.object('a').text('b')).toBe('x');
  expect(() => fields.object('a').whole('b')).toThrow('meta.json: a.b is not a whole number');
  expect(() => fields.object('c')).toThrow('meta.json: c is not an object');
  expect(fields.whole('none', META_VERSION)).toBe(1);
});
