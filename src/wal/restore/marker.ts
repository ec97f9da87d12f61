// `.varve/restore.json`: there from the first moment of a restore to the last, so that one that was
// cut off is seen, and is begun anew or brought to its end.

import { z } from 'zod';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import { restoreMarkerFile, varveDir } from '../../block/paths.ts';

const COUNT = z.number().int().min(0);

const MARKER = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  epoch: COUNT,
  instance: z.string(),
  /** The last piece of the archive that was found. */
  takesOver: z.strictObject({ epoch: COUNT, sequence: COUNT }),
  /** `fetching` is begun anew; when `placing`, all is made and has only to get its names. */
  phase: z.enum(['fetching', 'placing']),
});

/** See the head of the file. */
export type RestoreMarker = Readonly<z.infer<typeof MARKER>>;

/** Is a restore of this directory under way, or was one cut off? */
export function isBeingRestored(disk: Pick<Disk, 'stat'>, tsdbPath: string): boolean {
  return disk.stat(restoreMarkerFile(tsdbPath)) !== undefined;
}

/** Undefined when there is none. Throws `damaged_wal` for one that cannot be read. */
export function readMarker(disk: Disk, tsdbPath: string): RestoreMarker | undefined {
  if (!isBeingRestored(disk, tsdbPath)) return undefined;
  const path = restoreMarkerFile(tsdbPath);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(disk.readFile(path)).toString('utf8'));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    value = undefined;
  }
  const result = MARKER.safeParse(value);
  if (result.success) return result.data;
  throw new VarveError(
    'damaged_wal',
    `${path} is not what a restore writes; begin in a new directory`,
  );
}

/** Replaces it, durably. */
export function writeMarker(disk: Disk, tsdbPath: string, marker: RestoreMarker): void {
  disk.makeDir(varveDir(tsdbPath));
  const bytes = Buffer.from(`${JSON.stringify(marker)}\n`);
  disk.replaceFile(restoreMarkerFile(tsdbPath), bytes);
}

/** The restore is over, or was not to be. */
export function removeMarker(disk: Disk, tsdbPath: string): void {
  disk.removeFile(restoreMarkerFile(tsdbPath));
  disk.syncDir(varveDir(tsdbPath));
}
