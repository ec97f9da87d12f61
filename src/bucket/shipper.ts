// Brings the blocks of every stream's directory into the bucket, and lets old local copies go.
//
// One block that cannot be uploaded is named and counted, all others go on: one that was refused
// stays, a damaged one is set aside. A store that does not answer ends the round: the rest would
// fail the same way.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { Bucket } from './bucket.ts';
import type { LocalBlock } from './local-block.ts';
import { type LocalRetention, planLocalDeletions, planUploads } from './plan-local.ts';
import { readShipperFile, writeShipperFile } from './shipper-file.ts';
import { uploadBlock } from './upload.ts';

/** A directory with blocks: one stream's. */
export interface ShipperDir {
  readonly dir: string;
  /** The whole blocks in it; what is not whole was reported by who made this list. */
  readonly blocks: readonly LocalBlock[];
  /** Takes a block off the disk, all or nothing. */
  remove(block: LocalBlock): void;
  /** Throws `damaged_block` when a block that is to be uploaded cannot be read. */
  check(block: LocalBlock): void;
  /** A block turned out to be damaged: moves it out of the directory. */
  setAside(block: LocalBlock, error: VarveError): void;
}

/** What a round did, in blocks. */
export interface ShipReport {
  readonly uploaded: number;
  readonly bytesSent: number;
  /** Blocks that were in the bucket already and only verified. */
  readonly found: number;
  readonly failed: number;
  readonly removed: number;
  /** Blocks that are on local disk and not in the bucket when the round ends. */
  readonly waiting: number;
}

export interface ShipperOptions {
  /** Undefined when no object store is configured: then only local retention is applied. */
  readonly bucket: Bucket | undefined;
  readonly disk: Disk;
  readonly logger: Logger;
}

interface Tally {
  uploaded: number;
  bytesSent: number;
  found: number;
  failed: number;
  removed: number;
  waiting: number;
}

/** One round over all directories. */
export async function shipOnce(
  options: ShipperOptions,
  dirs: readonly ShipperDir[],
  retention: Omit<LocalRetention, 'hasBucket'>,
): Promise<ShipReport> {
  const tally: Tally = { uploaded: 0, bytesSent: 0, found: 0, failed: 0, removed: 0, waiting: 0 };
  let storeAnswers = options.bucket !== undefined;
  for (const one of dirs) {
    const uploaded = new Set(readShipperFile(options.disk, one.dir));
    for (const block of options.bucket === undefined ? [] : planUploads(one.blocks, uploaded)) {
      if (storeAnswers) storeAnswers = await shipBlock(options, one, block, uploaded, tally);
      const isThere = options.disk.stat(block.dir) !== undefined; // or it was set aside
      if (isThere && !uploaded.has(block.ulid)) tally.waiting++;
    }
    const hasBucket = options.bucket !== undefined;
    for (const block of planLocalDeletions(one.blocks, uploaded, { ...retention, hasBucket })) {
      one.remove(block);
      tally.removed++;
      options.logger.info('local block removed after its retention', { block: block.ulid });
    }
    forgetRemoved(options, one, uploaded);
  }
  return tally;
}

/**
 * Uploads one block and notes it; false when the store does not answer and the round should end.
 */
async function shipBlock(
  options: ShipperOptions,
  from: ShipperDir,
  block: LocalBlock,
  uploaded: Set<string>,
  tally: Tally,
): Promise<boolean> {
  const { bucket, disk, logger } = options;
  if (bucket === undefined) throw new VarveError('internal', 'there is no bucket to ship to');
  try {
    from.check(block);
    const report = await uploadBlock(bucket, disk, block);
    uploaded.add(block.ulid);
    note(options, from.dir, uploaded);
    tally.bytesSent += report.bytesSent;
    if (report.sent) tally.uploaded++;
    else tally.found++;
    const what = report.sent ? 'block uploaded' : 'block is in the bucket already';
    logger.info(what, { block: block.ulid, bytes: report.bytesSent, bucket: bucket.name });
    return true;
  } catch (thrown) {
    const error = asVarveError(thrown);
    tally.failed++;
    if (error.code === 'damaged_block') {
      from.setAside(block, error);
      return true;
    }
    const fields = { block: block.ulid, code: error.code, error: error.message };
    logger.error('block not uploaded, it stays on disk and is tried again', fields);
    return error.kind !== 'not_now';
  }
}

/**
 * Without the note the bucket is asked again in the next round. So a full disk does not keep blocks
 * from being uploaded, and leaving.
 */
function note({ disk, logger }: ShipperOptions, dir: string, uploaded: Iterable<string>): void {
  try {
    writeShipperFile(disk, dir, uploaded);
  } catch (thrown) {
    const { code, message } = asVarveError(thrown);
    logger.warn('not noted which blocks are uploaded', { dir, code, error: message });
  }
}

/** Keeps the note as short as the directory: what is not on disk any more need not stand in it. */
function forgetRemoved(
  options: ShipperOptions,
  one: ShipperDir,
  uploaded: ReadonlySet<string>,
): void {
  const onDisk = new Set(one.blocks.map((block) => block.ulid));
  const kept = [...uploaded].filter((ulid) => onDisk.has(ulid));
  if (kept.length !== uploaded.size) note(options, one.dir, kept);
}
