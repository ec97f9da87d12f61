// The parts of verifying. What they find in damaged blocks is in test/damage/block.

import { expect, test } from 'vitest';
import { U32Column } from '../../../../src/base/bytes/columns.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { MemorySource } from '../../../../src/block/byte-source.ts';
import { damagedBlock } from '../../../../src/block/damage.ts';
import { PostingsBuilder } from '../../../../src/block/index/postings-builder.ts';
import { IndexReader } from '../../../../src/block/index/reader.ts';
import type { SeriesEntry } from '../../../../src/block/index/series-entry.ts';
import { readMetaBytes } from '../../../../src/block/meta.ts';
import { ChunkChecker, type ChunkSegment } from '../../../../src/block/verify/check-chunks.ts';
import { checkContents } from '../../../../src/block/verify/check-contents.ts';
import { checkMeta, checkNames } from '../../../../src/block/verify/check-files.ts';
import { checkIndex } from '../../../../src/block/verify/check-index.ts';
import { checkZeros } from '../../../../src/block/verify/check-padding.ts';
import { PostingsChecker } from '../../../../src/block/verify/check-postings.ts';
import { SeriesChecker } from '../../../../src/block/verify/check-series.ts';
import { Findings } from '../../../../src/block/verify/findings.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { makeBlock } from '../make-block.ts';

function block(): { disk: MemoryDisk; dir: string; index: MemorySource; chunks: MemorySource } {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  const source = (name: string): MemorySource =>
    new MemorySource(name, disk.readFile(`${dir}/${name}`));
  return { disk, dir, index: source('index'), chunks: source('chunks/000001') };
}

const atHand = (source: MemorySource): ChunkSegment => ({
  name: source.name,
  sizeBytes: source.sizeBytes,
  source,
});

/** Runs what asks for segments to its end; all are at hand. */
function toEnd<T>(steps: Generator<number, T, undefined>): T {
  const step = steps.next();
  if (step.done !== true) throw new Error(`asked for segment ${step.value}`);
  return step.value;
}

const whats = (findings: Findings): string[] => findings.list().map((finding) => finding.what);

test('damage is a finding with its place; a failing disk is not', () => {
  const findings = new Findings();
  expect(findings.attempt('a', 1, () => 5)).toBe(5);
  findings.attempt('a', 1, () => {
    throw damagedBlock('b', 2, 'bad');
  });
  findings.attempt('a', 1, () => {
    throw new VarveError('not_found', 'cannot open it');
  });
  expect(findings.list()).toEqual([
    { file: 'b', offset: 2, what: 'bad', severity: 'error' },
    { file: 'a', offset: 1, what: 'the file is missing', severity: 'error' },
  ]);
  const failing = (): never => {
    throw new VarveError('disk_failed', 'EIO');
  };
  expect(() => findings.attempt('a', 1, failing)).toThrow('EIO');
});

test('of thousands of findings a thousand are kept, and the rest counted', () => {
  const findings = new Findings();
  for (let i = 0; i < 2500; i++) findings.warning('f', i, 'w');
  expect(findings.list().length).toBe(1001);
  expect(findings.list().at(-1)!.what).toBe('1500 findings more');
});

test('padding is zero and short', () => {
  const findings = new Findings();
  const source = new MemorySource('f', Uint8Array.of(0, 0, 7, 0, ...new Uint8Array(40)));
  checkZeros(source, 0, 2, findings);
  checkZeros(source, 5, 5, findings);
  expect(findings.list()).toEqual([]);
  checkZeros(source, 1, 4, findings);
  checkZeros(source, 4, 40, findings);
  expect(findings.list().map(({ offset, severity }) => [offset, severity])).toEqual([
    [2, 'error'],
    [4, 'warning'],
  ]);
});

test('chunks that no series has are told of', () => {
  const { chunks, index } = block();
  const findings = new Findings();
  const checker = new ChunkChecker([atHand(chunks)], findings);
  const entries = new IndexReader(index).allSeries();
  entries.next();
  checker.check(entries.next().value as SeriesEntry, 0); // the first one is left out
  checker.finish();
  expect(whats(findings)).toEqual([
    expect.stringMatching(/no chunk from here to/),
    expect.stringMatching(/belongs to no chunk/),
  ]);
  expect(checker.floatSamples).toBe(3);
  expect(checker.isComplete).toBe(true);
});

