// What lies in a log's directory: segments and checkpoints, by number.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { parseCheckpointName, parseWalSegmentName } from '../block/paths.ts';

/** A log's directory; both lists ascend. */
export interface WalDirectory {
  /** Numbers of the segment files. */
  readonly segments: readonly number[];
  /** Numbers of the finished checkpoints. */
  readonly checkpoints: readonly number[];
}

/** Lists `dir`; one that is not there is an empty one. */
export function listWal(disk: Disk, dir: string): WalDirectory {
  const segments: number[] = [];
  const checkpoints: number[] = [];
  for (const { name, isDirectory } of entries(disk, dir)) {
    const segment = isDirectory ? undefined : parseWalSegmentName(name);
    if (segment !== undefined) segments.push(segment);
    const checkpoint = isDirectory ? parseCheckpointName(name) : undefined;
    if (checkpoint !== undefined) checkpoints.push(checkpoint);
  }
  segments.sort((a, b) => a - b);
  checkpoints.sort((a, b) => a - b);
  return { segments, checkpoints };
}

function entries(disk: Disk, dir: string) {
  try {
    return disk.list(dir);
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.kind === 'not_found') return [];
    throw thrown;
  }
}
