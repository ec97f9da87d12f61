import { expect, test } from 'vitest';
import { listWal } from '../../../src/wal/directory.ts';
import { truncateWal } from '../../../src/wal/truncate.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { opaqueRecord, replayOpaque } from '../../support/wal-records.ts';

const DIR = '/t/wal';

test('ends the segment every time, and makes a checkpoint of the older two thirds', async () => {
  const disk = new MemoryDisk();
  const log = new WalLog({ disk, dir: DIR, clock: new ManualClock() });
  const rules = { isLive: () => true, isCovered: () => false };
  const options = { disk, dir: DIR, quarantineDir: '/t/q', ...rules };
  const made: (number | undefined)[] = [];
  for (let id = 1; id <= 4; id++) {
    log.append(opaqueRecord(id));
    await log.sync();
    made.push((await truncateWal(log, options))?.through);
  }
  expect(made).toEqual([undefined, undefined, undefined, 1]);
  expect(listWal(disk, DIR)).toMatchObject({ segments: [2, 3], checkpoints: [1] });
  expect((await replayOpaque(disk, DIR)).ids).toEqual([1, 2, 3, 4]);
});
