// `.varve/wal-archive.json`: which archive in the bucket is this directory's, and how far it is.
//
// Losing it costs a new archive under another name; a state that is older than the bucket costs
// bytes that are sent again.

import { z } from 'zod';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import { archiveStateFile, varveDir } from '../../block/paths.ts';
import { STREAM_STATE } from './stream-state.ts';

/** Larger than any: streams by the thousand. */
const STATE_BYTES_MAX = 64 * 1024 * 1024;

const STATE = z.strictObject({
  version: z.literal(1),
  /** The archive's name in the bucket. */
  name: z.string(),
  /** Tells this directory from every other that might write under the name. */
  instance: z.string(),
  epoch: z.number().int().min(1),
  /** Of the last piece that was stored; 0 before the first. */
  sequence: z.number().int().min(0),
  streams: z.array(STREAM_STATE),
  /** Streams that a restore made, which must be sent before the pieces of older epochs go. */
  restored: z.array(z.string()),
  /** Pieces that a restore could not read: they stay for people to look at. */
  spared: z.array(z.string()),
});

/** See the head of the file. */
export type ArchiveState = z.infer<typeof STATE>;

/** Undefined when there is none. Throws `damaged_wal` for one that cannot be read. */
export function readArchiveState(disk: Disk, tsdbPath: string): ArchiveState | undefined {
  const path = archiveStateFile(tsdbPath);
  const stat = disk.stat(path);
  if (stat === undefined) return undefined;
  if (stat.sizeBytes > STATE_BYTES_MAX) throw damaged(path, `has ${stat.sizeBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(disk.readFile(path)).toString('utf8'));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw damaged(path, 'is not JSON');
    throw thrown;
  }
  const result = STATE.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(path, `is wrong at ${issue?.path.join('.') ?? '?'}`);
}

/** Replaces it, all or nothing, durably. */
export function writeArchiveState(disk: Disk, tsdbPath: string, state: ArchiveState): void {
  disk.makeDir(varveDir(tsdbPath));
  disk.replaceFile(archiveStateFile(tsdbPath), Buffer.from(`${JSON.stringify(state)}\n`));
}

function damaged(path: string, what: string): VarveError {
  return new VarveError('damaged_wal', `${path} ${what}; without it a new archive is begun`);
}
