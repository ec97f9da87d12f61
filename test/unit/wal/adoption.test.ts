import { expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { Adoption } from '../../../src/wal/adoption.ts';
import {
  beginTombstonesRecord,
  TombstoneColumns,
  writeTombstone,
} from '../../../src/wal/tombstones-record.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { opaqueRecord } from '../../support/wal-records.ts';

const DIR = '/t/a';

/** Segments 0 to 3; a deletion of series 7 in segment 2. */
async function foreignLog(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const log = new WalLog({ disk, dir: `${DIR}/wal`, clock: new ManualClock() });
  const columns = new TombstoneColumns();
  columns.refs.push(7);
  columns.minTimes.push(10);
  columns.maxTimes.push(20);
  const record = new ByteWriter(64);
  beginTombstonesRecord(record);
  writeTombstone(columns, 0, record);
  for (let segment = 0; segment < 4; segment++) {
    log.append(segment === 2 ? record.view() : opaqueRecord(segment));
    log.nextSegment();
  }
  await log.close();
  return disk;
}

function begin(disk: MemoryDisk, coveredBeforeMs: number): Promise<Adoption> {
  const yieldNow = async (): Promise<void> => undefined;
  const logger = new MemoryLogger();
  return Adoption.begin(
    { disk, dir: DIR, asideDir: '/aside', logger, yieldNow },
    {
      foreign: { count: 1, coveredBeforeMs, late: [] },
      cuts: [],
      positioned: [],
      shipperFile: 'none',
    },
  );
}

const naming = { series: () => undefined, slotOf: (ref: number) => ref };

it('covers what foreign blocks hold of the foreign segments', async () => {
  const adoption = await begin(await foreignLog(), 100);
  expect(adoption.firstSegment).toBe(4);
  const coverage = adoption.coverage();
  expect(coverage.covers({ segment: 3, offset: 9 }, 99)).toBe(true);
  expect(coverage.covers({ segment: 3, offset: 9 }, 100)).toBe(false);
  expect(coverage.covers({ segment: 4, offset: 0 }, 99)).toBe(false);
});

it('knows deletions once they are read, and asks the replay nothing without any', async () => {
  const adoption = await begin(await foreignLog(), 100);
  expect(adoption.foreignPart).toBeUndefined();
  await adoption.readDeletions(() => naming);
  expect(adoption.foreignPart?.deletes(7, { segment: 0, offset: 0 }, 15)).toBe(true);
  expect(adoption.foreignPart?.deletes(7, { segment: 4, offset: 0 }, 15)).toBe(false);
});

it('a deletion stays as long as foreign segments stand above the checkpoint', async () => {
  const adoption = await begin(await foreignLog(), 100);
  const isOpen = (segment: number, through: number): boolean =>
    adoption.isDeletionOpen({ segment, offset: 5 }, through);
  expect([isOpen(2, 2), isOpen(2, 3), isOpen(4, 4)]).toEqual([true, false, false]);
});

it('closes the log when what lies beside it cannot be taken', async () => {
  const disk = await foreignLog();
  disk.makeDir(`${DIR}/wbl`);
  const adoption = await begin(disk, 100);
  let closed = 0;
  const fail = async (): Promise<void> => {
    throw new Error('the disk is full');
  };
  const ignore = (): void => undefined;
  const late = { series: ignore, samples: ignore, histograms: ignore, exemplars: ignore };
  const into = {
    late: { ...late, metadata: ignore, tombstones: ignore },
    takeChunk: ignore,
    figures: {},
    commitIfMuch: fail,
    commit: fail,
  };
  const log = {
    close: async () => {
      closed++;
    },
  };
  await expect(adoption.takeBeside(into, log, {})).rejects.toThrow('the disk is full');
  expect(closed).toBe(1);
  expect(disk.stat(`${DIR}/wbl`)).toBeDefined();
});
