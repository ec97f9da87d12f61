// Chunks of the encodings 4 to 6 with damage in their data, the checksum made right: verify says
// what it is or the samples are others; no reader throws anything but VarveErrors.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { SeriesSamples } from '../../../src/block/series-samples.ts';
import { verifyBlock } from '../../../src/block/verify.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const LIVE = 'test/golden/data/newer/live';
const ULID = readdirSync(LIVE).find((name) => name.length === 26)!;
const DIR = `/t/${ULID}`;
const SEGMENT = `${DIR}/chunks/000001`;
const SEGMENT_HEADER_BYTES = 8;

function copiedBlock(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeDir(`${DIR}/chunks`);
  for (const name of ['index', 'meta.json', 'tombstones', 'chunks/000001'])
    disk.replaceFile(`${DIR}/${name}`, readFileSync(`${LIVE}/${ULID}/${name}`));
  return disk;
}

interface Stored {
  /** The encoding byte, the data behind it, the checksum behind that. */
  readonly at: number;
  readonly dataEnd: number;
  readonly encoding: number;
}

function chunksIn(segment: Buffer): Stored[] {
  const chunks: Stored[] = [];
  for (let at = SEGMENT_HEADER_BYTES; at < segment.length; ) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = segment.readUInt8(at++);
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const dataEnd = at + 1 + length;
    chunks.push({ at, dataEnd, encoding: segment.readUInt8(at) });
    at = dataEnd + 4;
  }
  return chunks;
}

/** Reads every series as users do; says whether damage ended one. */
function readAll(disk: MemoryDisk): boolean {
  const block = new BlockReader(disk, DIR);
  const samples = new SeriesSamples(block);
  let isDamaged = false;
  for (const entry of block.series())
    try {
      samples.open(entry);
      while (samples.next());
    } catch (thrown) {
      if (!(thrown instanceof VarveError)) throw thrown;
      expect(thrown.kind).toBe('damaged');
      isDamaged = true;
    }
  block.close();
  return isDamaged;
}

function changed(change: (segment: Buffer, chunk: Stored) => void, chunk: Stored): MemoryDisk {
  const disk = copiedBlock();
  const segment = Buffer.from(disk.readFile(SEGMENT));
  change(segment, chunk);
  segment.writeUInt32BE(crc32c(segment.subarray(chunk.at, chunk.dataEnd)), chunk.dataEnd);
  disk.replaceFile(SEGMENT, segment);
  return disk;
}

const chunks = chunksIn(Buffer.from(copiedBlock().readFile(SEGMENT)));
const firstOf = [4, 5, 6].map((wanted) => chunks.find(({ encoding }) => encoding === wanted)!);

test('the block is good, and has all three', () => {
  expect(verifyBlock(copiedBlock(), DIR)).toEqual([]);
  expect(readAll(copiedBlock())).toBe(false);
  expect(firstOf.map(({ encoding }) => encoding)).toEqual([4, 5, 6]);
});

test.each([
  [
    'says it has all the samples that fit',
    (segment: Buffer, { at }: Stored) => segment.fill(0x3f, at + 1, at + 3),
    /inside|bits|last sample|comes after/,
  ],
  [
    'says it has no samples',
    (segment: Buffer, { at }: Stored) => segment.fill(0, at + 1, at + 3),
    /without samples/,
  ],
  [
    'says it has one sample more',
    (segment: Buffer, { at }: Stored) => segment.writeUInt8(segment.readUInt8(at + 2) + 1, at + 2),
    /inside|last sample/,
  ],
  [
    'is of ones',
    (segment: Buffer, { at, dataEnd }: Stored) => segment.fill(0xff, at + 4, dataEnd),
    /./,
  ],
  [
    'is of zeros',
    (segment: Buffer, { at, dataEnd }: Stored) => segment.fill(0, at + 4, dataEnd),
    /./,
  ],
  [
    'is of an encoding to come',
    (segment: Buffer, { at }: Stored) => segment.writeUInt8(7, at),
    /encoding 7/,
  ],
] as const)('a chunk that %s is found by verify', (name, change, message) => {
  for (const chunk of firstOf) {
    const disk = changed(change, chunk);
    const findings = verifyBlock(disk, DIR).map(({ what }) => what);
    expect(findings.join('; '), `${chunk.encoding}`).toMatch(message);
    if (name !== 'is of an encoding to come') readAll(disk);
  }
});

test('a flipped bit is found, or makes other samples, and nothing else', () => {
  const random = new SeededRandom(17);
  let found = 0;
  for (let round = 0; round < 90; round++) {
    const chunk = firstOf[round % 3]!;
    const disk = changed((segment, { at, dataEnd }) => {
      const byte = at + 1 + (random.u32() % (dataEnd - at - 1));
      segment.writeUInt8(segment.readUInt8(byte) ^ (1 << (random.u32() & 7)), byte);
    }, chunk);
    if (verifyBlock(disk, DIR).length > 0) found++;
    else expect(readAll(disk)).toBe(false);
  }
  expect(found).toBeGreaterThan(15);
});
