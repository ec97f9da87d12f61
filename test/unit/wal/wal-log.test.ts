import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../../src/wal/format.ts';
import { comparePositions, type LogLoss } from '../../../src/wal/log.ts';
import { WalLog, type WalLogOptions } from '../../../src/wal/wal-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { opaqueRecord, replayOpaque } from '../../support/wal-records.ts';

const DIR = '/t/wal';

function makeLog(disk: MemoryDisk, options: Partial<WalLogOptions> = {}) {
  const losses: LogLoss[] = [];
  const syncs: number[] = [];
  const failures: unknown[] = [];
  const log = new WalLog({
    disk,
    dir: DIR,
    clock: new ManualClock(),
    segmentBytesMax: 4 * PAGE_BYTES,
    onLoss: (loss) => losses.push(loss),
    observer: {
      synced: ({ records }) => syncs.push(records),
      failed: (error) => failures.push(error),
    },
    ...options,
  });
  return { log, losses, syncs, failures };
}

test('what was synced is on the device: it survives the loss of everything else', async () => {
  const disk = new MemoryDisk();
  const { log } = makeLog(disk);
  log.append(opaqueRecord(1));
  const first = await log.sync();
  log.append(opaqueRecord(2));
  expect(comparePositions(first, log.position())).toBeLessThan(0);
  expect(log.syncedPosition()).toEqual(first);
  const { ids, positions, report } = await replayOpaque(disk.crash(), DIR);
  expect(ids).toEqual([1]);
  expect(positions).toEqual([{ segment: 0, offset: 0 }]);
  expect(report.end).toEqual(first);
  expect(report.damageCount).toBe(0);
});

test('calls during a running sync share the next one', async () => {
  const disk = new MemoryDisk();
  const { log, syncs } = makeLog(disk);
  log.append(opaqueRecord(1));
  const first = log.sync();
  const again = log.sync();
  const later = [2, 3, 4].map((id) => {
    log.append(opaqueRecord(id));
    return log.sync();
  });
  expect(again).toBe(first);
  expect(later[1]).toBe(later[0]);
  expect(await later[2]).toEqual(log.position());
  expect((await first).offset).toBe(27);
  expect(syncs).toEqual([1, 3]);
  expect(await log.sync()).toEqual(log.position());
  expect(syncs).toEqual([1, 3]);
});

test('an empty log has nothing to sync and makes no file', async () => {
  const disk = new MemoryDisk();
  const { log } = makeLog(disk);
  expect(await log.sync()).toEqual({ segment: 0, offset: 0 });
  await log.close();
  expect(disk.allFiles()).toEqual([]);
});

test('every start begins a segment above all segments and checkpoints', async () => {
  const disk = new MemoryDisk();
  for (const expected of [0, 1, 2]) {
    const { log } = makeLog(disk);
    log.append(opaqueRecord(expected));
    expect((await log.sync()).segment).toBe(expected);
  }
  disk.makeDir(`${DIR}/checkpoint.00000007`);
  disk.openSync(`${DIR}/checkpoint.00000007/00000000`, 'create').close();
  const { log } = makeLog(disk);
  expect(log.position().segment).toBe(8);
});

test('a record never crosses a segment, and full segments end with a page', async () => {
  const disk = new MemoryDisk();
  const { log } = makeLog(disk);
  const big = 3 * PAGE_BYTES;
  log.append(opaqueRecord(1, big));
  log.append(opaqueRecord(2, big));
  log.append(opaqueRecord(3));
  await log.sync();
  log.append(opaqueRecord(4, big));
  await log.sync();
  const { ids, positions } = await replayOpaque(disk.crash(), DIR);
  expect(ids).toEqual([1, 2, 3, 4]);
  expect(positions.map((p) => p.segment)).toEqual([0, 1, 1, 2]);
});

test('a segment can be ended by hand, once', async () => {
  const disk = new MemoryDisk();
  const { log } = makeLog(disk);
  expect(log.nextSegment()).toBe(0);
  log.append(opaqueRecord(1));
  expect(log.nextSegment()).toBe(1);
  expect(log.nextSegment()).toBe(1);
  log.append(opaqueRecord(2));
  expect(await log.sync()).toEqual({ segment: 1, offset: 27 });
  await log.close();
  expect(disk.stat(`${DIR}/00000000`)?.sizeBytes).toBe(PAGE_BYTES);
  expect(disk.stat(`${DIR}/00000001`)?.sizeBytes).toBe(PAGE_BYTES);
});

test('after closing nothing is taken', async () => {
  const { log } = makeLog(new MemoryDisk());
  log.append(opaqueRecord(1));
  await log.close();
  await log.close();
  expect(() => log.append(opaqueRecord(2))).toThrow('is closed');
  await expect(log.sync()).rejects.toMatchObject({ code: 'draining' });
});

test('records that wait are limited; what is over the limit is refused whole', async () => {
  const { log } = makeLog(new MemoryDisk(), { pendingBytesMax: 1000 });
  log.append(opaqueRecord(1, 600));
  expect(() => log.append(opaqueRecord(2, 600))).toThrow('too much waiting');
  expect(log.pendingBytes).toBe(607);
  await log.sync();
  log.append(opaqueRecord(2, 600));
});

test('a batch that could be appended in part only is withdrawn, and never becomes durable', async () => {
  const disk = new MemoryDisk();
  const { log } = makeLog(disk, { pendingBytesMax: 1000 });
  const kept = [opaqueRecord(1), opaqueRecord(4)];
  log.withdraw(); // nothing waits: harmless
  log.append(opaqueRecord(1));
  const before = await log.sync();
  log.append(opaqueRecord(2, 600));
  expect(() => log.append(opaqueRecord(3, 600))).toThrow('too much waiting');
  log.withdraw();
  expect(log.pendingBytes).toBe(0);
  expect(log.syncedPosition()).toEqual(before);
  log.append(opaqueRecord(4));
  const after = await log.sync();
  expect(after.segment).toBe(before.segment + 1);
  const { records } = await replayOpaque(disk.crash(), DIR);
  expect(records.map((record, i) => Buffer.compare(record, kept[i]!))).toEqual([0, 0]);
});

