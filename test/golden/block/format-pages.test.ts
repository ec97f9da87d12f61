// The examples on the format pages are what the code writes.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ChunkBuilder } from '../../../src/base/chunk/chunk-builder.ts';
import { highBitsOf, lowBitsOf } from '../../../src/base/chunk/xor-cells.ts';
import { printTombstones } from '../../../src/block/tombstones/format.ts';
import { RawDownsampler } from '../../../src/downsample/raw-series.ts';
import { placed } from '../../support/aggregate-samples.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { makeBlock } from '../../unit/block/make-block.ts';

const disk = new MemoryDisk();
const { dir } = makeBlock(disk, [
  {
    labels: { __name__: 'up', job: 'a' },
    chunks: [
      [
        [1000, 1],
        [2000, 1],
      ],
    ],
  },
]);

function page(name: string): string {
  return readFileSync(`docs/formats/${name}.md`, 'utf8');
}

function exampleOf(name: string): string {
  const [, lines = ''] = /```hex\n([^`]*)```/.exec(page(name)) ?? [];
  let hex = '';
  for (const [, offset, bytes] of lines.matchAll(/^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} ?)+)/gm)) {
    expect(Number.parseInt(offset!, 16)).toBe(hex.length / 2);
    hex += bytes!.replaceAll(' ', '');
  }
  return hex;
}

test.each([
  ['index', 'index'],
  ['chunks-segment', 'chunks/000001'],
])('%s.md', (name, file) => {
  expect(exampleOf(name)).toBe(Buffer.from(disk.readFile(`${dir}/${file}`)).toString('hex'));
});

test('aggregate-chunks.md', () => {
  const builder = new ChunkBuilder();
  for (const [timeMs, value] of [
    [1000, 1],
    [2000, 4],
  ] as const)
    builder.addFloat(timeMs, lowBitsOf(value), highBitsOf(value));
  const [made] = new RawDownsampler(300_000).series(builder.take().map(placed));
  expect(exampleOf('aggregate-chunks')).toBe(Buffer.from(made!.bytes).toString('hex'));
});

test('tombstones.md', () => {
  const bytes = printTombstones(new Map([[3, [{ minTimeMs: 1000, maxTimeMs: 1500 }]]]));
  expect(exampleOf('tombstones')).toBe(Buffer.from(bytes).toString('hex'));
});

test('meta.md', () => {
  expect(page('meta')).toContain(
    Buffer.from(disk.readFile(`${dir}/meta.json`))
      .toString()
      .trim(),
  );
});
