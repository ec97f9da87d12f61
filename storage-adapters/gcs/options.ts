// `type: GCS` of bucket.yml, as Thanos writes it (thanos docs/storage.md, GCS).

import type { GcsConfig } from '../../src/base/config/bucket-gcs.ts';

/** What bucket.yml says; read and checked by base/config/bucket-gcs.ts. */
export type GcsBucketOptions = GcsConfig;
