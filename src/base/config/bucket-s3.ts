// `config:` of a bucket.yml of type S3 (thanos docs/storage.md, S3; thanos-io/objstore
// providers/s3). What cannot be done as it is written is refused here by name, with the way out.
//
// What is read here crosses a thread by structured clone, so its secrets are plain strings:
// nothing prints it (the status page prints the YamlSource that it was read from, a Secret).

import { readStoreHttpConfig, type StoreHttpConfig } from './bucket-http.ts';
import { type HeaderList, readObjectHeaders } from './bucket-s3-headers.ts';
import type { Environment } from './fill-environment.ts';
import type { YamlMapping } from './yaml-reader.ts';

/** Keys written into bucket.yml. Secrets: never logged, never part of an error. */
export interface S3StaticKeys {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Empty for none. */
  readonly sessionToken: string;
}

/** How the store encrypts what is put. */
export type S3Encryption =
  | { readonly type: 'SSE-S3' }
  | { readonly type: 'SSE-KMS'; readonly keyId: string; readonly context: HeaderList }
  /** The key is in a file: 32 bytes. */
  | { readonly type: 'SSE-C'; readonly keyFile: string };

/** A bucket in S3 or in a store that speaks as it does. */
export interface S3Config {
  readonly bucket: string;
  /** Host, and port if it has one; without scheme. */
  readonly endpoint: string;
  /** Empty: taken from the endpoint, or us-east-1. */
  readonly region: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** AWS's endpoints that speak IPv6 too. */
  readonly dualstack: boolean;
  readonly lookup: 'auto' | 'virtual-hosted' | 'path';
  /** Undefined: the AWS SDK's default chain finds some. */
  readonly keys: S3StaticKeys | undefined;
  /** Where that chain asks for temporary keys; empty for AWS's own. */
  readonly stsEndpoint: string;
  readonly encryption: S3Encryption | undefined;
  /** Sent with every object that is put: names in lower case, and values. */
  readonly objectHeaders: HeaderList;
  readonly http: StoreHttpConfig;
  /** Every request is logged, at debug. */
  readonly trace: boolean;
  /** An object above this is sent in parts of this size. */
  readonly partSizeBytes: number;
  readonly multipart: boolean;
  readonly listVersion: 'v1' | 'v2';
  readonly contentMd5: boolean;
  /** Tries of a request in all, 1 for no retry; undefined leaves it to who retries. */
  readonly maxRetries: number | undefined;
}

const MIB = 1024 * 1024;
/** S3's own limits for a part that is not the last. */
const PART_BYTES_MIN = 5 * MIB;
const PART_BYTES_MAX = 5 * 1024 * MIB;
const PART_BYTES_DEFAULT = 64 * MIB;
const RETRIES_MAX = 100;
/** Host, IPv6 in brackets, port: what may stand in a URL between `//` and `/`. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Reads it. @throws VarveError `bad_config` with line and key */
export function readS3Config(config: YamlMapping, env: Environment): S3Config {
  const bucket = config.requiredString('bucket');
  if (bucket.includes('/')) throw config.error('bucket', 'must be a bucket, without a path in it');
  const trace = config.mapping('trace');
  const insecure = config.boolean('insecure') ?? false;
  refuseSignatureV2(config);
  const read: S3Config = {
    bucket,
    endpoint: readHost(config, 'endpoint', config.requiredString('endpoint')),
    region: config.string('region') ?? '',
    insecure,
    dualstack: !(config.boolean('disable_dualstack') ?? false),
    lookup: oneOfOr(config, 'bucket_lookup_type', ['auto', 'virtual-hosted', 'path']),
    keys: readKeys(config),
    stsEndpoint: readStsEndpoint(config),
    encryption: readEncryption(config, insecure),
    objectHeaders: readObjectHeaders(config),
    http: readStoreHttpConfig(config, env),
    trace: trace.boolean('enable') ?? false,
    partSizeBytes: readPartSize(config),
    multipart: !(config.boolean('disable_multipart') ?? false),
    listVersion: oneOfOr(config, 'list_objects_version', ['v2', 'v1']),
    contentMd5: config.boolean('send_content_md5') ?? true,
    maxRetries: config.integer('max_retries', { min: 0, max: RETRIES_MAX }) || undefined,
  };
  trace.end();
  config.end();
  return read;
}