test('compressed records are read back', async () => {
  const disk = new MemoryDisk();
  const { log } = makeLog(disk, { compression: 'snappy' });
  const plain = [opaqueRecord(1, 5), opaqueRecord(2, 100_000), new Uint8Array(50_000).fill(0xee)];
  for (const record of plain) log.append(record);
  const { offset } = await log.sync();
  expect(offset).toBeLessThan(60_000);
  const { records } = await replayOpaque(disk.crash(), DIR);
  expect(records.map((record, i) => Buffer.compare(record, plain[i]!))).toEqual([0, 0, 0]);
});

const FAILURES = [
  ['a failed write', { operation: 'write', code: 'disk_failed' }, 'sync_failed'],
  ['a short write', { operation: 'write', code: 'disk_full', bytesTaken: 11 }, 'disk_full'],
  ['a failed sync', { operation: 'sync', code: 'disk_failed' }, 'sync_failed'],
] as const;

test.each(FAILURES)('%s seals the segment at the last synced byte', async (_, fault, code) => {
  const disk = new MemoryDisk();
  const { log, losses, failures } = makeLog(disk);
  log.append(opaqueRecord(1));
  const synced = await log.sync();
  disk.faults.add({ ...fault, path: `${DIR}/00000000` });
  log.append(opaqueRecord(2));
  const failing = log.sync();
  log.append(opaqueRecord(3));
  const sharing = log.sync();
  log.append(opaqueRecord(4));
  const order: string[] = [];
  await Promise.all([
    failing.catch((error) => order.push(`first ${error.code} after ${losses.length} loss`)),
    sharing.catch((error) => order.push(`second ${error.code} after ${losses.length} loss`)),
  ]);
  expect(order).toEqual([`first ${code} after 1 loss`, `second ${code} after 1 loss`]);
  expect(losses).toMatchObject([{ from: synced, recordCount: 3 }]);
  expect(failures).toHaveLength(1);
  expect(log.generation).toBe(1);
  expect(log.position()).toEqual({ segment: 1, offset: 0 });
  expect(log.pendingBytes).toBe(0);
  log.append(opaqueRecord(5));
  expect(await log.sync()).toEqual({ segment: 1, offset: 27 });
  expect(disk.stat(`${DIR}/00000000`)?.sizeBytes).toBe(synced.offset);
  expect((await replayOpaque(disk.kill(), DIR)).ids).toEqual([1, 5]);
});

test('a segment in which nothing was ever acknowledged is removed and its number used again', async () => {
  const disk = new MemoryDisk({ capacityBytes: 10 });
  const { log, losses } = makeLog(disk);
  for (let attempt = 0; attempt < 5; attempt++) {
    log.append(opaqueRecord(attempt));
    await expect(log.sync()).rejects.toMatchObject({ code: 'disk_full', kind: 'not_now' });
  }
  expect(losses).toHaveLength(5);
  disk.capacityBytes = 1000;
  log.append(opaqueRecord(9));
  expect(await log.sync()).toEqual({ segment: 0, offset: 27 });
  expect((await replayOpaque(disk.crash(), DIR)).ids).toEqual([9]);
});

test('when a sealed file cannot be cut back it stays, is told, and the next segment goes on', async () => {
  const disk = new MemoryDisk();
  const { log, failures } = makeLog(disk);
  log.append(opaqueRecord(1));
  await log.sync();
  disk.faults.add({ operation: 'sync', path: `${DIR}/00000000`, code: 'disk_failed' });
  disk.faults.add({ operation: 'truncate', path: `${DIR}/00000000`, code: 'disk_failed' });
  log.append(opaqueRecord(2));
  await expect(log.sync()).rejects.toMatchObject({ code: 'sync_failed' });
  log.append(opaqueRecord(3));
  await log.sync();
  expect(failures).toHaveLength(2);
  expect((await replayOpaque(disk.crash(), DIR)).ids).toEqual([1, 3]);
});

test.each(['open', 'syncDir', 'makeDir'] as const)(
  'when a segment cannot be begun (%s), the number is tried again',
  async (operation) => {
    const disk = new MemoryDisk();
    disk.faults.add({ operation, path: /wal/, code: 'disk_full' });
    const { log } = makeLog(disk);
    log.append(opaqueRecord(1));
    await expect(log.sync()).rejects.toMatchObject({ code: 'disk_full' });
    log.append(opaqueRecord(2));
    expect((await log.sync()).segment).toBe(0);
    expect((await replayOpaque(disk.crash(), DIR)).ids).toEqual([2]);
  },
);

test('a commit over two segments that fails in the second takes back its part in the first', async () => {
  const disk = new MemoryDisk();
  const { log } = makeLog(disk);
  log.append(opaqueRecord(1));
  await log.sync();
  disk.faults.add({ operation: 'write', path: `${DIR}/00000001`, code: 'disk_full' });
  log.append(opaqueRecord(2));
  log.nextSegment();
  log.append(opaqueRecord(3));
  await expect(log.sync()).rejects.toMatchObject({ code: 'disk_full' });
  log.append(opaqueRecord(4));
  expect((await log.sync()).segment).toBe(1);
  expect((await replayOpaque(disk.kill(), DIR)).ids).toEqual([1, 4]);
});