test('a chunk that two series have is told of', () => {
  const { chunks, index } = block();
  const findings = new Findings();
  const checker = new ChunkChecker([atHand(chunks)], findings);
  const [entry] = new IndexReader(index).allSeries();
  checker.check(entry!, 0);
  checker.check(entry!, 0);
  expect(whats(findings)).toContain('a chunk begins within or before another');
});

test('a whole index has no findings, and its series are counted', () => {
  const { index, chunks, disk, dir } = block();
  const findings = new Findings();
  const meta = checkMeta(() => readMetaBytes(disk, dir), undefined, findings);
  const checker = new ChunkChecker([atHand(chunks)], findings);
  const result = toEnd(checkIndex(index, checker, meta, findings));
  expect(findings.list()).toEqual([]);
  expect(result).toMatchObject({ seriesCount: 3, chunkCount: 4, isComplete: true });
});

test('series outside of the range that meta.json gives are told of, each chunk', () => {
  const { index, chunks, disk, dir } = block();
  const meta = checkMeta(() => readMetaBytes(disk, dir), undefined, new Findings())!;
  const findings = new Findings();
  const reader = new IndexReader(index);
  toEnd(
    new SeriesChecker(index, reader.symbols, findings).run(
      reader.series,
      new ChunkChecker([atHand(chunks)], new Findings()),
      { ...meta, minTimeMs: 1200, maxTimeMs: 3000 },
    ),
  );
  expect(whats(findings).filter((what) => /outside of the block's range/.test(what)).length).toBe(
    3,
  );
});

test('postings of other series than there are, are told of', () => {
  const { index } = block();
  const { toc, symbols } = new IndexReader(index);
  const wanted = new PostingsBuilder();
  wanted.addSeries(3, new U32Column());
  wanted.seal(symbols.count);
  const findings = new Findings();
  const place = {
    start: toc.postings,
    end: toc.postingsTable,
    table: toc.postingsTable,
    wanted,
    symbols,
  };
  expect(new PostingsChecker(index, place, findings).run()).toBe(index.sizeBytes - 52);
  expect(new Set(whats(findings))).toEqual(
    new Set([
      'the list of all series is not that of the series',
      'a list for a label pair that no series has',
    ]),
  );
});

test('strangers in a block directory are told of', () => {
  const file = (name: string) => ({ name, isDirectory: false });
  const findings = new Findings();
  const names = [
    { name: 'chunks', isDirectory: true },
    ...['deletion-mark.json', 'index', 'meta.json', 'notes.txt'].map(file),
  ];
  const chunkNames = ['000001', 'readme'];
  expect(checkNames({ names, chunkNames }, findings)).toEqual(['chunks/000001']);
  expect(findings.list().map((finding) => finding.file)).toEqual(['notes.txt', 'chunks/readme']);
});

test('segments are asked for one by one, those that no series names too', () => {
  const disk = new MemoryDisk();
  const { dir, meta } = makeBlock(disk, undefined, { segmentBytesMax: 64 });
  const source = (name: string): MemorySource =>
    new MemorySource(name, disk.readFile(`${dir}/${name}`));
  const names = disk.list(`${dir}/chunks`).map(({ name }) => `chunks/${name}`);
  expect(names.length).toBeGreaterThan(1);
  const stranger = new MemorySource('chunks/000009', new Uint8Array(20));
  const sources = [...names.map(source), stranger];
  const segments = sources.map(({ name, sizeBytes }): ChunkSegment => {
    return { name, sizeBytes, source: undefined };
  });
  const findings = new Findings();
  const contents = { index: source('index'), segments, meta, tombstones: new Map() };
  const asked: number[] = [];
  for (const wanted of checkContents(contents, findings)) {
    asked.push(wanted);
    for (const segment of segments) segment.source = undefined;
    segments[wanted]!.source = sources[wanted];
  }
  expect(asked).toEqual(segments.map((_, i) => i));
  expect(findings.list()).toEqual([
    { file: 'chunks/000009', offset: 0, what: 'the magic number is 0', severity: 'error' },
    expect.objectContaining({ file: 'chunks/000009', severity: 'warning' }),
  ]);
});
