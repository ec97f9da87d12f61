// Where merges keep what they have on the disk, and what is left there of those that were killed.

import type { Disk } from '../../base/runtime/disk.ts';
import { blockFile } from '../../block/paths.ts';

/** The directory of one merge below `root`: named by its result. */
export function mergeDir(root: string, ulid: string): string {
  return blockFile(root, ulid);
}

/**
 * Makes `root`, and removes what earlier processes left in it. Call before the first merge; nobody
 * else may work there.
 */
export function sweepMergeDirs(disk: Disk, root: string): void {
  disk.makeDir(root);
  for (const { name } of disk.list(root)) disk.removeTree(blockFile(root, name));
}
