import { describe, expect, it } from 'vitest';
import type { ForeignBlocks } from '../../../src/block/foreign-blocks.ts';
import { type AdoptedBlocks, settleOrigin } from '../../../src/wal/adopt.ts';
import { readOrigin } from '../../../src/wal/origin.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { opaqueRecord } from '../../support/wal-records.ts';

const DIR = '/t/a';
const clock = new ManualClock();
const NO_BLOCKS: ForeignBlocks = { count: 0, coveredBeforeMs: -Infinity, late: [] };
const SOME_BLOCKS: ForeignBlocks = {
  count: 3,
  coveredBeforeMs: 1000,
  late: [
    { minTimeMs: 0, maxTimeMs: 1000 },
    { minTimeMs: 1000, maxTimeMs: 2000 },
  ],
};

function blocksOf(foreign: ForeignBlocks, change: Partial<AdoptedBlocks> = {}): AdoptedBlocks {
  return { foreign, hasOwn: false, firstSegment: 0, shipperFile: 'shipped.json', ...change };
}

async function logIn(disk: MemoryDisk, dir: string, ...ids: number[]): Promise<void> {
  const log = new WalLog({ disk, dir, clock });
  for (const id of ids) log.append(opaqueRecord(id));
  await log.close();
}

async function settle(disk: MemoryDisk, blocks: AdoptedBlocks) {
  disk.makeDir(DIR);
  const logger = new MemoryLogger();
  const yieldNow = async (): Promise<void> => undefined;
  const settled = await settleOrigin(
    { disk, dir: DIR, asideDir: '/aside', logger, yieldNow },
    blocks,
  );
  expect(readOrigin(disk.crash(), DIR)).toEqual(settled.origin);
  return settled;
}

describe('settleOrigin', () => {
  it('of a new directory: everything will be its own', async () => {
    const { origin, isAdoption } = await settle(new MemoryDisk(), blocksOf(NO_BLOCKS));
    expect(isAdoption).toBe(false);
    expect(origin).toEqual({
      firstSegment: 0,
      coveredBeforeMs: -Infinity,
      lateCovered: [],
      hasDeletions: false,
    });
  });

  it("of a Prometheus's: its segments, up to the end of its blocks; late ones beyond it", async () => {
    const disk = new MemoryDisk();
    await logIn(disk, `${DIR}/wal`, 1);
    await logIn(disk, `${DIR}/wbl`, 2);
    const { origin, isAdoption } = await settle(disk, blocksOf(SOME_BLOCKS));
    expect(isAdoption).toBe(true);
    expect(origin).toMatchObject({
      firstSegment: 1,
      coveredBeforeMs: 1000,
      lateCovered: [{ minTimeMs: 1000, maxTimeMs: 2000 }],
    });
  });

  it('believes nothing of late samples when their log is damaged, or not there', async () => {
    const damaged = new MemoryDisk();
    await logIn(damaged, `${DIR}/wbl`, 2, 3);
    const file = damaged.openSync(`${DIR}/wbl/00000000`, 'update');
    file.write(Uint8Array.of(0xff), 9);
    file.close();
    for (const disk of [damaged, new MemoryDisk()]) {
      const { origin } = await settle(disk, blocksOf(SOME_BLOCKS));
      expect(origin.lateCovered).toEqual([]);
    }
  });

  it('believes no foreign block where Varve has logged as well', async () => {
    const { origin } = await settle(new MemoryDisk(), blocksOf(SOME_BLOCKS, { hasOwn: true }));
    expect(origin).toMatchObject({ coveredBeforeMs: -Infinity, lateCovered: [] });
  });

  it('begins no segment before one that blocks know', async () => {
    const { origin } = await settle(new MemoryDisk(), blocksOf(NO_BLOCKS, { firstSegment: 9 }));
    expect(origin.firstSegment).toBe(9);
  });

  it('stays as it was, also when a Prometheus was there in between', async () => {
    const disk = new MemoryDisk();
    await logIn(disk, `${DIR}/wal`, 1);
    const first = await settle(disk, blocksOf(SOME_BLOCKS));
    const disk2 = disk.kill();
    await logIn(disk2, `${DIR}/wal`, 2);
    disk2.makeDir(`${DIR}/chunks_head`);
    const later = { ...SOME_BLOCKS, coveredBeforeMs: 5000 };
    const second = await settle(disk2, blocksOf(later));
    expect(second.origin).toEqual(first.origin);
    expect([second.isAdoption, second.beside.hasHeadChunks]).toEqual([true, true]);
  });

  it('sets aside what another noted as uploaded, once', async () => {
    const disk = new MemoryDisk();
    disk.makeDir(DIR);
    disk.replaceFile(`${DIR}/shipped.json`, Uint8Array.of(1));
    await settle(disk, blocksOf(SOME_BLOCKS));
    expect(disk.kill().allFiles()).toEqual(['/aside/shipped.json-1', `${DIR}/origin.json`]);
  });

  it('keeps the note of a directory in which nobody else was', async () => {
    const disk = new MemoryDisk();
    disk.makeDir(DIR);
    disk.replaceFile(`${DIR}/shipped.json`, Uint8Array.of(1));
    await settle(disk, blocksOf(NO_BLOCKS));
    expect(disk.kill().allFiles()).toEqual([`${DIR}/origin.json`, `${DIR}/shipped.json`]);
  });
});
