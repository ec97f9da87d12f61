// Headers that go with requests and are not the SDK's to make: what the user wants kept with each
// object, encryption, conditions, checksums. They are added before the request is signed.

import { createHash } from 'node:crypto';
import type {
  $Command,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { S3Encryption } from '../../src/base/config/bucket-s3.ts';
import type { HeaderList } from '../../src/base/config/bucket-s3-headers.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import type { PutOptions } from '../../src/bucket/bucket.ts';

/** Headers by the requests that they belong to. */
export interface S3Headers {
  /** With PutObject and CreateMultipartUpload. */
  readonly ofPuts: HeaderList;
  /** With whatever reads an object or sends a part of one: the key of SSE-C. */
  readonly ofKeys: HeaderList;
}

const SSE = 'x-amz-server-side-encryption';
const CUSTOMER_KEY_BYTES = 32;

/**
 * Makes them from the configuration; a file with a key is read now.
 * @throws VarveError `bad_config` for a key of another length
 */
export function s3Headers(
  encryption: S3Encryption | undefined,
  objectHeaders: HeaderList,
  disk: Disk,
): S3Headers {
  const ofKeys =
    encryption?.type === 'SSE-C' ? customerKey(disk.readFile(encryption.keyFile), encryption) : [];
  return { ofPuts: [...objectHeaders, ...storeKey(encryption), ...ofKeys], ofKeys };
}

function storeKey(encryption: S3Encryption | undefined): HeaderList {
  if (encryption?.type === 'SSE-S3') return [[SSE, 'AES256']];
  if (encryption?.type !== 'SSE-KMS') return [];
  const headers: HeaderList = [
    [SSE, 'aws:kms'],
    [`${SSE}-aws-kms-key-id`, encryption.keyId],
  ];
  if (encryption.context.length === 0) return headers;
  const context = JSON.stringify(Object.fromEntries(encryption.context));
  return [...headers, [`${SSE}-context`, Buffer.from(context).toString('base64')]];
}

function customerKey(key: Uint8Array, { keyFile }: { readonly keyFile: string }): HeaderList {
  if (key.length !== CUSTOMER_KEY_BYTES) {
    const has = `has ${key.length} bytes, a key of SSE-C has ${CUSTOMER_KEY_BYTES}`;
    throw new VarveError('bad_config', `sse_config.encryption_key: ${keyFile} ${has}`);
  }
  return [
    [`${SSE}-customer-algorithm`, 'AES256'],
    [`${SSE}-customer-key`, Buffer.from(key).toString('base64')],
    [`${SSE}-customer-key-md5`, createHash('md5').update(key).digest('base64')],
  ];
}

/** The conditions of a put. */
export function conditionHeaders({ ifAbsent, ifVersion }: PutOptions): HeaderList {
  return [
    ...(ifAbsent === true ? ([['if-none-match', '*']] as const) : []),
    ...(ifVersion === undefined ? [] : ([['if-match', ifVersion]] as const)),
  ];
}

/** A CRC32C as S3 writes it. */
export function crc32cText(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

/** What a store said of an object's checksum. */
export interface SaidChecksum {
  readonly ChecksumCRC32C?: string | undefined;
  readonly ChecksumType?: string | undefined;
  readonly ETag?: string | undefined;
}

/**
 * The CRC32C of the whole object. A store that does not say of which kind it is gives that of a
 * multipart upload with the number of parts behind it, or behind the ETag: it is one of checksums.
 */
export function wholeCrc32c(said: SaidChecksum): number | undefined {
  const { ChecksumCRC32C: text, ChecksumType: type, ETag: tag = '' } = said;
  if (text === undefined || !/^[A-Za-z0-9+/]{6}==$/.test(text)) return undefined;
  if (type !== 'FULL_OBJECT' && (type !== undefined || /-\d+"?$/.test(tag))) return undefined;
  return Buffer.from(text, 'base64').readUInt32BE();
}

/** Adds headers to a command of the SDK, before it is signed. */
export function addHeaders<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  command: Pick<$Command<I, O, S3ClientResolvedConfig>, 'middlewareStack'>,
  headers: HeaderList,
): void {
  if (headers.length === 0) return;
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { readonly headers: Record<string, string> };
      for (const [name, value] of headers) request.headers[name] = value;
      return next(args);
    },
    { step: 'build', name: 'varveHeaders' },
  );
}
