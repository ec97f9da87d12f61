// What lies in a log's directory: segments and checkpoints, by number.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { checkpointDir, parseCheckpointName, parseWalSegmentName } from '../block/paths.ts';

/** A log's directory; lists ascend. */
export interface WalDirectory {
  /** Numbers of the segment files. */
  readonly segments: readonly number[];
  /** Numbers of the finished checkpoints that have files. */
  readonly checkpoints: readonly number[];
  /** Numbers of checkpoints without any. A checkpoint appears whole: these lost theirs. */
  readonly emptyCheckpoints: readonly number[];
  /** The next segment's number is above this one: no name is taken there. -1 in an empty log. */
  readonly lastNumber: number;
}

/** Lists `dir`; one that is not there is an empty one. */
export function listWal(disk: Disk, dir: string): WalDirectory {
  const segments: number[] = [];
  const named: number[] = [];
  let lastNumber = -1;
  for (const { name, isDirectory } of entries(disk, dir)) {
    const segment = parseWalSegmentName(name);
    const checkpoint = isDirectory ? parseCheckpointName(name) : undefined;
    // A directory that is named like a segment keeps only its name from the log.
    if (segment !== undefined && !isDirectory) segments.push(segment);
    if (checkpoint !== undefined) named.push(checkpoint);
    lastNumber = Math.max(lastNumber, segment ?? -1);
  }
  segments.sort((a, b) => a - b);
  named.sort((a, b) => a - b);
  const checkpoints = named.filter((number) => hasSegments(disk, checkpointDir(dir, number)));
  const emptyCheckpoints = named.filter((number) => !checkpoints.includes(number));
  lastNumber = Math.max(lastNumber, checkpoints.at(-1) ?? -1);
  return { segments, checkpoints, emptyCheckpoints, lastNumber };
}

function hasSegments(disk: Disk, dir: string): boolean {
  return entries(disk, dir).some(
    ({ name, isDirectory }) => !isDirectory && parseWalSegmentName(name) !== undefined,
  );
}

function entries(disk: Disk, dir: string) {
  try {
    return disk.list(dir);
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.kind === 'not_found') return [];
    throw thrown;
  }
}
