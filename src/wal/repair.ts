// Takes the torn end off the last segment, once replay has copied it to quarantine.
//
// Nobody was told that anything in it is stored. It must go before the next segment is begun: a
// Prometheus reading this directory takes a torn record that is not at the very end of the log for
// corruption, and deletes all segments behind it.

import type { Disk } from '../base/runtime/disk.ts';
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
