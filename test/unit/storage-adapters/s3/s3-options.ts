// A configuration of S3 for unit tests: bucket.yml's defaults, and what a test wants otherwise.

import { readBucketDocument } from '../../../../src/base/config/bucket-document.ts';
import type { S3Config } from '../../../../src/base/config/bucket-s3.ts';
import { Secret } from '../../../../src/base/config/secret.ts';

export function s3Options(other: Partial<S3Config> = {}): S3Config {
  const text = new Secret('type: S3\nconfig: {bucket: bucket, endpoint: minio}');
  const read = readBucketDocument({ name: 'b.yml', text, fillEnvironment: false }, {});
  if (read.type !== 'S3') throw new Error(`not S3: ${read.type}`);
  const keys = { accessKey: 'AK', secretKey: 'the-secret-key', sessionToken: '' };
  return { ...read.config, keys, ...other };
}
