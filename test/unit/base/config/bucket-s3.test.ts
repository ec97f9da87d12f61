import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readBucketDocument } from '../../../../src/base/config/bucket-document.ts';
import type { S3Config } from '../../../../src/base/config/bucket-s3.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { complaint } from './loading.ts';

function document(text: string, env: Readonly<Record<string, string>> = {}) {
  return readBucketDocument(
    { name: 'bucket.yml', text: new Secret(text), fillEnvironment: true },
    env,
  );
}

function s3(text: string, env: Readonly<Record<string, string>> = {}): S3Config {
  const read = document(text, env);
  if (read.type !== 'S3') throw new Error(`not S3: ${read.type}`);
  return read.config;
}

const with_ = (config: Readonly<Record<string, unknown>>) =>
  s3(stringify({ type: 'S3', config: { bucket: 'b', endpoint: 'minio:9000', ...config } }));
const refused = (config: Readonly<Record<string, unknown>>) => complaint(() => with_(config));

describe("the guide's files load unchanged", () => {
  const guide = readFileSync(new URL('./guide-buckets.txt', import.meta.url), 'utf8');
  const [aws = '', minio = ''] = guide.split('\n---\n');

  test('AWS', () => {
    const env = { AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'SK' };
    expect(s3(aws, env)).toMatchObject({
      bucket: 'thanos-metrics',
      endpoint: 's3.amazonaws.com',
      region: 'us-east-1',
      keys: { accessKey: 'AK', secretKey: 'SK', sessionToken: '' },
      insecure: false,
      encryption: { type: 'SSE-S3' },
      objectHeaders: [['x-amz-storage-class', 'INTELLIGENT_TIERING']],
      http: { idleConnTimeoutMs: 90_000, responseHeaderTimeoutMs: 120_000 },
      trace: true,
      partSizeBytes: 134_217_728,
    });
    expect(complaint(() => s3(aws, { AWS_ACCESS_KEY_ID: 'AK' }))).toBe(
      'bucket.yml:7: key "config.secret_key": environment variable AWS_SECRET_ACCESS_KEY is not set',
    );
  });

  test('MinIO', () => {
    const env = { MINIO_ACCESS_KEY: 'AK', MINIO_SECRET_KEY: 'SK' };
    expect(s3(minio, env)).toMatchObject({
      endpoint: 'minio:9000',
      keys: { accessKey: 'AK', secretKey: 'SK' },
      insecure: true,
    });
  });
});

