import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { F64Column, U32Column } from '../../../src/base/bytes/columns.ts';
import { DELETIONS_MAX, Deletions, findDeletions } from '../../../src/wal/deletions.ts';
import type { LogPosition } from '../../../src/wal/log.ts';
import {
  beginTombstonesRecord,
  TombstoneColumns,
  writeTombstone,
} from '../../../src/wal/tombstones-record.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { opaqueRecord } from '../../support/wal-records.ts';

type Row = readonly [ref: number, minTimeMs: number, maxTimeMs: number];

function columnsOf(...rows: readonly Row[]): TombstoneColumns {
  const columns = new TombstoneColumns();
  for (const [ref, minTimeMs, maxTimeMs] of rows) {
    columns.refs.push(ref);
    columns.minTimes.push(minTimeMs);
    columns.maxTimes.push(maxTimeMs);
  }
  return columns;
}

const at = (segment: number, offset = 0): LogPosition => ({ segment, offset });
const OWN = 5;

function deletionsOf(where: LogPosition, ...rows: readonly Row[]): Deletions {
  const deletions = new Deletions(OWN);
  deletions.add(columnsOf(...rows), where);
  return deletions;
}

describe('a deletion', () => {
  it('holds for its series and times, both ends inclusive', () => {
    const deletions = deletionsOf(at(2), [7, 10, 20]);
    const deletes = (ref: number, timeMs: number) => deletions.deletes(ref, at(1), timeMs);
    expect([deletes(7, 10), deletes(7, 20)]).toEqual([true, true]);
    expect([deletes(7, 9), deletes(7, 21), deletes(8, 15)]).toEqual([false, false, false]);
  });

  it("holds for all of the Prometheus's segments, and for none of Varve's", () => {
    const deletions = deletionsOf(at(2, 100), [7, 10, 20]);
    expect(deletions.deletes(7, at(1), 15)).toBe(true);
    expect(deletions.deletes(7, at(4, 999), 15)).toBe(true);
    expect(deletions.deletes(7, at(OWN), 15)).toBe(false);
  });

  it("holds among Varve's segments for what was logged before it only", () => {
    const deletions = deletionsOf(at(OWN + 1, 100), [7, 10, 20]);
    expect(deletions.deletes(7, at(OWN + 1, 99), 15)).toBe(true);
    expect(deletions.deletes(7, at(OWN + 1, 100), 15)).toBe(false);
  });

  it('in a checkpoint holds for all of it', () => {
    const inside = at(OWN + 1, Number.POSITIVE_INFINITY);
    expect(deletionsOf(inside, [7, 10, 20]).deletes(7, inside, 15)).toBe(true);
  });

  it('that ends before it begins deletes nothing', () => {
    expect(deletionsOf(at(2), [7, 20, 10]).isEmpty).toBe(true);
  });

  it('of all times, which moves a series into a block, holds for what came before it', () => {
    const deletions = deletionsOf(at(2, 100), [7, -Infinity, Infinity]);
    expect(deletions.deletes(7, at(2, 99), 15)).toBe(true);
    expect(deletions.deletes(7, at(2, 101), 15)).toBe(false);
    expect(deletions.isEvicted(7)).toBe(true);
    expect(deletions.deletesBeside(7, 15)).toBe(false);
  });

  it('holds beside the log wherever it was logged', () => {
    const deletions = deletionsOf(at(9), [7, 10, 20]);
    expect([deletions.deletesBeside(7, 15), deletions.deletesBeside(7, 21)]).toEqual([true, false]);
    expect(deletions.isEvicted(7)).toBe(false);
  });

  it('holds for all references of its series', () => {
    const deletions = deletionsOf(at(2), [7, 10, 20], [9, 30, 40]);
    const refs = new F64Column();
    const series = new U32Column();
    for (const [ref, slot] of [
      [7, 1],
      [8, 2],
      [9, 1],
      [11, 1],
    ] as const) {
      refs.push(ref);
      series.push(slot);
    }
    deletions.share(refs, series);
    const deleted = [7, 8, 9, 11].map((ref) =>
      [15, 35].map((timeMs) => deletions.deletes(ref, at(1), timeMs)),
    );
    expect(deleted).toEqual([
      [true, true],
      [false, false],
      [true, true],
      [true, true],
    ]);
  });

  it('beyond the limit is refused by name', () => {
    const deletions = new Deletions(OWN);
    const many = { ...columnsOf(), refs: { length: DELETIONS_MAX + 1 } };
    expect(() => deletions.add(many as unknown as TombstoneColumns, at(1))).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });
});

describe('findDeletions', () => {
  const clock = new ManualClock();
  const options = (disk: MemoryDisk) => ({
    disk,
    dir: '/wal',
    firstOwnSegment: OWN,
    yieldNow: async () => undefined,
  });

  function recordOf(...rows: readonly Row[]): Uint8Array {
    const columns = columnsOf(...rows);
    const into = new ByteWriter(64);
    beginTombstonesRecord(into);
    for (let row = 0; row < rows.length; row++) writeTombstone(columns, row, into);
    return into.view().slice();
  }

  it.each(['none', 'snappy'] as const)('finds them among others, compression %s', async (how) => {
    const disk = new MemoryDisk();
    const log = new WalLog({ disk, dir: '/wal', clock, compression: how });
    log.append(opaqueRecord(1));
    log.append(recordOf([7, 10, 20], [8, 1, 2]));
    log.append(Uint8Array.of(3, 1, 2)); // malformed
    log.append(recordOf([9, -Infinity, Infinity]));
    await log.close();
    const deletions = await findDeletions(options(disk));
    expect(deletions.deletes(7, at(0), 15)).toBe(true);
    expect(deletions.deletes(8, at(0), 2)).toBe(true);
    expect(deletions.isEvicted(9)).toBe(true);
  });

  it('finds none in a log that has none, or is not there', async () => {
    const disk = new MemoryDisk();
    expect((await findDeletions(options(disk))).isEmpty).toBe(true);
    const log = new WalLog({ disk, dir: '/wal', clock });
    log.append(opaqueRecord(1));
    await log.close();
    expect((await findDeletions(options(disk))).isEmpty).toBe(true);
  });
});
