// Which segments a checkpoint should stand for. Pure.

import type { WalDirectory } from './directory.ts';

/**
 * The number of the last segment that is to go into the next checkpoint, or undefined when it is
 * not worth one. Prometheus's rule: never the segment that is written to, and of the others the
 * older two thirds, because in them most samples are in blocks by then.
 */
export function planTruncate({
  segments,
  checkpoints,
}: Pick<WalDirectory, 'segments' | 'checkpoints'>): number | undefined {
  const checkpoint = checkpoints.at(-1) ?? -1;
  const closed = segments.slice(0, -1).filter((segment) => segment > checkpoint);
  const first = closed.at(0);
  const last = closed.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const through = first + Math.floor(((last - first) * 2) / 3);
  return through <= first ? undefined : through;
}
