import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { asVarveError, VarveError } from '../../../src/base/errors/varve-error.ts';
import {
  type ByteSource,
  copyOfRange,
  crcOfRange,
  FileSource,
  MemorySource,
} from '../../../src/block/byte-source.ts';
import { damagedBlock, placeOfDamage } from '../../../src/block/damage.ts';
import { HashedFile } from '../../../src/block/hashed-file.ts';
import { SourceCursor } from '../../../src/block/source-cursor.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const BYTES = new SeededRandom(5).bytes(700_000);

function sources(): readonly ByteSource[] {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  disk.replaceFile('/d/f', BYTES);
  return [new MemorySource('f', BYTES), new FileSource(disk, '/d/f', 'f')];
}

test('any range can be read, in any order, larger than the window too', () => {
  const random = new SeededRandom(6);
  for (const source of sources()) {
    expect(source.sizeBytes).toBe(BYTES.length);
    for (let i = 0; i < 200; i++) {
      const start = random.between(0, BYTES.length);
      const length = random.between(
        0,
        Math.min(BYTES.length - start, i % 10 === 0 ? 600_000 : 500) + 1,
      );
      expect(
        Buffer.compare(source.read(start, length), BYTES.subarray(start, start + length)),
      ).toBe(0);
      const at = source.load(start, length);
      expect(
        Buffer.compare(
          source.loaded.subarray(at, at + length),
          BYTES.subarray(start, start + length),
        ),
      ).toBe(0);
    }
    expect(crcOfRange(source, 3, 650_000)).toBe(crc32c(BYTES.subarray(3, 650_000)));
    expect(Buffer.compare(copyOfRange(source, 5, 600_000), BYTES.subarray(5, 600_000))).toBe(0);
  }
});

test.each([
  [-1, 4],
  [0, 700_001],
  [700_000, 1],
  [2 ** 50, 1],
  [0, 2 ** 50],
  [0, -1],
  [Number.NaN, 1],
])('the range at %d of %d bytes is refused before anything is allocated', (start, length) => {
  for (const source of sources()) expect(() => source.read(start, length)).toThrow(VarveError);
});

test('a cursor reads across windows, and not beyond its end', () => {
  const [source] = sources();
  const cursor = new SourceCursor(source!, 10, 200_010);
  let at = 10;
  while (at < 200_000) {
    expect(cursor.position).toBe(at);
    const length = (at % 9000) + 1;
    expect(Buffer.compare(cursor.bytes(length), BYTES.subarray(at, at + length))).toBe(0);
    at += length;
    if (cursor.remaining < 9000) break;
  }
  expect(() => cursor.bytes(cursor.remaining + 1)).toThrow(/f, byte \d+: .* left in the section/);
  expect(() => new SourceCursor(source!, 10, 800_000)).toThrow(/outside of the file/);
  expect(() =>
    new SourceCursor(new MemorySource('v', Uint8Array.of(0x80)), 0, 1).uvarint(),
  ).toThrow(/v, byte 0/);
  const padded = new SourceCursor(new MemorySource('p', Uint8Array.of(1, 0, 0, 0, 9, 7)), 1, 6);
  padded.align(4);
  expect(padded.u8()).toBe(9);
  expect(() => padded.align(4)).toThrow(/p, byte 5: padding is not zero/);
});

test('damage knows its place', () => {
  const error = damagedBlock('index', 7, 'it is bad');
  expect(error.code).toBe('damaged_block');
  expect(error.message).toBe('index, byte 7: it is bad');
  const place = { file: 'index', offset: 7, what: 'it is bad', kind: 'format' };
  expect(placeOfDamage(error)).toEqual(place);
  expect(placeOfDamage(asVarveError(new Error('x')))).toBeUndefined();
});

test('a file is hashed while it is written', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  const file = new HashedFile(disk, '/d/f', 'f');
  for (let at = 0; at < BYTES.length; at += 9_999) file.write(BYTES.subarray(at, at + 9_999));
  file.write(Uint8Array.of(1));
  file.align(16);
  const size = file.position;
  const digest = file.finish();
  const written = disk.readFile('/d/f');
  expect(size % 16).toBe(0);
  expect(digest).toEqual({
    relPath: 'f',
    sizeBytes: written.length,
    crc32c: crc32c(written),
    sha256: createHash('sha256').update(written).digest('hex'),
  });
  file.close(); // harmless
});
