// Damaged bytes in each file of a block: what verify finds, and that the readers throw nothing but
// VarveErrors. Each row is one kind of damage.

import { expect, test } from 'vitest';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { emptyChunk, placeOf } from '../../../src/block/chunks/segment-reader.ts';
import { readMeta, writeMeta } from '../../../src/block/meta.ts';
import { SeriesSamples } from '../../../src/block/series-samples.ts';
import { printTombstones } from '../../../src/block/tombstones/format.ts';
import { verifyBlock } from '../../../src/block/verify.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeBlock, SOME_SERIES } from '../../unit/block/make-block.ts';
import { type Change, FINDINGS, flip, ROWS, resum, sectionsOf } from './rows.ts';

/** A block as Prometheus would leave it: without the hashes, so that only the formats' own checks find. */
function plainBlock(disk: MemoryDisk): string {
  const { dir, meta } = makeBlock(disk);
  writeMeta(disk, dir, { ...meta, thanos: undefined, rest: undefined });
  return dir;
}

function damage(disk: MemoryDisk, dir: string, file: string, change: Change): void {
  const sections = sectionsOf(Buffer.from(disk.readFile(`${dir}/index`)));
  const bytes = Buffer.from(disk.readFile(`${dir}/${file}`));
  const changed = change(bytes, sections);
  disk.replaceFile(`${dir}/${file}`, changed instanceof Buffer ? changed : bytes);
}

/** Reads everything there is; damage may end it, but only as a VarveError. */
function readAll(disk: MemoryDisk, dir: string): void {
  try {
    const block = new BlockReader(disk, dir);
    const chunk = emptyChunk();
    const histogram = new HistogramValue();
    const samples = new ChunkReader();
    for (const name of block.index.labelNames()) for (const _ of block.index.labelValues(name));
    block.index.allPostings();
    const cursor = new SeriesSamples(block);
    for (const entry of block.series()) {
      block.labelsOf(entry);
      cursor.open(entry);
      while (cursor.next()) if (cursor.isHistogram) cursor.load(histogram);
      for (let i = 0; i < entry.chunkCount; i++) {
        block.readChunk(entry, i, chunk);
        samples.open(placeOf(chunk));
        while (samples.next());
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof VarveError)) throw thrown;
    expect(['damaged', 'not_found', 'bad_config']).toContain(thrown.kind);
    expect(thrown.message).toMatch(/index|chunk|meta\.json|tombstones/i);
  }
}

test.each(ROWS)('%s: verify says it, readers throw nothing else', (name, file, change, message) => {
  const disk = new MemoryDisk();
  const dir = plainBlock(disk);
  expect(verifyBlock(disk, dir)).toEqual([]);
  damage(disk, dir, file, change);
  const findings = verifyBlock(disk, dir);
  const whats = findings.map((finding) => finding.what);
  expect(whats.join('; ')).toMatch(message);
  expect(whats).toHaveLength(FINDINGS.get(name) ?? 1);
  readAll(disk, dir);
});

test.each([
  ['index', /missing/],
  ['chunks/000001', /missing|segment 1/],
  ['meta.json', /missing/],
])('without %s: verify says it', (file, message) => {
  const disk = new MemoryDisk();
  const dir = plainBlock(disk);
  disk.removeFile(`${dir}/${file}`);
  expect(
    verifyBlock(disk, dir)
      .map((f) => f.what)
      .join('; '),
  ).toMatch(message);
  readAll(disk, dir);
});

test('a gap in the numbers of segments is found', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk, SOME_SERIES, { segmentBytesMax: 60 });
  disk.removeFile(`${dir}/chunks/000002`);
  expect(verifyBlock(disk, dir)).toContainEqual({
    file: 'chunks/000002',
    offset: undefined,
    what: 'the file that meta.json names is missing',
    severity: 'error',
  });
  readAll(disk, dir);
});

