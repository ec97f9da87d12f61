// The parts of an index, each on its own.

import { expect, test } from 'vitest';
import { ByteReader } from '../../../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { U32Column } from '../../../../src/base/bytes/columns.ts';
import { FileSource, MemorySource } from '../../../../src/block/byte-source.ts';
import { HashedFile } from '../../../../src/block/hashed-file.ts';
import { readToc, TOC_BYTES, uvarintBytes, writeToc } from '../../../../src/block/index/format.ts';
import { PairTable } from '../../../../src/block/index/pair-table.ts';
import { PostingsBuilder } from '../../../../src/block/index/postings-builder.ts';
import { PostingsTable } from '../../../../src/block/index/postings-table.ts';
import { writePostingsTable } from '../../../../src/block/index/postings-table-writer.ts';
import { IndexReader } from '../../../../src/block/index/reader.ts';
import {
  decodeSeries,
  encodeSeries,
  SeriesEntry,
} from '../../../../src/block/index/series-entry.ts';
import { SeriesReader } from '../../../../src/block/index/series-reader.ts';
import { SymbolPages } from '../../../../src/block/index/symbol-pages.ts';
import { NO_SYMBOL, readSymbols } from '../../../../src/block/index/symbols.ts';
import { IndexWriter } from '../../../../src/block/index/writer.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('a pair gets the number of its first sight, whatever comes between', () => {
  const pairs = new PairTable();
  const seen = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    const name = i % 7;
    const value = (i * i) % 4001;
    const key = `${name} ${value}`;
    const number = pairs.numberOf(name, value);
    expect(number).toBe(seen.get(key) ?? seen.size);
    seen.set(key, number);
  }
  expect(pairs.count).toBe(seen.size);
  expect([pairs.nameOf(1), pairs.valueOf(1)]).toEqual([1, 1]);
});

test('postings come by name, then value, with rising references', () => {
  const builder = new PostingsBuilder();
  const labels = (...symbols: number[]): U32Column => {
    const column = new U32Column();
    for (const symbol of symbols) column.push(symbol);
    return column;
  };
  builder.addSeries(10, labels(1, 9, 2, 5));
  builder.addSeries(11, labels(1, 9, 2, 6));
  builder.addSeries(15, labels(1, 3, 2, 5));
  builder.seal(10);
  const lists = Array.from({ length: builder.listCount }, (_, place) => {
    const refs: number[] = [];
    for (let at = builder.listStart(place); at < builder.listEnd(place); at++)
      refs.push(builder.refAt(at));
    return [builder.listName(place), builder.listValue(place), refs];
  });
  expect(lists).toEqual([
    [1, 3, [15]],
    [1, 9, [10, 11]],
    [2, 5, [10, 15]],
    [2, 6, [11]],
  ]);
  expect(builder.seriesCount).toBe(3);
  expect(builder.seriesRef(2)).toBe(15);
});

test('symbols fill page after page, and one larger than a page has its own', () => {
  const symbols = new SymbolPages();
  const wanted = ['', 'a'.repeat(700_000), 'b'.repeat(700_000), 'c'.repeat(2_000_000), 'd', 'e'];
  for (const symbol of wanted) symbols.add(Buffer.from(symbol));
  expect(symbols.count).toBe(wanted.length);
  for (const [i, symbol] of wanted.entries()) {
    const encoded = symbols.encoded(i);
    expect(encoded.length).toBe(uvarintBytes(symbol.length) + symbol.length);
    expect(text(encoded.subarray(uvarintBytes(symbol.length))) === symbol).toBe(true);
  }
  const bytes = Buffer.concat([...symbols.pieces()]);
  expect(bytes.length).toBe(symbols.encodedBytes);
});

test('a symbol is found by its bytes', () => {
  const body = new ByteWriter();
  const all = ['', 'a', 'job', 'ü', '\uffff', '😀'];
  body.u32be(all.length);
  for (const one of all) {
    body.uvarint(Buffer.byteLength(one));
    body.bytes(Buffer.from(one));
  }
  const whole = new ByteWriter();
  whole.u32be(body.length);
  whole.bytes(body.view());
  whole.u32be(0);
  const { symbols, crcMatches, end } = readSymbols(new MemorySource('index', whole.view()), 0);
  expect(crcMatches).toBe(false); // told, not thrown
  expect(end).toBe(whole.length);
  all.forEach((one, i) => {
    expect(symbols.find(Buffer.from(one))).toBe(i);
    expect(symbols.text(i)).toBe(one);
    expect(symbols.lengthOf(i)).toBe(Buffer.byteLength(one));
  });
  for (const other of ['b', 'zz', 'jo', 'jobs'])
    expect(symbols.find(Buffer.from(other))).toBe(NO_SYMBOL);
});

