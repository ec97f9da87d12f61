// One block of the Prometheus into the bucket. The Prometheus may delete it at any moment: then
// what was uploaded of it is taken out of the bucket again, and nothing has failed.

import type { Logger } from '../../base/observe/logger.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { Bucket } from '../bucket.ts';
import { blockKey, blockPrefix, META_FILE } from '../layout.ts';
import type { LocalBlock } from '../local-block.ts';
import { type UploadReport, uploadBlock } from '../upload.ts';

export interface ShipBlockOptions {
  readonly bucket: Bucket;
  readonly disk: Disk;
  readonly dir: string;
  readonly ulid: string;
  readonly logger: Logger;
  /** Reads the block and says what is to be uploaded. */
  describe(): Promise<LocalBlock>;
}

/** Uploads the block; `vanished` when the Prometheus deleted it before that was done. */
export async function shipBlock(options: ShipBlockOptions): Promise<UploadReport | 'vanished'> {
  const { bucket, disk, dir, logger, ulid } = options;
  try {
    return await uploadBlock(bucket, disk, await options.describe(), { logger });
  } catch (thrown) {
    // Prometheus renames a block before it removes it, so it is there whole, or its name is not.
    if (disk.stat(dir) !== undefined) throw thrown;
    await removePartial(bucket, ulid);
    return 'vanished';
  }
}

/** Takes what an upload left behind out of the bucket, unless it is a whole block. */
async function removePartial(bucket: Bucket, ulid: string): Promise<void> {
  if (await bucket.exists(blockKey(ulid, META_FILE))) return;
  const keys: string[] = [];
  for await (const page of bucket.list(blockPrefix(ulid))) keys.push(...page.map(({ key }) => key));
  for (const key of keys) await bucket.delete(key);
  await bucket.removeUnfinished(blockPrefix(ulid));
}