test.each([
  ['shorter than a header', (b: Buffer) => b.subarray(0, 6), /shorter/],
  [
    'another magic',
    (b: Buffer) => {
      b[0] = 9;
      return b;
    },
    /magic/,
  ],
  [
    'another version',
    (b: Buffer) => {
      b[4] = 2;
      return b;
    },
    /version 2/,
  ],
  [
    'a wrong checksum',
    (b: Buffer) => {
      b[6]! ^= 1;
      return b;
    },
    /checksum/,
  ],
  [
    'an interval cut off',
    (b: Buffer) => {
      const c = b.subarray(0, b.length - 1);
      resum(c, 5, c.length - 4);
      return c;
    },
    /varint|wanted/,
  ],
  [
    'an interval that ends before it begins',
    () => printTombstones(new Map([[4, [{ minTimeMs: 5, maxTimeMs: 1 }]]])),
    /ends before it begins/,
  ],
  [
    'a series that is not there',
    () => printTombstones(new Map([[77, [{ minTimeMs: 1, maxTimeMs: 5 }]]])),
    /there is no series 77/,
  ],
  [
    'bytes behind the last interval',
    (b: Buffer) => {
      const c = Buffer.concat([b.subarray(0, b.length - 4), Buffer.from([9]), Buffer.alloc(4)]);
      resum(c, 5, c.length - 4);
      return c;
    },
    /varint|wanted/,
  ],
])('tombstones: %s', (_, change, message) => {
  const disk = new MemoryDisk();
  const dir = plainBlock(disk);
  const bytes = printTombstones(new Map([[1, [{ minTimeMs: 1, maxTimeMs: 99_999 }]]]));
  disk.replaceFile(`${dir}/tombstones`, change(Buffer.from(bytes)));
  const whats = verifyBlock(disk, dir)
    .filter((f) => f.file === 'tombstones')
    .map((f) => f.what);
  expect(whats.join('; ')).toMatch(message);
  readAll(disk, dir);
});

test('everything is found at once', () => {
  const disk = new MemoryDisk();
  const dir = plainBlock(disk);
  damage(disk, dir, 'index', (b, s) => flip(b, s.table - 1));
  damage(disk, dir, 'index', (b, s) => flip(b, s.series - 1));
  damage(disk, dir, 'chunks/000001', (b) => flip(b, b.length - 1));
  damage(disk, dir, 'meta.json', (b) =>
    Buffer.from(b.toString().replace('"level": 1', '"level": 0')),
  );
  const files = verifyBlock(disk, dir).map((finding) => finding.file);
  expect(files.filter((file) => file === 'index').length).toBe(2);
  expect(files).toContain('chunks/000001');
  expect(files).toContain('meta.json');
});

test('each single bit that flips is found, by the formats alone, and readers stay VarveErrors', () => {
  const whole = new MemoryDisk();
  const dir = plainBlock(whole);
  const random = new SeededRandom(11);
  for (const file of ['index', 'chunks/000001']) {
    const bytes = Buffer.from(whole.readFile(`${dir}/${file}`));
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (random.u32() & 7);
      whole.replaceFile(`${dir}/${file}`, flipped);
      const findings = verifyBlock(whole, dir);
      expect(findings.length, `${file}, byte ${at}`).toBeGreaterThan(0);
      readAll(whole, dir);
    }
    whole.replaceFile(`${dir}/${file}`, bytes);
  }
  expect(verifyBlock(whole, dir)).toEqual([]);
});

test('garbage with right checksums is a finding, never another error', () => {
  const disk = new MemoryDisk();
  const dir = plainBlock(disk);
  const index = Buffer.from(disk.readFile(`${dir}/index`));
  const { series } = sectionsOf(index);
  const start = Math.ceil(series / 16) * 16;
  const random = new SeededRandom(12);
  for (let round = 0; round < 300; round++) {
    const changed = Buffer.from(index);
    const length = changed.readUInt8(start);
    for (let i = 0; i < 3; i++) changed[start + 1 + (random.u32() % length)] = random.u32() & 255;
    resum(changed, start + 1, start + 1 + length);
    disk.replaceFile(`${dir}/index`, changed);
    if (Buffer.compare(changed, index) !== 0)
      expect(verifyBlock(disk, dir).length).toBeGreaterThan(0);
    readAll(disk, dir);
  }
});

test('with hashes in meta.json, a byte that no checksum covers is found too', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  expect(verifyBlock(disk, dir)).toEqual([]);
  damage(disk, dir, 'chunks/000001', (b) => flip(b, b.length - 1));
  const whats = verifyBlock(disk, dir).map((finding) => finding.what);
  expect(whats).toContain('its SHA-256 is not the one in meta.json');
  expect(whats).toContain('its CRC-32C is not the one in meta.json');
  const meta = readMeta(disk, dir);
  expect(meta.thanos?.varve?.digest).toMatch(/^[0-9a-f]{64}$/);
  damage(disk, dir, 'meta.json', (b) => Buffer.from(b.toString().replace('"tenant"', '"tenanT"')));
  expect(verifyBlock(disk, dir).map((f) => f.what)).toContain(
    'its digest of itself does not match',
  );
});
