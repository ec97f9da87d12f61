// What makes a log that a crash has left one to go on from: the torn end of its last segment is
// taken off, once replay has copied it to quarantine, and what a killed process wrote is synced.
//
// Of the torn end: nobody was told that anything in it is stored. It must go before the next
// segment is begun: a Prometheus reading this directory takes a torn record that is not at the very
// end of the log for corruption, and deletes all segments behind it.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
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

/** Copied at a time. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Makes all segments and the names in `dir` durable; quick for what is so already, but for the
 * newest segment. That one is written anew: when a sync of it failed and the process was killed
 * before it could cut the file back, its bytes are in the page cache, where the system takes them
 * for written. No sync brings them to the device any more, and a loss of power takes them.
 *
 * @returns why the newest segment could not be written anew; its bytes are believed then. Throws
 *   what the disk throws beside that.
 */
export function syncSegments(disk: Disk, dir: string): VarveError | undefined {
  const { checkpoints, segments } = listWal(disk, dir);
  const newest = segments.at(-1);
  const refused = newest === undefined ? undefined : writeAnew(disk, walSegmentFile(dir, newest));
  for (const segment of segments) {
    const file = disk.openSync(walSegmentFile(dir, segment), 'update');
    try {
      file.sync();
    } finally {
      file.close();
    }
  }
  if (segments.length + checkpoints.length > 0) disk.syncDir(dir);
  return refused;
}

/** Puts a durable copy in the place of the file; undefined when it is there. */
function writeAnew(disk: Disk, path: string): VarveError | undefined {
  const copyPath = `${path}.tmp`;
  try {
    disk.removeFile(copyPath); // what a crash left
    copyFile(disk, path, copyPath);
    disk.rename(copyPath, path);
    return undefined;
  } catch (thrown) {
    const error = asVarveError(thrown);
    // A full disk is no reason not to start: what is there can be read, cut and uploaded.
    if (error.code !== 'disk_full') throw thrown;
    disk.removeFile(copyPath);
    return error;
  }
}

function copyFile(disk: Disk, from: string, to: string): void {
  const source = disk.openSync(from, 'read');
  try {
    const copy = disk.openSync(to, 'create');
    try {
      const sizeBytes = source.sizeBytes();
      const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes));
      for (let at = 0; at < sizeBytes; ) {
        const count = source.read(piece, at);
        if (count === 0) throw new VarveError('disk_failed', `${from} has become shorter`);
        copy.write(piece.subarray(0, count), at);
        at += count;
      }
      copy.sync();
    } finally {
      copy.close();
    }
  } finally {
    source.close();
  }
}