describe('keys', () => {
  test("those of Thanos's own sample, empty as it has them, are its defaults", () => {
    const sample = {
      ...{ region: '', disable_dualstack: false, aws_sdk_auth: false, access_key: '' },
      ...{ insecure: false, signature_version2: false, secret_key: '', session_token: '' },
      ...{ put_user_metadata: {}, trace: { enable: false }, list_objects_version: '' },
      ...{ bucket_lookup_type: 'auto', send_content_md5: true, disable_multipart: false },
      ...{ part_size: 0, sts_endpoint: '', max_retries: 0, http_config: {} },
      sse_config: { type: '', kms_key_id: '', kms_encryption_context: {}, encryption_key: '' },
    };
    expect(with_(sample)).toEqual(with_({}));
    expect(with_({})).toMatchObject({
      keys: undefined,
      dualstack: true,
      lookup: 'auto',
      encryption: undefined,
      partSizeBytes: 64 * 1024 * 1024,
      multipart: true,
      listVersion: 'v2',
      contentMd5: true,
      maxRetries: undefined,
      stsEndpoint: '',
    });
  });

  test.each<[string, Readonly<Record<string, unknown>>, Partial<S3Config>]>([
    ['disable_dualstack', { disable_dualstack: true }, { dualstack: false }],
    ['aws_sdk_auth', { aws_sdk_auth: true }, { keys: undefined }],
    ['lookup', { bucket_lookup_type: 'virtual-hosted' }, { lookup: 'virtual-hosted' }],
    ['list version', { list_objects_version: 'v1' }, { listVersion: 'v1' }],
    ['no MD5', { send_content_md5: false }, { contentMd5: false }],
    ['no multipart', { disable_multipart: true }, { multipart: false }],
    ['retries', { max_retries: 3 }, { maxRetries: 3 }],
    ['STS as a URL', { sts_endpoint: 'http://sts:1' }, { stsEndpoint: 'http://sts:1' }],
    ['STS as a host', { sts_endpoint: 'sts.local' }, { stsEndpoint: 'https://sts.local' }],
    ['old SSE', { encrypt_sse: true }, { encryption: { type: 'SSE-S3' } }],
    ['both SSE', { encrypt_sse: true, sse_config: { type: 'SSE-S3' } }, {}],
    [
      'KMS',
      { sse_config: { type: 'SSE-KMS', kms_key_id: 'k', kms_encryption_context: { a: 'b' } } },
      { encryption: { type: 'SSE-KMS', keyId: 'k', context: [['a', 'b']] } },
    ],
    [
      'SSE-C',
      { sse_config: { type: 'SSE-C', encryption_key: '/k' } },
      { encryption: { type: 'SSE-C', keyFile: '/k' } },
    ],
    [
      'a session token',
      { access_key: 'a', secret_key: 's', session_token: 't' },
      { keys: { accessKey: 'a', secretKey: 's', sessionToken: 't' } },
    ],
    ['IPv6', { endpoint: '[::1]:9000' }, { endpoint: '[::1]:9000' }],
  ])('%s', (_, config, expected) => {
    expect(with_(config)).toMatchObject(expected);
  });

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'version 2',
      { signature_version2: true },
      'bucket.yml:5: key "config.signature_version2": is',
    ],
    ['a scheme', { endpoint: 'https://minio' }, 'without scheme and path; insecure says whether'],
    ['a path', { endpoint: 'minio/b' }, 'must be host or host:port'],
    ['a folder', { bucket: 'b/c' }, 'must be a bucket, without a path in it'],
    ['half a key', { access_key: 'a' }, '"config.access_key": needs secret_key beside it'],
    ['the other half', { secret_key: 'hush' }, '"config.secret_key": needs access_key beside it'],
    ['a lonely token', { session_token: 't' }, 'needs access_key and secret_key beside it'],
    [
      'keys from both',
      { aws_sdk_auth: true, access_key: 'a', secret_key: 's' },
      'and access_key exclude each other',
    ],
    ['small parts', { part_size: 1024 }, 'must be between 5242880 and 5368709120 bytes'],
    ['large parts', { part_size: 6e9 }, 'must be between 0 and 5368709120'],
    ['lookup', { bucket_lookup_type: 'dns' }, 'must be auto or virtual-hosted or path'],
    ['list', { list_objects_version: 'v3' }, 'must be v2 or v1'],
    ['SSE', { sse_config: { type: 'SSE-X' } }, 'must be SSE-S3 or SSE-KMS or SSE-C'],
    ['KMS without key', { sse_config: { type: 'SSE-KMS' } }, 'sse_config.kms_key_id": is required'],
    ['SSE-C without key', { sse_config: { type: 'SSE-C' } }, 'encryption_key": is required'],
    [
      'SSE-C in the open',
      { insecure: true, sse_config: { type: 'SSE-C', encryption_key: '/k' } },
      'SSE-C sends the key with every request',
    ],
    ['a key for no KMS', { sse_config: { kms_key_id: 'k' } }, 'needs type: SSE-KMS'],
    ['a file for no SSE-C', { sse_config: { encryption_key: 'k' } }, 'needs type: SSE-C'],
    [
      'two kinds of SSE',
      { encrypt_sse: true, sse_config: { type: 'SSE-KMS', kms_key_id: 'k' } },
      'means SSE-S3, but sse_config.type is SSE-KMS',
    ],
    ['a typo', { part_sise: 1 }, 'key "config.part_sise": is unknown; did you mean part_size?'],
    ['a typo within', { trace: { enabel: true } }, 'did you mean enable?'],
    ['a typo in SSE', { sse_config: { typ: 'SSE-S3' } }, 'did you mean type?'],
    ['an STS path', { sts_endpoint: 'sts/x' }, 'key "config.sts_endpoint": must be host'],
  ])('%s is refused, with line and key', (_, config, message) => {
    const said = refused(config);
    expect(said).toMatch(/^bucket\.yml:\d+: key "config\./);
    expect(said).toContain(message);
    expect(said).not.toContain('hush');
  });

  test('bucket and endpoint must be there', () => {
    expect(complaint(() => s3('type: S3\nconfig:\n  endpoint: e'))).toContain(
      'key "config.bucket": is required',
    );
    expect(complaint(() => s3('type: S3\nconfig:\n  bucket: b'))).toContain(
      'key "config.endpoint": is required',
    );
  });
});
