import { expect, test } from 'vitest';
import { OrphanLog } from '../../../src/wal/orphan-log.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { opaqueRecord, replayOpaque } from '../../support/wal-records.ts';

const options = (disk: MemoryDisk) => ({ disk, quarantineDir: '/q', through: 7 });

test('what was appended is a log of its own, durable under its name', async () => {
  const disk = new MemoryDisk();
  const log = new OrphanLog(options(disk));
  log.append(opaqueRecord(1));
  await log.flush();
  log.append(opaqueRecord(2));
  expect(await log.publish()).toBe('/q/orphans-00000007');
  const { ids } = await replayOpaque(disk.crash(), '/q/orphans-00000007/wal');
  expect(ids).toEqual([1, 2]);
});

test('without a record nothing is made', async () => {
  const disk = new MemoryDisk();
  const log = new OrphanLog(options(disk));
  await log.flush();
  expect(await log.publish()).toBeUndefined();
  expect(disk.stat('/q')).toBeUndefined();
});

test('one that is given up leaves nothing, and the next one begins anew', async () => {
  const disk = new MemoryDisk();
  const given = new OrphanLog(options(disk));
  given.append(opaqueRecord(1));
  await given.abandon();
  expect(disk.allFiles()).toEqual([]);
  const killed = new OrphanLog(options(disk));
  killed.append(opaqueRecord(1));
  await killed.flush();
  const log = new OrphanLog(options(disk));
  log.append(opaqueRecord(2));
  await log.publish();
  expect((await replayOpaque(disk, '/q/orphans-00000007/wal')).ids).toEqual([2]);
});

test('an older one of the same number stays', async () => {
  const disk = new MemoryDisk();
  for (const [id, name] of [
    [1, 'orphans-00000007'],
    [2, 'orphans-00000007-2'],
    [3, 'orphans-00000007-3'],
  ] as const) {
    const log = new OrphanLog(options(disk));
    log.append(opaqueRecord(id));
    expect(await log.publish()).toBe(`/q/${name}`);
    expect((await replayOpaque(disk, `/q/${name}/wal`)).ids).toEqual([id]);
  }
});
