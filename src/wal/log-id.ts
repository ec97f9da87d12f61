// `.varve/log.json`: what the logs under a `--tsdb.path` are called. Blocks say which log they were
// cut from (docs/formats/meta.md), so that positions in two machines' logs are never compared, also
// when both write blocks with the same labels into one bucket.
//
// Made at the first start; a restore takes over that of the logs it brings back. Losing it loses no
// sample: what the logs hold of blocks that were cut before is cut once more.

import { z } from 'zod';
import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { Random } from '../base/runtime/random.ts';
import { logIdFile, varveDir } from '../block/paths.ts';

/** 16 hex digits. */
const ID_BYTES = 8;

const LOG_ID = z.strictObject({ version: z.literal(1), id: z.string().min(1).max(100) });

/** What finding or making the name needs. */
export interface LogIdOptions {
  readonly disk: Disk;
  readonly random: Random;
  readonly logger: Logger;
  readonly tsdbPath: string;
}

/** The name; made when there is none, or none that can be read. Throws what the disk throws. */
export function ensureLogId({ disk, logger, random, tsdbPath }: LogIdOptions): string {
  try {
    const known = readLogId(disk, tsdbPath);
    if (known !== undefined) return known;
  } catch (thrown) {
    const error = asVarveError(thrown);
    if (error.kind !== 'damaged') throw error;
    const message = 'the name of the logs cannot be read; what they hold of blocks is cut again';
    logger.error(message, { error: error.message });
  }
  const id = newLogId(random);
  writeLogId(disk, tsdbPath, id);
  return id;
}

/** A new name: 64 random bits. */
export function newLogId(random: Random): string {
  return Buffer.from(random.bytes(ID_BYTES)).toString('hex');
}

/** Undefined when there is none. Throws `damaged_wal` for one that cannot be read. */
export function readLogId(disk: Disk, tsdbPath: string): string | undefined {
  const path = logIdFile(tsdbPath);
  if (disk.stat(path) === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(disk.readFile(path)).toString('utf8'));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    value = undefined;
  }
  const result = LOG_ID.safeParse(value);
  if (result.success) return result.data.id;
  throw new VarveError('damaged_wal', `${path} does not name the logs`);
}

/** Replaces it, all or nothing, durably. */
export function writeLogId(disk: Disk, tsdbPath: string, id: string): void {
  disk.makeDir(varveDir(tsdbPath));
  const text = `${JSON.stringify({ version: 1, id })}\n`;
  disk.replaceFile(logIdFile(tsdbPath), Buffer.from(text));
}
