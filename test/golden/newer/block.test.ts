// Blocks with chunks of the encodings 4, 5 and 6, made by Prometheus 3.16's own code
// (test/golden/data/newer/README.md): read to its dumps, verified, and written anew for readers
// that know only 1 to 3.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chunkCount, writtenEncoding } from '../../../src/base/chunk/chunk-format.ts';
import { mergeChunks, type TimedChunk } from '../../../src/base/chunk/merge-chunks.ts';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { BlockWriter } from '../../../src/block/block-writer.ts';
import { emptyChunk, placeOf } from '../../../src/block/chunks/segment-reader.ts';
import { verifyBlock } from '../../../src/block/verify.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { type DumpedSeries, readDump } from '../block/blocks.ts';
import { expectDump } from '../block/compare.ts';

const DATA = 'test/golden/data/newer';
const disk = new NodeDisk();

function blockIn(set: string): string {
  const ulid = readdirSync(`${DATA}/${set}`).find((name) => name.length === 26);
  return `${DATA}/${set}/${ulid}`;
}

const sets = [
  { set: 'awkward', dir: blockIn('awkward'), dump: readDump(`${DATA}/awkward.ndjson.gz`) },
  { set: 'live', dir: blockIn('live'), dump: readDump(`${DATA}/live.block.ndjson.gz`) },
];

function encodingsOf(dump: readonly DumpedSeries[]): number[] {
  const all = dump.flatMap(({ chunks }) => chunks.map(({ encoding }) => encoding));
  return [...new Set(all)].sort();
}

test.each(sets)('$set has nothing that verify finds', ({ dir }) => {
  expect(verifyBlock(disk, dir)).toEqual([]);
});

test.each(sets)('$set reads to its dump', ({ dir, dump }) => {
  expect(expectDump(disk, dir, dump)).toBeGreaterThan(20);
});

test('an index of version 3 is read as one of version 2: Prometheus makes no difference', () => {
  const { dir, dump } = sets[1]!;
  const memory = new MemoryDisk();
  memory.makeDir('/b/chunks');
  for (const name of ['meta.json', 'tombstones', 'chunks/000001', 'index'])
    memory.replaceFile(`/b/${name}`, readFileSync(`${dir}/${name}`));
  const index = Buffer.from(memory.readFile('/b/index'));
  index.writeUInt8(3, 4);
  memory.replaceFile('/b/index', index);
  expect(verifyBlock(memory, '/b').filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(expectDump(memory, '/b', dump)).toBeGreaterThan(20);
});

test('they hold what is awkward about the newer encodings', () => {
  expect(sets.map(({ dump }) => encodingsOf(dump))).toEqual([
    [1, 2, 3, 4, 5, 6],
    [4, 5, 6],
  ]);
  const chunks = sets[0]!.dump.flatMap((series) => series.chunks);
  const starts = chunks.flatMap((chunk) => (chunk.starts === undefined ? [] : [chunk.starts]));
  const changes = (one: readonly number[]): boolean => new Set(one).size > 1;
  expect(starts.filter(changes).length).toBeGreaterThan(40);
  expect(starts.filter((one) => one.every((start) => start === 0)).length).toBeGreaterThan(8);
  expect(starts.filter((one) => one.length > 127 && changes(one)).length).toBeGreaterThan(20);
  expect(chunks.filter(({ samples }) => samples.length === 1).length).toBeGreaterThan(1);
});

/** The dump as it is of the same samples in the encodings that Varve writes. */
function asWritten(dump: readonly DumpedSeries[]): DumpedSeries[] {
  return dump.map((series) => ({
    ...series,
    chunks: series.chunks.map((chunk) => ({
      ...chunk,
      encoding: writtenEncoding(chunk.encoding),
    })),
  }));
}

test.each(sets)('$set merged: no chunk of it is written in a newer encoding', ({ dir, dump }) => {
  const memory = new MemoryDisk();
  memory.makeDir('/out');
  const block = new BlockReader(disk, dir);
  const writer = new BlockWriter({ disk: memory, dir: '/out', ulid: block.readMeta().ulid });
  const { symbols } = block.index;
  for (let i = 0; i < symbols.count; i++) writer.addSymbol(symbols.bytes(i));
  for (const entry of block.series()) {
    const chunks: TimedChunk[] = [];
    for (let i = 0; i < entry.chunkCount; i++) {
      const chunk = emptyChunk();
      block.readChunk(entry, i, chunk);
      const place = placeOf({ ...chunk, data: chunk.data.slice() });
      const minTimeMs = entry.chunkMinTimes.at(i);
      chunks.push({ ...place, minTimeMs, maxTimeMs: entry.chunkMaxTimes.at(i) });
    }
    const merged = mergeChunks(chunks).map(({ count, ...chunk }) => {
      const header = new DataView(chunk.bytes.buffer, chunk.bytes.byteOffset);
      expect(chunkCount(chunk.encoding, header, 0)).toBe(count);
      return { ...chunk, sampleCount: count };
    });
    writer.addSeries(entry.labels.view(), merged);
  }
  const { minTimeMs, maxTimeMs } = block.readMeta();
  const written = writer.finish({ minTimeMs, maxTimeMs, labels: [], source: 'compactor' });
  expect(verifyBlock(memory, written.dir)).toEqual([]);
  expect(expectDump(memory, written.dir, asWritten(dump))).toBeGreaterThan(20);
});
