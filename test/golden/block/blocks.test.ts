// Blocks that Prometheus and Thanos made: read to their dumps, verified without a finding, and
// written anew to the same bytes.

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import { printMeta } from '../../../src/block/meta/print.ts';
import { verifyBlock } from '../../../src/block/verify.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import {
  copiedBlocks,
  type DumpedSeries,
  LONG_RAW_DUMP,
  type ReferenceBlock,
  readDump,
  sharedBlocks,
} from './blocks.ts';
import { AGGREGATE, expectDump, rewrite } from './compare.ts';

const disk = new NodeDisk();

function isDownsampled(block: ReferenceBlock): boolean {
  return (parseMeta(readFileSync(`${block.dir}/meta.json`), 'meta').thanos?.resolutionMs ?? 0) > 0;
}

function expectSameBytes(block: ReferenceBlock): void {
  const memory = new MemoryDisk();
  memory.makeDir('/out');
  const written = rewrite(disk, block.dir, { disk: memory, dir: '/out' });
  for (const name of ['index', 'chunks/000001']) {
    const same = Buffer.compare(
      readFileSync(`${block.dir}/${name}`),
      memory.readFile(`${written.dir}/${name}`),
    );
    expect(same, `${block.name}: ${name}`).toBe(0);
  }
}

test('there are copies of every kind of block', () => {
  expect(copiedBlocks.length).toBeGreaterThan(18);
  expect(copiedBlocks.some(isDownsampled)).toBe(true);
});

test.each(copiedBlocks)('$name has nothing that verify finds', (block) => {
  expect(verifyBlock(disk, block.dir)).toEqual([]);
});

test.each(copiedBlocks)('$name: meta.json prints as it was', (block) => {
  const bytes = readFileSync(`${block.dir}/meta.json`);
  const printed = printMeta(parseMeta(bytes, 'meta.json'));
  expect(Buffer.from(printed).toString()).toBe(bytes.toString());
});

test.each(copiedBlocks)('$name is written anew byte for byte', (block) => {
  expectSameBytes(block);
});

test.each(copiedBlocks.filter((block) => block.dump !== undefined))(
  '$name reads to its dump',
  (block) => {
    expect(expectDump(disk, block.dir, readDump(block.dump!))).toBeGreaterThan(0);
  },
);

test('index_stats of blocks that Thanos compacted come out no smaller', () => {
  for (const block of copiedBlocks) {
    const wanted = parseMeta(readFileSync(`${block.dir}/meta.json`), 'meta').thanos;
    if (wanted === undefined || wanted.seriesBytesMax === 0) continue;
    const memory = new MemoryDisk();
    memory.makeDir('/out');
    const { thanos } = rewrite(disk, block.dir, { disk: memory, dir: '/out' }).meta;
    expect(thanos?.seriesBytesMax).toBe(wanted.seriesBytesMax);
    // Thanos takes distances between chunks, which leave some out.
    expect(thanos?.chunkBytesMax).toBeGreaterThanOrEqual(wanted.chunkBytesMax);
  }
});

test.runIf(sharedBlocks.length > 0)('all of ../shared: verified and the same bytes', () => {
  for (const block of sharedBlocks) {
    expect(verifyBlock(disk, block.dir), block.name).toEqual([]);
    expectSameBytes(block);
  }
});

test.runIf(sharedBlocks.length > 0)(
  'all dumps of ../shared',
  () => {
    const dumped = sharedBlocks.filter((block) => block.dump !== undefined);
    const readable = dumped.filter((block) => !isDownsampled(block));
    for (const block of readable) expectDump(disk, block.dir, readDump(block.dump!));
    expect(dumped.length - readable.length).toBe(5); // of encoding AGGREGATE: ../downsample.test.ts
    expect(AGGREGATE).toBe(255);
  },
  300_000,
);

test.runIf(existsSync(LONG_RAW_DUMP))('the dump of long-raw, block by block', () => {
  const lines = new Map<string | undefined, DumpedSeries[]>();
  for (const line of readDump(LONG_RAW_DUMP))
    lines.set(line.block, [...(lines.get(line.block) ?? []), line]);
  for (const block of sharedBlocks.filter((one) => one.name.startsWith('long-raw '))) {
    const ulid = block.name.split(' ')[1];
    expectDump(disk, block.dir, lines.get(ulid) ?? []);
  }
});
