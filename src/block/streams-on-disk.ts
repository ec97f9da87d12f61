// The streams that a data directory holds, found by their directories.

import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';
import type { StreamIdentity } from '../base/model/stream-labels.ts';
import { tenantFault } from '../base/model/tenant.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { parseStreamName, streamDir } from './paths.ts';
import { readStreamIdentity } from './stream-file.ts';

/** A stream’s directory that was found and read. */
export interface StreamOnDisk {
  /** The directory's name. */
  readonly name: string;
  readonly dir: string;
  readonly identity: StreamIdentity;
}

/**
 * Every stream directory under `tsdbPath`, by name. Directories that cannot be a stream's are left
 * alone; one whose stream.json is damaged is told by name and left out, so that nothing is uploaded
 * or written under wrong labels.
 */
export function listStreams(
  disk: Disk,
  tsdbPath: string,
  onDamaged: (path: string, error: VarveError) => void,
): readonly StreamOnDisk[] {
  if (disk.stat(tsdbPath) === undefined) return [];
  const streams: StreamOnDisk[] = [];
  for (const entry of disk.list(tsdbPath)) {
    if (!entry.isDirectory || tenantFault(parseStreamName(entry.name).tenant) !== undefined)
      continue;
    const dir = streamDir(tsdbPath, entry.name);
    try {
      const identity = readStreamIdentity(disk, tsdbPath, entry.name);
      streams.push({ name: entry.name, dir, identity });
    } catch (thrown) {
      onDamaged(dir, asVarveError(thrown));
    }
  }
  return streams;
}
