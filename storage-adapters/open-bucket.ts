// The only switch over object-store types: from what bucket.yml says to a bucket. What speaks to a
// cloud is loaded only when its type is configured.

import type { BucketDocument } from '../src/base/config/bucket-document.ts';
import { VarveError } from '../src/base/errors/varve-error.ts';
import type { Disk } from '../src/base/runtime/disk.ts';
import type { Random } from '../src/base/runtime/random.ts';
import type { Timers } from '../src/base/runtime/timers.ts';
import type { Bucket } from '../src/bucket/bucket.ts';
import { FilesystemBucket } from './filesystem/filesystem-bucket.ts';

/** bucket.yml, read and checked: `type` and what that type's `config` holds. */
export type BucketConfig = BucketDocument;

/** What adapters need of the world. */
export interface BucketWorld {
  readonly disk: Disk;
  readonly random: Random;
  readonly timers: Timers;
}

/** Opens the configured bucket. Errors: `bad_config` for a type that this version does not have. */
export async function openBucket(document: BucketConfig, world: BucketWorld): Promise<Bucket> {
  switch (document.type) {
    case 'FILESYSTEM':
      return new FilesystemBucket(document.config, world);
    case 'GCS': {
      const { openGcsBucket } = await import('./gcs/gcs-bucket.ts');
      return openGcsBucket(document.config, world);
    }
    case 'AZURE': {
      const { openAzureBucket } = await import('./azure/azure-bucket.ts');
      return openAzureBucket(document.config, world);
    }
    default: {
      const { type } = document as { type: string };
      throw new VarveError('bad_config', `object store type ${type} is not supported yet`);
    }
  }
}
