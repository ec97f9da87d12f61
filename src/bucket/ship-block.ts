// The upload of one block within a round: what it came to, in the log and the catalogue, and what
// that means for the round.

import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { Bucket } from './bucket.ts';
import type { LocalBlock } from './local-block.ts';
import { type UploadOptions, type UploadReport, uploadBlock } from './upload.ts';

/**
 * `refused`: it stays, is tried again later, and says nothing about other blocks. `store away`: the
 * store does not do as it should now, so others need not be tried; failing-blocks.ts finds out when
 * that is one block's fault.
 */
export type ShipOutcome = 'uploaded' | 'found' | 'set aside' | 'refused' | 'store away';

/** What came of one block. */
export interface ShippedBlock {
  readonly outcome: ShipOutcome;
  readonly bytesSent: number;
  /** Why it is not in the bucket. */
  readonly error?: VarveError;
}

/** A block and who answers for it. */
export interface BlockToShip {
  readonly block: LocalBlock;
  /** See ShipperDir. */
  check(block: LocalBlock): void;
  setAside(block: LocalBlock, error: VarveError): void;
}

export interface ShipBlockOptions extends UploadOptions {
  readonly bucket: Bucket;
  readonly disk: Disk;
  readonly logger: Logger;
}

/** Uploads it; only what is our bug is thrown. */
export async function shipBlock(
  { block, check, setAside }: BlockToShip,
  options: ShipBlockOptions,
): Promise<ShippedBlock> {
  const { bucket, logger } = options;
  try {
    check(block);
    const { sent, filesSent, bytesSent } = await uploadCounted(block, options);
    const fields = { block: block.ulid, files: filesSent, bytes: bytesSent, bucket: bucket.name };
    logger.info(sent ? 'block uploaded' : 'block is in the bucket already', fields);
    return { outcome: sent ? 'uploaded' : 'found', bytesSent };
  } catch (thrown) {
    const error = asVarveError(thrown);
    if (error.code === 'damaged_block' && letGo({ block, setAside }, error, logger))
      return { outcome: 'set aside', bytesSent: 0, error };
    const fields = { block: block.ulid, code: error.code, error: error.message };
    logger.error('block not uploaded, it stays on disk and is tried again', fields);
    return { outcome: isOfTheStore(error) ? 'store away' : 'refused', bytesSent: 0, error };
  }
}

/** False when the disk does not let it be moved now: that keeps no other block from going. */
function letGo(
  { block, setAside }: Pick<BlockToShip, 'block' | 'setAside'>,
  damage: VarveError,
  logger: Logger,
): boolean {
  try {
    setAside(block, damage);
    return true;
  } catch (thrown) {
    const { code, message } = asVarveError(thrown);
    const fields = { block: block.ulid, code, error: message };
    logger.error('damaged block not set aside, tried again', fields);
    return false;
  }
}

/** With its requests added to the block's cost, also when it fails. */
async function uploadCounted(block: LocalBlock, options: ShipBlockOptions): Promise<UploadReport> {
  const { bucket, disk, log } = options;
  if (log === undefined) return uploadBlock(bucket, disk, block, options);
  const cost = { requests: 0, sentBytes: 0, receivedBytes: 0 };
  const counted = bucket.observedBy(({ sentBytes, receivedBytes }) => {
    cost.requests++;
    cost.sentBytes += sentBytes;
    cost.receivedBytes += receivedBytes;
  });
  try {
    return await uploadBlock(counted, disk, block, options);
  } finally {
    log.addCost(bucket.name, block.ulid, cost);
  }
}

/** A local disk that does not give one file may give all others. */
function isOfTheStore({ kind, code }: VarveError): boolean {
  return kind === 'not_now' && code !== 'disk_failed';
}
