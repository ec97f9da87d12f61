// Random blocks: what is read is what was written, and postings are what a few lines of obvious
// code say they are.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { U32Column } from '../../../src/base/bytes/columns.ts';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { compareLabels, labelsOf, labelsText } from '../../../src/base/model/labels.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { emptyChunk, placeOf } from '../../../src/block/chunks/segment-reader.ts';
import { verifyBlock } from '../../../src/block/verify.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { makeBlock, type SeriesToMake } from '../../unit/block/make-block.ts';

const name = fc.constantFrom('__name__', 'a', 'b', 'job', 'süd', '😀', '\uffff');
const value = fc.oneof(
  fc.constantFrom('x', 'y', 'z', 'ü', '\u{10ffff}', 'a'.repeat(200)),
  fc
    .string({ minLength: 1, maxLength: 4, unit: 'binary' })
    .filter((text) => Buffer.from(text).toString() === text),
);
const labels = fc.uniqueArray(fc.tuple(name, value), {
  minLength: 1,
  maxLength: 5,
  selector: ([one]) => one,
});
// Times of a block's range [1000, 4000), cut into chunks.
const times = fc.uniqueArray(fc.integer({ min: 1000, max: 3999 }), { minLength: 1, maxLength: 20 });

const series = fc
  .tuple(labels, times, fc.integer({ min: 1, max: 7 }))
  .map(([pairs, at, chunkLength]): SeriesToMake => {
    const samples = at.sort((a, b) => a - b).map((timeMs) => [timeMs, timeMs / 7] as const);
    const chunks: (readonly (readonly [number, number])[])[] = [];
    for (let i = 0; i < samples.length; i += chunkLength)
      chunks.push(samples.slice(i, i + chunkLength));
    return { labels: pairs, chunks };
  });

const blocks = fc
  .uniqueArray(series, {
    minLength: 1,
    maxLength: 30,
    selector: (one) => labelsText(labelsOf(one.labels as [string, string][])),
  })
  .map((list) =>
    list.toSorted((a, b) =>
      compareLabels(
        labelsOf(a.labels as [string, string][]),
        labelsOf(b.labels as [string, string][]),
      ),
    ),
  );

test('a block reads to what was written into it, however its segments are cut', () => {
  fc.assert(
    fc.property(blocks, fc.integer({ min: 30, max: 400 }), (made, segmentBytesMax) => {
      const disk = new MemoryDisk();
      const { dir, meta } = makeBlock(disk, made, { segmentBytesMax });
      expect(verifyBlock(disk, dir)).toEqual([]);
      expect(meta.stats.numSeries).toBe(made.length);
      const block = new BlockReader(disk, dir);
      const chunk = emptyChunk();
      const samples = new ChunkReader();
      const refs: number[] = [];
      for (const entry of block.series()) {
        const wanted = made[refs.length]!;
        refs.push(entry.ref);
        const wantedLabels = labelsOf(wanted.labels as [string, string][]);
        expect(block.labelsOf(entry)).toEqual(wantedLabels);
        const read: number[][] = [];
        for (let i = 0; i < entry.chunkCount; i++) {
          block.readChunk(entry, i, chunk);
          samples.open(placeOf(chunk));
          const timesOfChunk: number[] = [];
          while (samples.next()) timesOfChunk.push(samples.timeMs);
          read.push(timesOfChunk);
        }
        expect(read).toEqual(wanted.chunks.map((one) => one.map(([timeMs]) => timeMs)));
      }
      const pairs = new Map<string, [string, string]>();
      for (const one of made)
        for (const pair of one.labels as [string, string][]) pairs.set(JSON.stringify(pair), pair);
      for (const [labelName, labelValue] of pairs.values()) {
        const list = new U32Column();
        block.index.postings(Buffer.from(labelName), Buffer.from(labelValue), list);
        const wanted = refs.filter((_, i) =>
          (made[i]!.labels as [string, string][]).some(
            ([n, v]) => n === labelName && v === labelValue,
          ),
        );
        expect([...list.view()]).toEqual(wanted);
      }
      block.close();
    }),
    { numRuns: 60 },
  );
});
