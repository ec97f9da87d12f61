// Our adapter on a local server, configured as a user would: by a bucket.yml.

import { stringify } from 'yaml';
import { readBucketDocument } from '../../../src/base/config/bucket-document.ts';
import { Secret } from '../../../src/base/config/secret.ts';
import { nodeRuntime } from '../../../src/base/runtime/node-runtime.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { type BucketWorld, openBucket } from '../../../storage-adapters/open-bucket.ts';
import { MemoryLogger } from '../memory-logger.ts';
import { S3_KEYS } from './s3-servers.ts';

/** Where, and which keys of `config` beside the keys and the endpoint. */
export interface S3AdapterOptions {
  readonly endpoint: string;
  readonly bucket: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly world?: Partial<BucketWorld>;
}

/** Opens it. */
export function openS3On(options: S3AdapterOptions): Promise<Bucket> {
  const { endpoint, bucket, config = {}, world = {} } = options;
  const keys = { access_key: S3_KEYS.accessKey, secret_key: S3_KEYS.secretKey };
  const where = { bucket, endpoint, insecure: true };
  const text = stringify({ type: 'S3', config: { ...where, ...keys, ...config } });
  const source = { name: 'bucket.yml', text: new Secret(text), fillEnvironment: false };
  const opening = { ...nodeRuntime(), logger: new MemoryLogger(), ...world };
  return openBucket(readBucketDocument(source, {}), opening);
}
