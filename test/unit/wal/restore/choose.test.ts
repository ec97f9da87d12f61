import { expect, it } from 'vitest';
import type { PutSource } from '../../../../src/bucket/bucket.ts';
import { archivePieceKey } from '../../../../src/bucket/layout.ts';
import { claimRestore, piecesOf } from '../../../../src/wal/restore/choose.ts';
import { readMarker } from '../../../../src/wal/restore/marker.ts';
import { MemoryBucket } from '../../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const EMPTY: PutSource = {
  sizeBytes: 0,
  async *read() {
    yield new Uint8Array(0);
  },
};

/** A bucket with these pieces, as name, epoch and sequence. */
async function bucketWith(...pieces: readonly (readonly [string, number, number])[]) {
  const clock = new ManualClock();
  const bucket = new MemoryBucket(clock);
  for (const key of pieces) await bucket.put(archivePieceKey(...key), EMPTY);
  let seed = 0;
  const options = (name?: string, disk = new MemoryDisk()) => {
    const random = new SeededRandom(++seed);
    return { disk, bucket, clock, random, tsdbPath: '/tsdb', name };
  };
  return { bucket, options };
}

it('takes the only archive, under a new epoch, up to the last piece that is there', async () => {
  const { options } = await bucketWith(['g', 1, 1], ['g', 1, 2]);
  const marker = await claimRestore(options());
  expect(marker).toMatchObject({ name: 'g', epoch: 2, takesOver: { epoch: 1, sequence: 2 } });
});

it('of several it wants one to be named, and says which there are', async () => {
  const { options } = await bucketWith(['g', 1, 1], ['h', 1, 1]);
  await expect(claimRestore(options())).rejects.toThrow(/several WAL archives: g, h\./);
  expect(await claimRestore(options('h'))).toMatchObject({ name: 'h' });
  await expect(claimRestore(options('i'))).rejects.toMatchObject({ code: 'not_found' });
});

it('refuses a directory that is not empty, and changes nothing', async () => {
  const { bucket, options } = await bucketWith(['g', 1, 1]);
  const disk = new MemoryDisk();
  disk.makeDir('/tsdb/a/wal');
  await expect(claimRestore(options('g', disk))).rejects.toThrow(/there is a in it/);
  expect(await bucket.exists('varve/wal/g/00000002/claim.json')).toBe(false);
});

it('of two restores at once the second is told, and begins anew when it is asked again', async () => {
  const { options } = await bucketWith(['g', 1, 1]);
  const disks = [new MemoryDisk(), new MemoryDisk()];
  const both = await Promise.allSettled(disks.map((disk) => claimRestore(options('g', disk))));
  expect(both).toMatchObject([
    { status: 'fulfilled', value: { epoch: 2 } },
    { status: 'rejected', reason: { code: 'locked' } },
  ]);
  const [, second = new MemoryDisk()] = disks;
  expect(readMarker(second, '/tsdb')).toBeUndefined();
});

it('one that was cut off goes on under its own claim', async () => {
  const { options } = await bucketWith(['g', 1, 1]);
  const disk = new MemoryDisk();
  const marker = await claimRestore(options('g', disk));
  expect(await claimRestore(options('g', disk))).toEqual(marker);
});

it('what a machine wrote after it was taken over is no part of the log', async () => {
  const { bucket, options } = await bucketWith(['g', 1, 1], ['g', 1, 2]);
  await claimRestore(options('g'));
  await bucket.put(archivePieceKey('g', 1, 3), EMPTY);
  await bucket.put(archivePieceKey('g', 2, 1), EMPTY);
  const marker = await claimRestore(options('g'));
  expect(marker).toMatchObject({ epoch: 3, takesOver: { epoch: 2, sequence: 1 } });
  const pieces = await piecesOf(bucket, marker);
  expect(pieces.map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
    [1, 1],
    [1, 2],
    [2, 1],
  ]);
});
