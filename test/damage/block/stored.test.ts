// A block in a bucket, damaged in each of the ways of rows.ts: verify says of it what it says of
// the same block on the disk.

import { expect, test } from 'vitest';
import type { Disk } from '../../../src/base/runtime/disk.ts';
import { readFilePieces } from '../../../src/base/runtime/file-pieces.ts';
import type { StoredBlock } from '../../../src/block/fetched-block.ts';
import { writeMeta } from '../../../src/block/meta.ts';
import type { Finding } from '../../../src/block/verify/findings.ts';
import { verifyBlock } from '../../../src/block/verify.ts';
import { verifyStored } from '../../../src/block/verify-stored.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { makeBlock, SOME_SERIES, ULID } from '../../unit/block/make-block.ts';
import { type Change, flip, ROWS, sectionsOf } from './rows.ts';

/** The directory of a block, as a store would list it. */
function stored(disk: Disk, dir: string): StoredBlock {
  const names = disk
    .list(dir)
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? disk.list(`${dir}/${name}`).map((file) => `${name}/${file.name}`) : [name],
    );
  const sizeOf = (name: string): number => disk.stat(`${dir}/${name}`)?.sizeBytes ?? 0;
  return {
    ulid: ULID,
    files: names.map((name) => ({ name, sizeBytes: sizeOf(name) })),
    read: (name) => readFilePieces(disk, `${dir}/${name}`, 0, sizeOf(name)),
  };
}

const inOrder = (findings: readonly Finding[]): string[] =>
  findings.map((finding) => JSON.stringify(finding)).sort();

/** Verifies both ways; what the bucket's way finds. */
async function verifyBoth(disk: MemoryDisk, dir: string): Promise<readonly Finding[]> {
  const work = new MemoryDisk();
  work.makeDir('/work');
  const { findings } = await verifyStored(stored(disk, dir), { disk: work, workDir: '/work' });
  expect(work.list('/work')).toEqual([]);
  expect(inOrder(findings)).toEqual(inOrder(verifyBlock(disk, dir)));
  return findings;
}

function damage(disk: MemoryDisk, dir: string, file: string, change: Change): void {
  const sections = sectionsOf(Buffer.from(disk.readFile(`${dir}/index`)));
  const bytes = Buffer.from(disk.readFile(`${dir}/${file}`));
  const changed = change(bytes, sections);
  disk.replaceFile(`${dir}/${file}`, changed instanceof Buffer ? changed : bytes);
}

test.each(ROWS)('%s is found in a bucket too', async (_, file, change, message) => {
  for (const hasHashes of [false, true]) {
    const disk = new MemoryDisk();
    const { dir, meta } = makeBlock(disk);
    if (!hasHashes) writeMeta(disk, dir, { ...meta, thanos: undefined, rest: undefined });
    damage(disk, dir, file, change);
    const whats = (await verifyBoth(disk, dir)).map(({ what }) => what);
    expect(whats.join('; ')).toMatch(message);
  }
});

test.each(['index', 'chunks/000001', 'meta.json'])('a missing %s', async (file) => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  disk.removeFile(`${dir}/${file}`);
  // A store has no empty directories.
  disk.removeEmptyDir(`${dir}/chunks`);
  const findings = await verifyBoth(disk, dir);
  expect(findings.filter(({ severity }) => severity === 'error')).not.toEqual([]);
});

test('flipped bits anywhere, at random', async () => {
  const random = new SeededRandom(11);
  for (let i = 0; i < 60; i++) {
    const disk = new MemoryDisk();
    const { dir } = makeBlock(disk, SOME_SERIES, { segmentBytesMax: 64 });
    const files = ['index', 'meta.json', 'chunks/000001', 'chunks/000002'];
    const file = files.at(random.u32() % files.length) ?? 'index';
    damage(disk, dir, file, (bytes) => flip(bytes, random.u32() % bytes.length));
    const findings = await verifyBoth(disk, dir);
    // Hashes leave nothing that is not found; a flip in meta.json may hit the name of its digest.
    if (file === 'meta.json') continue;
    expect(findings.filter(({ severity }) => severity === 'error')).not.toEqual([]);
  }
});
