import { expect, it } from 'vitest';
import { HeadChunkReader } from '../../../../src/wal/head-chunks/reader.ts';
import { HEAD_CHUNKS_HEADER, layChunk } from '../../../support/head-chunks.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

const data = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill);

function read(...parts: Uint8Array[]) {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  disk.replaceFile('/d/000001', Buffer.concat(parts));
  const damages: [number, number, string][] = [];
  const file = disk.openSync('/d/000001', 'read');
  const reader = new HeadChunkReader(file, (...damage) => void damages.push(damage));
  const chunks: unknown[] = [];
  while (reader.next()) {
    const { data: bytes, ...rest } = reader.chunk!;
    chunks.push({ ...rest, bytes: bytes.length, first: bytes.at(0) });
  }
  file.close();
  return { chunks, damages };
}

it('reads chunks with series, times, encoding and whether they came late', () => {
  const one = { ref: 5, minTimeMs: -1000, maxTimeMs: 1_700_000_000_000 };
  const two = { ref: 2 ** 40, minTimeMs: 1, maxTimeMs: 1, encoding: 2, isLate: true };
  const bytes = [layChunk({ ...one, data: data(300) }), layChunk({ ...two, data: data(0) })];
  expect(read(HEAD_CHUNKS_HEADER, ...bytes)).toEqual({
    chunks: [
      { ...one, encoding: 1, isLate: false, bytes: 300, first: 7 },
      { ...two, bytes: 0, first: undefined },
    ],
    damages: [],
  });
});

it('a chunk that is longer than the window is read whole, and the ones behind it', () => {
  const times = { minTimeMs: 1, maxTimeMs: 2 };
  const long = layChunk({ ref: 1, ...times, data: data(2_000_000) });
  const many = Array.from({ length: 400 }, (_, i) =>
    layChunk({ ref: i + 2, ...times, data: data(4000, i % 256) }),
  );
  const { chunks, damages } = read(HEAD_CHUNKS_HEADER, long, ...many);
  expect(damages).toEqual([]);
  expect(chunks).toHaveLength(401);
  expect(chunks.at(-1)).toMatchObject({ ref: 401, first: 399 % 256 });
});

it('ends where zeros begin, without a word: files are made longer than what is in them', () => {
  const chunk = layChunk({ ref: 1, minTimeMs: 1, maxTimeMs: 2, data: data(10) });
  for (const zeros of [1, 24, 40, 1_000_000]) {
    expect(read(HEAD_CHUNKS_HEADER, chunk, data(zeros, 0)).damages).toEqual([]);
  }
});

it.each([
  ['empty', new Uint8Array(0)],
  ['of zeros', data(100, 0)],
  ['of a header alone', HEAD_CHUNKS_HEADER],
])('a file that is %s holds nothing, and is not damaged', (_, bytes) => {
  expect(read(bytes)).toEqual({ chunks: [], damages: [] });
});