test('a series is read as it was written, times before 1970 and segments beyond the first too', () => {
  const entry = new SeriesEntry();
  for (const symbol of [1, 2, 3, 4]) entry.labels.push(symbol);
  entry.addChunk(-(2 ** 52), -5, 0, 8);
  entry.addChunk(-4, -4, 0, 0xffff_ff00);
  entry.addChunk(0, 2 ** 52, 1, 8);
  entry.addChunk(2 ** 52 + 1, 2 ** 53 - 1, 300_000, 4_000_000_000);
  const bytes = new ByteWriter();
  encodeSeries(entry, bytes);
  const read = new SeriesEntry();
  decodeSeries(new ByteReader().reset(bytes.view()), 5, read);
  for (const column of [
    'labels',
    'chunkMinTimes',
    'chunkMaxTimes',
    'chunkSegments',
    'chunkOffsets',
  ] as const)
    expect([...read[column].view()]).toEqual([...entry[column].view()]);
  expect(() => decodeSeries(new ByteReader().reset(bytes.view()), 4, new SeriesEntry())).toThrow(
    'no symbol 4',
  );
});

test('a table of contents says where sections are, and not beyond the file', () => {
  const bytes = new ByteWriter();
  const toc = {
    symbols: 5,
    series: 2 ** 33,
    labelIndices: 2 ** 34,
    labelIndicesTable: 2 ** 35,
    postings: 2 ** 34,
    postingsTable: 2 ** 35,
  };
  writeToc(bytes, toc);
  expect(bytes.length).toBe(TOC_BYTES);
  expect(readToc('index', bytes.view(), 2 ** 36)).toEqual(toc);
  expect(() => readToc('index', bytes.view(), 2 ** 34)).toThrow(
    /index, byte \d+: .* outside of the file/,
  );
});

/** An index with one series per value, written to a file. */
function writeIndex(values: readonly string[]): { disk: MemoryDisk; seriesBytesMax: number } {
  const disk = new MemoryDisk();
  disk.makeDir('/b');
  const file = new HashedFile(disk, '/b/index', 'index');
  const writer = new IndexWriter(file);
  for (const symbol of ['', 'a', ...values]) writer.addSymbol(Buffer.from(symbol));
  values.forEach((_, i) => {
    const entry = new SeriesEntry();
    entry.labels.push(1);
    entry.labels.push(i + 2);
    entry.addChunk(i, i, 0, 8 + i);
    writer.addSeries(entry);
  });
  const { seriesBytesMax, seriesCount } = writer.finish();
  file.finish();
  expect(seriesCount).toBe(values.length);
  return { disk, seriesBytesMax };
}

test('an index of thousands of values is read value by value, and sought in', () => {
  const values = Array.from({ length: 5000 }, (_, i) => `v${String(i).padStart(6, '0')}`);
  const { disk, seriesBytesMax } = writeIndex(values);
  expect(seriesBytesMax).toBe(16);
  const source = new FileSource(disk, '/b/index');
  const index = new IndexReader(source);
  expect(index.labelNames().map(text)).toEqual(['a']);
  expect([...index.labelValues(Buffer.from('a'))].map(text)).toEqual(values);
  expect(index.allPostings().length).toBe(5000);
  const table = new PostingsTable(source, index.toc.postingsTable);
  for (const i of [0, 1, 2500, 4998, 4999]) {
    expect(table.find(Buffer.from('a'), Buffer.from(values[i]!))).toBeGreaterThan(0);
    const refs = new U32Column();
    index.postings(Buffer.from('a'), Buffer.from(values[i]!), refs);
    const entry = new SeriesEntry();
    index.series.readAt(refs.at(0) * 16, entry);
    expect(entry.chunkOffsets.at(0)).toBe(8 + i);
  }
  expect(table.find(Buffer.from('a'), Buffer.from('v0000005'))).toBeUndefined();
});

test('an index without series is an index', () => {
  const { disk } = writeIndex([]);
  const index = new IndexReader(new FileSource(disk, '/b/index'));
  expect(index.allPostings().length).toBe(0);
  expect([...index.allSeries()]).toEqual([]);
});

test('a reference between series is refused', () => {
  const { disk } = writeIndex(['x', 'y']);
  const index = new IndexReader(new FileSource(disk, '/b/index'));
  const { series } = index;
  expect(series).toBeInstanceOf(SeriesReader);
  for (const offset of [0, 7, series.aligned(series.start) + 1, series.end, 2 ** 40])
    expect(() => series.readAt(offset, new SeriesEntry()), String(offset)).toThrow(
      /no series begins here/,
    );
});

test('an empty table of postings has the list of all series', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/b');
  const file = new HashedFile(disk, '/b/t', 't');
  writePostingsTable(file, new SymbolPages(), new PostingsBuilder(), 64);
  file.finish();
  const table = new PostingsTable(new FileSource(disk, '/b/t'), 0);
  expect(table.find(new Uint8Array(0), new Uint8Array(0))).toBe(64);
  expect(table.names()).toEqual([]);
});
