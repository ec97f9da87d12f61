// What makes a log that a crash has left one to go on from: the torn end of its last segment is
// taken off, once replay has copied it to quarantine, and what a killed process wrote is synced.
//
// Of the torn end: nobody was told that anything in it is stored. It must go before the next
// segment is begun: a Prometheus reading this directory takes a torn record that is not at the very
// end of the log for corruption, and deletes all segments behind it.

import type { Disk } from '../base/runtime/disk.ts';
import { walSegmentFile } from '../block/paths.ts';
import { listWal } from './directory.ts';
import type { WalDamage } from './scan.ts';

/** Cuts the file that `torn` (of a ReplayReport) is in, durably. */
export function cutTornEnd(disk: Disk, torn: WalDamage): void {
  const file = disk.openSync(torn.path, 'update');
  try {
    file.truncate(torn.offset);
    file.sync();
  } finally {
    file.close();
  }
}

/** Makes all segments and the names in `dir` durable; quick for what is so already. */
export function syncSegments(disk: Disk, dir: string): void {
  const { checkpoints, segments } = listWal(disk, dir);
  for (const segment of segments) {
    const file = disk.openSync(walSegmentFile(dir, segment), 'update');
    try {
      file.sync();
    } finally {
      file.close();
    }
  }
  if (segments.length + checkpoints.length > 0) disk.syncDir(dir);
}
