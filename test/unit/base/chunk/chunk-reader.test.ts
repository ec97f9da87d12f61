// One reader for all encodings, and damaged bytes: nothing but VarveError comes out, soon.

import { expect, test } from 'vitest';
import type { ChunkPlace } from '../../../../src/base/chunk/chunk-format.ts';
import { ChunkReader } from '../../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../../src/base/chunk/histogram-value.ts';
import { reencode } from '../../../../src/base/chunk/reencode.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { bytesOf, chunksOf, copiedSegments } from '../../../golden/chunk/segment.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const value = new HistogramValue();

function readAll(place: ChunkPlace): number {
  const reader = new ChunkReader();
  reader.open(place);
  let count = 0;
  while (reader.next()) {
    if (reader.isHistogram) reader.load(value);
    count++;
  }
  return count;
}

const NEWER = 'test/golden/data/newer/awkward/01M9ZZZZZZAWKWARDB00000000/chunks/000001';

/** A few chunks of each encoding. */
function someChunks(): ChunkPlace[] {
  const [segment] = copiedSegments();
  const all = chunksOf(segment!.path);
  const older = [1, 2, 3].flatMap((encoding) =>
    all.filter((place) => place.encoding === encoding).slice(0, 2),
  );
  const newer = chunksOf(NEWER).filter(({ lengthBytes }) => lengthBytes > 100 && lengthBytes < 700);
  return older.concat(
    [4, 5, 6].flatMap((encoding) => newer.filter((place) => place.encoding === encoding).slice(-4)),
  );
}

function changed(place: ChunkPlace, bytes: Uint8Array, count = place.count): ChunkPlace {
  // The chunk ends where its buffer ends: a read beyond it would be a RangeError.
  const view = new DataView(bytes.slice().buffer);
  return { encoding: place.encoding, view, base: 0, lengthBytes: bytes.length, count };
}

/** Runs both readers on damaged bytes; says whether they noticed. */
function survives(place: ChunkPlace): boolean {
  let noticed = false;
  for (const work of [readAll, reencode])
    try {
      work(place);
    } catch (thrown) {
      if (!(thrown instanceof VarveError)) throw thrown;
      expect(['damaged_chunk', 'unsupported']).toContain(thrown.code);
      noticed = true;
    }
  return noticed;
}

test('a chunk that is cut off anywhere is damaged, and says so', () => {
  for (const place of someChunks()) {
    const bytes = bytesOf(place);
    expect(readAll(changed(place, bytes))).toBe(place.count);
    for (let length = 0; length < bytes.length; length++)
      expect(() => readAll(changed(place, bytes.subarray(0, length)))).toThrow(
        expect.objectContaining({ code: 'damaged_chunk' }),
      );
  }
});

test('a chunk with a bit flipped, or bytes of noise, ends', () => {
  const random = new SeededRandom(4711);
  for (const place of someChunks()) {
    const bytes = bytesOf(place).slice();
    for (let bit = 0; bit < bytes.length * 8; bit += 29) {
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      survives(changed(place, bytes));
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
    }
    for (let round = 0; round < 30; round++) {
      const noise = bytes.slice();
      const from = random.u32() % noise.length;
      for (let i = from; i < Math.min(from + 12, noise.length); i++) noise[i] = random.u32() & 255;
      survives(changed(place, noise));
      survives(changed(place, noise, 65535));
    }
  }
});

test('pure noise ends', () => {
  const random = new SeededRandom(42);
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: random.u32() % 300 }, () => random.u32() & 255);
    const view = new DataView(bytes.buffer);
    const encoding = 1 + (round % 6);
    survives({ encoding, view, base: 0, lengthBytes: bytes.length, count: 65535 });
  }
});

test.each([0, 7, 255])('encoding %d is not supported, and named', (encoding) => {
  const view = new DataView(new ArrayBuffer(16));
  const place = { encoding, view, base: 0, lengthBytes: 16, count: 1 };
  expect(() => readAll(place)).toThrow(
    expect.objectContaining({
      code: 'unsupported',
      message: expect.stringContaining(`${encoding}`),
    }),
  );
});
