// What of a stream's log is on disk at this moment: the newest checkpoint and the segments above
// it, with their sizes. The engine may take files away while one looks.

import type { Disk } from '../../base/runtime/disk.ts';
import { checkpointDir, walSegmentFile } from '../../block/paths.ts';
import { listWal } from '../directory.ts';

/** A segment file, of the log or of a checkpoint. */
export interface LocalFile {
  readonly number: number;
  readonly sizeBytes: number;
}

/** See the head of the file; lists ascend. */
export interface LocalLog {
  readonly checkpoint:
    | { readonly number: number; readonly files: readonly LocalFile[] }
    | undefined;
  readonly segments: readonly LocalFile[];
}

/** Looks at the `wal` directory `dir`; one that is not there is an empty log. */
export function lookAtLog(disk: Disk, dir: string): LocalLog {
  const { checkpoints, segments } = listWal(disk, dir);
  const number = checkpoints.at(-1);
  const above = segments.filter((segment) => segment > (number ?? -1));
  const inLog = { segments: filesOf(disk, dir, above) };
  if (number === undefined) return { checkpoint: undefined, ...inLog };
  const inside = checkpointDir(dir, number);
  const files = filesOf(disk, inside, listWal(disk, inside).segments);
  return { checkpoint: { number, files }, ...inLog };
}

/** All bytes of it. */
export function bytesOf({ checkpoint, segments }: LocalLog): number {
  const files = [...(checkpoint?.files ?? []), ...segments];
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function filesOf(disk: Disk, dir: string, numbers: readonly number[]): LocalFile[] {
  return numbers.flatMap((number) => {
    const stat = disk.stat(walSegmentFile(dir, number));
    return stat === undefined ? [] : [{ number, sizeBytes: stat.sizeBytes }];
  });
}
