// The only switch over object-store types: from what bucket.yml says to a bucket. Cloud SDKs are
// loaded when their store is configured, and not before.

import type { BucketDocument } from '../src/base/config/bucket-document.ts';
import type { Logger } from '../src/base/observe/logger.ts';
import type { Clock } from '../src/base/runtime/clock.ts';
import type { Disk } from '../src/base/runtime/disk.ts';
import type { Random } from '../src/base/runtime/random.ts';
import type { Timers } from '../src/base/runtime/timers.ts';
import type { Bucket } from '../src/bucket/bucket.ts';
import { FilesystemBucket } from './filesystem/filesystem-bucket.ts';

/**
 * bucket.yml, read and checked: `type` and what that type's `config` holds. `prefix` is for whoever
 * opens it to put before every key (bucket/prefixed-bucket.ts).
 */
export type BucketConfig = BucketDocument;

/** What adapters need of the world. */
export interface BucketWorld {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly disk: Disk;
  readonly random: Random;
  readonly logger: Logger;
}

/** Opens the configured bucket; it makes no request. */
export async function openBucket(config: BucketConfig, world: BucketWorld): Promise<Bucket> {
  switch (config.type) {
    case 'FILESYSTEM':
      return new FilesystemBucket(config.config, world);
    case 'S3': {
      const { openS3 } = await import('./s3/open-s3.ts');
      return openS3(config.config, world);
    }
    case 'GCS': {
      const { openGcsBucket } = await import('./gcs/gcs-bucket.ts');
      return openGcsBucket(config.config, world);
    }
    case 'AZURE': {
      const { openAzureBucket } = await import('./azure/azure-bucket.ts');
      return openAzureBucket(config.config, world);
    }
  }
}
