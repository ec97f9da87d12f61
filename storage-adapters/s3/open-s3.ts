// Opens a bucket of type S3. Nothing else imports the AWS SDK: this file is loaded when such a
// bucket is configured, and only then (open-bucket.ts).

import type { BucketWorld } from '../open-bucket.ts';
import { s3Client } from './client.ts';
import { s3Headers } from './headers.ts';
import type { S3BucketOptions } from './options.ts';
import { S3Requests } from './requests.ts';
import { S3Bucket } from './s3-bucket.ts';

/** Opens it; no request is sent. Errors: those of reading key and certificate files. */
export function openS3(options: S3BucketOptions, world: BucketWorld): S3Bucket {
  const { clock, timers, logger, disk } = world;
  const headers = s3Headers(options.encryption, options.objectHeaders, disk);
  const client = s3Client(options, world);
  const name = `s3:${options.bucket}`;
  const { bucket, partSizeBytes, multipart, contentMd5, trace, insecure } = options;
  const answerTimeoutMs = options.http.responseHeaderTimeoutMs;
  return new S3Bucket({
    name,
    clock,
    timers,
    logger,
    settings: { bucket, headers, partSizeBytes, multipart, contentMd5, signBodies: insecure },
    requests: new S3Requests({ client, name, clock, timers, logger, answerTimeoutMs, trace }),
    listVersion: options.listVersion,
    learned: { withoutChecksums: false, bucketSeen: false, lookedAt: new Set() },
    close: () => client.destroy(),
  });
}