function refuseSignatureV2(config: YamlMapping): void {
  if (config.boolean('signature_version2') !== true) return;
  const why = 'is not supported: requests are signed by version 4, which every S3 store of today';
  throw config.error('signature_version2', `${why} takes; take the key away`);
}

/** The word at a key; the first one when it is missing or empty, as Thanos's samples have it. */
function oneOfOr<const T extends string>(
  config: YamlMapping,
  key: string,
  words: readonly [T, ...T[]],
): T {
  if ((config.string(key) ?? '') === '') return words[0];
  return config.oneOf(key, words) ?? words[0];
}

function readHost(config: YamlMapping, key: string, host: string): string {
  if (HOST.test(host)) return host;
  const scheme = /^https?:\/\//i.test(host) ? '; insecure says whether it is http' : '';
  throw config.error(key, `must be host or host:port, without scheme and path${scheme}`);
}

/** Thanos gives it to a client that wants a URL; a host alone is meant as https. */
function readStsEndpoint(config: YamlMapping): string {
  const written = config.string('sts_endpoint') ?? '';
  if (written === '' || /^https?:\/\/[^/?#@\s]+\/?$/i.test(written)) return written;
  return `https://${readHost(config, 'sts_endpoint', written)}`;
}

function readKeys(config: YamlMapping): S3StaticKeys | undefined {
  const accessKey = config.string('access_key') ?? '';
  const secretKey = config.string('secret_key') ?? '';
  const sessionToken = config.string('session_token') ?? '';
  const fromChain = config.boolean('aws_sdk_auth') ?? false;
  if (fromChain && accessKey !== '') {
    throw config.error('aws_sdk_auth', 'and access_key exclude each other; keep one of them');
  }
  if ((accessKey === '') !== (secretKey === '')) {
    const [there, missing] =
      accessKey === '' ? ['secret_key', 'access_key'] : ['access_key', 'secret_key'];
    throw config.error(there, `needs ${missing} beside it; without both, the environment is asked`);
  }
  if (accessKey !== '') return { accessKey, secretKey, sessionToken };
  if (sessionToken === '') return undefined;
  throw config.error('session_token', 'needs access_key and secret_key beside it');
}

function readEncryption(config: YamlMapping, insecure: boolean): S3Encryption | undefined {
  const sse = config.mapping('sse_config');
  const type = sse.string('type') ?? '';
  const keyId = sse.string('kms_key_id') ?? '';
  const context = sse.texts('kms_encryption_context');
  const keyFile = sse.string('encryption_key') ?? '';
  const old = config.boolean('encrypt_sse') ?? false;
  sse.end();
  if (old && type !== '' && type !== 'SSE-S3') {
    throw config.error('encrypt_sse', `means SSE-S3, but sse_config.type is ${type}; keep one`);
  }
  if ((keyId !== '' || context.length > 0) && type !== 'SSE-KMS') {
    const key = keyId === '' ? 'kms_encryption_context' : 'kms_key_id';
    throw sse.error(key, 'needs type: SSE-KMS');
  }
  if (keyFile !== '' && type !== 'SSE-C') throw sse.error('encryption_key', 'needs type: SSE-C');
  if (type === '') return old ? { type: 'SSE-S3' } : undefined;
  switch (sse.oneOf('type', ['SSE-S3', 'SSE-KMS', 'SSE-C'])) {
    case 'SSE-KMS':
      return { type: 'SSE-KMS', keyId: sse.requiredString('kms_key_id'), context };
    case 'SSE-C':
      if (!insecure) return { type: 'SSE-C', keyFile: sse.requiredString('encryption_key') };
      throw sse.error('type', 'SSE-C sends the key with every request; not with insecure: true');
    default:
      return { type: 'SSE-S3' };
  }
}

function readPartSize(config: YamlMapping): number {
  const written = config.integer('part_size', { min: 0, max: PART_BYTES_MAX }) ?? 0;
  if (written === 0) return PART_BYTES_DEFAULT;
  if (written >= PART_BYTES_MIN) return written;
  const range = `${PART_BYTES_MIN} and ${PART_BYTES_MAX}`;
  throw config.error('part_size', `must be between ${range} bytes, S3's own limits, or 0`);
}
