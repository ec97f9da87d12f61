import { describe, expect, it } from 'vitest';
import { PAGE_BYTES, SEGMENT_BYTES_MAX } from '../../../src/wal/format.ts';
import { type OpenLogOptions, openLog } from '../../../src/wal/open-log.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { ignoringSink, opaqueRecord, replayOpaque } from '../../support/wal-records.ts';

const DIR = '/t/wal';
const clock = new ManualClock();

function options(disk: MemoryDisk, logger = new MemoryLogger()): OpenLogOptions {
  return {
    disk,
    dir: DIR,
    quarantineDir: '/t/quarantine',
    clock,
    logger,
    compression: 'none',
    segmentBytesMax: SEGMENT_BYTES_MAX,
    observer: { synced: () => undefined, failed: () => undefined },
    yieldNow: async () => undefined,
    onProgress: () => undefined,
  };
}

async function written(disk: MemoryDisk, ...ids: number[]): Promise<WalLog> {
  const log = new WalLog({ disk, dir: DIR, clock });
  for (const id of ids) log.append(opaqueRecord(id));
  await log.sync();
  return log;
}

describe('openLog', () => {
  it('goes on in a new segment behind all that is there', async () => {
    const disk = new MemoryDisk();
    await written(disk, 1);
    const { log } = await openLog(options(disk), ignoringSink());
    expect(log.syncedPosition()).toEqual({ segment: 1, offset: 0 });
    log.append(opaqueRecord(2));
    await log.sync();
    expect((await replayOpaque(disk, DIR)).ids).toEqual([1, 2]);
  });

  it('what a killed process wrote and did not sync is durable once the log is open', async () => {
    const disk = new MemoryDisk();
    const log = await written(disk, 1);
    disk.faults.add({ operation: 'sync', path: /wal/, code: 'disk_failed' });
    const hit = disk.faults.hit.bind(disk.faults);
    let killed = disk;
    // The process is killed between write and fdatasync.
    disk.faults.hit = (operation, path) => {
      if (operation === 'sync') killed = disk.kill();
      return hit(operation, path);
    };
    log.append(opaqueRecord(2));
    await expect(log.sync()).rejects.toMatchObject({ code: 'sync_failed' });
    expect((await replayOpaque(killed, DIR)).ids).toEqual([1, 2]);
    await openLog(options(killed), ignoringSink());
    expect((await replayOpaque(killed.crash(), DIR)).ids).toEqual([1, 2]);
  });

  it('is not opened on a disk that cannot make it durable', async () => {
    const disk = new MemoryDisk();
    await written(disk, 1);
    disk.faults.add({ operation: 'sync', path: `${DIR}/00000000`, code: 'disk_failed' });
    await expect(openLog(options(disk), ignoringSink())).rejects.toMatchObject({
      code: 'disk_failed',
    });
  });

  it('takes a torn end off, keeps a copy of it, and says so', async () => {
    const disk = new MemoryDisk();
    await written(disk, 1);
    const segment = `${DIR}/00000000`;
    const whole = disk.stat(segment)!.sizeBytes;
    const file = disk.openSync(segment, 'update');
    file.write(Uint8Array.of(1, 0, 99, 1, 2, 3), whole);
    const logger = new MemoryLogger();
    await openLog(options(disk, logger), ignoringSink());
    expect(disk.stat(segment)!.sizeBytes).toBe(whole);
    expect(disk.allFiles().some((path) => path.startsWith('/t/quarantine/'))).toBe(true);
    expect(logger.records.some(({ message }) => message.startsWith('torn end'))).toBe(true);
  });

  it('ends segments at the size that it is given', async () => {
    const disk = new MemoryDisk();
    const segmentBytesMax = 2 * PAGE_BYTES;
    const { log } = await openLog({ ...options(disk), segmentBytesMax }, ignoringSink());
    for (const id of [1, 2, 3]) log.append(opaqueRecord(id, 40_000));
    await log.sync();
    expect(disk.list(DIR).map(({ name }) => name)).toEqual(['00000000', '00000001', '00000002']);
  });

  it('begins no segment before one that blocks know, even when somebody removed the log', async () => {
    const { log } = await openLog(
      { ...options(new MemoryDisk()), firstSegment: 7 },
      ignoringSink(),
    );
    expect(log.position()).toEqual({ segment: 7, offset: 0 });
  });
});
