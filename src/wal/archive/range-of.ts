// Where on the disk the bytes of a part are.

import { checkpointDir, walSegmentFile } from '../../block/paths.ts';
import type { FileRange } from './piece-source.ts';
import type { PlannedPart } from './plan.ts';

/** @param dir the stream's `wal` directory */
export function rangeOf(dir: string, { checkpoint, from, segment, to }: PlannedPart): FileRange {
  const inside = checkpoint === undefined ? dir : checkpointDir(dir, checkpoint);
  return { path: walSegmentFile(inside, segment), from, to };
}
