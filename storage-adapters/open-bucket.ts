// The only switch over object-store types: from what bucket.yml says to a bucket.

import { VarveError } from '../src/base/errors/varve-error.ts';
import type { Disk } from '../src/base/runtime/disk.ts';
import type { Random } from '../src/base/runtime/random.ts';
import type { Bucket } from '../src/bucket/bucket.ts';
import { FilesystemBucket } from './filesystem/filesystem-bucket.ts';
import type { FilesystemBucketOptions } from './filesystem/options.ts';

/** bucket.yml, read and checked: `type` and what that type's `config` holds. */
export type BucketConfig = {
  readonly type: 'FILESYSTEM';
  /** For whoever opens it to put before every key (bucket/prefixed-bucket.ts); empty for none. */
  readonly prefix: string;
  readonly config: FilesystemBucketOptions;
};

/** What adapters need of the world. */
export interface BucketWorld {
  readonly disk: Disk;
  readonly random: Random;
}

/** Opens the configured bucket. Errors: `bad_config` for a type that this version does not have. */
export async function openBucket(config: BucketConfig, world: BucketWorld): Promise<Bucket> {
  switch (config.type) {
    case 'FILESYSTEM':
      return new FilesystemBucket(config.config, world);
    default:
      throw new VarveError('bad_config', `object store type ${config.type} is not supported yet`);
  }
}
