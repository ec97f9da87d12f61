// Sets damaged blocks aside: out of the stream's directory, where they would be taken for good
// ones (or end the start of a Prometheus), into its quarantine. Nothing of them is deleted.

import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { Timers } from '../base/runtime/timers.ts';
import { checkNotedFiles, wholeFiles } from './check-whole.ts';
import { listBlockMetas } from './local-blocks.ts';
import type { BlockMeta } from './meta/format.ts';
import { blockDir, blockInQuarantine } from './paths.ts';

/** A stream's directory and where its damaged blocks go. */
export interface SetAsideOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly quarantineDir: string;
}

/** Is this the block's own fault, and not that of a disk that does not read just now? */
export function isDamage({ kind }: VarveError): boolean {
  return kind === 'damaged' || kind === 'not_found';
}

/** Moves the directory of block `ulid`, durably; undefined when there is none (any more). */
export function setBlockAside(
  { disk, dir, quarantineDir }: SetAsideOptions,
  ulid: string,
): string | undefined {
  const path = blockDir(dir, ulid);
  if (disk.stat(path)?.isDirectory !== true) return undefined;
  disk.makeDir(quarantineDir);
  const name = blockInQuarantine(quarantineDir, ulid);
  let free = name;
  for (let more = 2; disk.stat(free) !== undefined; more++) free = `${name}-${more}`;
  disk.rename(path, free);
  // First the new name: after a power loss it may have two names, never none.
  disk.syncDir(quarantineDir);
  disk.syncDir(dir);
  return free;
}

export interface WholeBlocksOptions extends SetAsideOptions {
  /** The oldest segment of the log beside the blocks; Infinity when there is none. */
  readonly firstSegment: number;
  readonly timers: Pick<Timers, 'yieldNow'>;
  /** Told of each block that is set aside. */
  readonly logger: Logger;
}

/**
 * The metas of the blocks in a stream's directory, for a start: damaged ones are set aside first.
 * Of all it is checked that their files are there; those that the log may still hold samples of are
 * read to the last byte, because only now those samples can be cut again. Throws what the disk
 * throws.
 */
export async function wholeBlockMetas(options: WholeBlocksOptions): Promise<readonly BlockMeta[]> {
  const { disk, dir, firstSegment, logger } = options;
  const aside = (path: string, error: VarveError, meta: BlockMeta | undefined): void => {
    if (!isDamage(error)) throw error;
    const quarantined = setBlockAside(options, path.slice(path.lastIndexOf('/') + 1));
    if (quarantined === undefined) return;
    const times = meta && { fromMs: meta.minTimeMs, toMs: meta.maxTimeMs };
    const message = 'damaged block set aside; what the WAL has of it is cut again';
    logger.error(message, { path, error: error.message, ...times, quarantined });
  };
  const onDamaged = (path: string, error: VarveError): void => aside(path, error, undefined);
  const whole: BlockMeta[] = [];
  for (const meta of listBlockMetas({ disk, dir, onDamaged })) {
    const path = blockDir(dir, meta.ulid);
    try {
      wholeFiles(disk, path, meta);
      const position = meta.thanos?.varve?.wal;
      if (position !== undefined && position.segment >= firstSegment)
        await checkNotedFiles(options, path, meta);
      whole.push(meta);
    } catch (thrown) {
      aside(path, asVarveError(thrown), meta);
    }
  }
  return whole;
}

/** The metas of the blocks that are there with all their files. Throws what the disk throws. */
export function listWholeBlocks(disk: Disk, dir: string): readonly BlockMeta[] {
  const mustRead = (thrown: unknown): void => {
    const error = asVarveError(thrown);
    if (!isDamage(error)) throw error;
  };
  const onDamaged = (_: string, error: VarveError): void => mustRead(error);
  return listBlockMetas({ disk, dir, onDamaged }).filter((meta) => {
    try {
      wholeFiles(disk, blockDir(dir, meta.ulid), meta);
      return true;
    } catch (thrown) {
      mustRead(thrown);
      return false; // damaged: the next start, or the shipper, sets it aside and tells
    }
  });
}
