import { describe, expect, test } from 'vitest';
import { type S3BucketOptions, s3Endpoint } from '../../../../storage-adapters/s3/options.ts';
import { s3Options } from './s3-options.ts';

const at = (endpoint: string, more: Partial<S3BucketOptions> = {}) =>
  s3Endpoint(s3Options({ endpoint, ...more }));

describe('AWS', () => {
  test.each([
    ['s3.amazonaws.com', 'us-east-1'],
    ['S3.amazonaws.com', 'us-east-1'],
    ['s3.eu-west-1.amazonaws.com', 'eu-west-1'],
    ['s3-ap-southeast-2.amazonaws.com', 'ap-southeast-2'],
    ['s3.dualstack.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['s3.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ])('%s is made anew for %s', (endpoint, region) => {
    expect(at(endpoint)).toEqual({
      region,
      url: undefined,
      pathStyle: false,
      dualstack: true,
      tls: true,
    });
  });

  test('the region that is written goes before that of the name', () => {
    expect(at('s3.eu-west-1.amazonaws.com', { region: 'eu-north-1' }).region).toBe('eu-north-1');
  });

  test('a name that is none of its own stays, the bucket still in front', () => {
    const vpc = 'bucket.vpce-1-x.s3.us-east-1.vpce.amazonaws.com';
    expect(at(vpc)).toMatchObject({ url: `https://${vpc}`, pathStyle: false, dualstack: false });
  });

  test('a bucket with a dot fits no certificate', () => {
    expect(at('s3.amazonaws.com', { bucket: 'a.b' }).pathStyle).toBe(true);
    expect(at('s3.amazonaws.com', { bucket: 'a.b', insecure: true }).pathStyle).toBe(false);
  });
});

test('others have the bucket in the path, unless they are known or told otherwise', () => {
  expect(at('minio:9000', { insecure: true })).toEqual({
    region: 'us-east-1',
    url: 'http://minio:9000',
    pathStyle: true,
    dualstack: false,
    tls: false,
  });
  expect(at('minio.local', { lookup: 'virtual-hosted' }).pathStyle).toBe(false);
  expect(at('storage.googleapis.com').pathStyle).toBe(false);
  expect(at('storage.googleapis.com', { lookup: 'path' }).pathStyle).toBe(true);
  expect(at('notamazonaws.com').pathStyle).toBe(true);
});
