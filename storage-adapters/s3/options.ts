// `type: S3` of bucket.yml, as Thanos writes it (thanos docs/storage.md, S3): read by
// src/base/config/bucket-s3.ts, turned here into what a client is made of.

import type { S3Config } from '../../src/base/config/bucket-s3.ts';

/** The bucket, as bucket.yml has it. */
export type S3BucketOptions = S3Config;

/** Where requests go. */
export interface S3Endpoint {
  readonly region: string;
  /** Undefined: AWS's own for the region. */
  readonly url: string | undefined;
  /** The bucket is in the path, not in the host's name. */
  readonly pathStyle: boolean;
  readonly dualstack: boolean;
  readonly tls: boolean;
}

const DEFAULT_REGION = 'us-east-1';
/** `s3.amazonaws.com`, `s3.eu-west-1.amazonaws.com`, `s3-eu-west-1…` of old, dualstack, China. */
const AWS = /^s3(?:[.-](?:dualstack\.)?(?<region>[a-z-]+-\d+))?\.amazonaws\.com(?:\.cn)?$/;
/** Stores that take the bucket in the host's name, as minio-go knows them; Google's beside. */
const VIRTUAL_HOSTED = /(?:^|\.)(?:amazonaws\.com(?:\.cn)?|aliyuncs\.com)$/;
const GOOGLE = /^storage\.googleapis\.com$/;

/** Finds where requests go. Pure. */
export function s3Endpoint(options: S3BucketOptions): S3Endpoint {
  const { bucket, endpoint, insecure, lookup, dualstack } = options;
  const host = endpoint.toLowerCase();
  const aws = AWS.exec(host);
  const region = options.region || aws?.groups?.region || DEFAULT_REGION;
  return {
    region,
    // AWS's own names are made anew from the region, as minio-go does: the one without a region
    // leads to a redirect for every bucket that is elsewhere.
    url: aws === null ? `${insecure ? 'http' : 'https'}://${endpoint}` : undefined,
    pathStyle: lookup === 'auto' ? !isVirtualHosted(host, bucket, insecure) : lookup === 'path',
    dualstack: aws !== null && dualstack,
    tls: !insecure,
  };
}

/** A bucket with a dot fits no wildcard certificate. */
function isVirtualHosted(host: string, bucket: string, insecure: boolean): boolean {
  const name = host.replace(/:\d+$/, '');
  return (VIRTUAL_HOSTED.test(name) || GOOGLE.test(name)) && (insecure || !bucket.includes('.'));
}
