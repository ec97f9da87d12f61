// The names in a log's directory: what does not belong there, and what is left over.

import type { Disk } from '../../base/runtime/disk.ts';
import { checkpointDir, parseCheckpointName, parseWalSegmentName } from '../../block/paths.ts';
import { listWal } from '../directory.ts';
import { CHECKPOINT_TEMPORARY_SUFFIX } from '../format.ts';
import type { WalFindings } from './findings.ts';

/** Checks the names in `dir`; what files hold is not looked at. */
export function checkNames(disk: Disk, dir: string, findings: WalFindings): void {
  for (const { name, isDirectory } of disk.list(dir)) {
    const place = { file: name, offset: undefined };
    const stem = name.endsWith(CHECKPOINT_TEMPORARY_SUFFIX)
      ? name.slice(0, -CHECKPOINT_TEMPORARY_SUFFIX.length)
      : name;
    if (parseWalSegmentName(name) !== undefined) {
      if (isDirectory) findings.warning(place, 'a directory that is named like a segment');
    } else if (parseCheckpointName(stem) === undefined) {
      findings.warning(place, 'neither a segment nor a checkpoint');
    } else if (stem !== name) {
      const what = 'a checkpoint that was not finished, which the next one replaces';
      findings.info(place, what, 'checkpoints that were not finished');
    } else if (!isDirectory) findings.warning(place, 'a file that is named like a checkpoint');
  }
  checkLeftovers(disk, dir, findings);
}

/** What a checkpoint stands for goes after it was made; a crash in between leaves some of it. */
function checkLeftovers(disk: Disk, dir: string, findings: WalFindings): void {
  const { checkpoints, segments } = listWal(disk, dir);
  const newest = checkpoints.at(-1);
  if (newest === undefined) return;
  const named = (number: number): string => checkpointDir('', number).slice(1);
  for (const older of checkpoints.slice(0, -1)) {
    const what = `an older one than ${named(newest)}, which stands for it`;
    findings.info({ file: named(older), offset: undefined }, what, 'older checkpoints');
  }
  const below = segments.filter((segment) => segment <= newest);
  if (below.length === 0) return;
  const range = `segments ${below.at(0)} to ${below.at(-1)}`;
  const what = `${range} are left, ${named(newest)} stands for them`;
  findings.info({ file: '', offset: undefined }, what, 'segments below a checkpoint');
}
