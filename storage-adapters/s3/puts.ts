// One object into the bucket by one request; multipart.ts has the larger ones. The bytes of a
// request, with the headers that vouch for them.
//
// Invariant: what was not stored whole is not there. Bytes are compared with what the caller said
// of them before their end is sent (body.ts), whatever the store itself checks.

import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { HeaderList } from '../../src/base/config/bucket-s3-headers.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Logger } from '../../src/base/observe/logger.ts';
import type { Timers } from '../../src/base/runtime/timers.ts';
import type { PutOptions, PutSource, RequestObserver } from '../../src/bucket/bucket.ts';
import { told } from '../told.ts';
import { digestPart, partStream, type SourcePart } from './body.ts';
import { isUnknownRequest } from './errors.ts';
import { conditionHeaders, crc32cText, type S3Headers, type SaidChecksum } from './headers.ts';
import type { S3Requests } from './requests.ts';

/** How objects are put. */
export interface PutSettings {
  readonly bucket: string;
  readonly headers: S3Headers;
  readonly partSizeBytes: number;
  readonly multipart: boolean;
  readonly contentMd5: boolean;
  /** Plain HTTP: the bytes are signed, as nothing else protects them on their way. */
  readonly signBodies: boolean;
}

/** What putting needs. */
export interface PutTools {
  readonly settings: PutSettings;
  readonly requests: S3Requests;
  /** Told of each request. */
  readonly observe: RequestObserver;
  readonly logger: Logger;
  readonly timers: Timers;
  /** Shared by all puts to this store. */
  readonly learned: LearnedOfPuts;
}

/** What earlier answers taught. */
export interface LearnedOfPuts {
  /** The store refuses checksums, or gives others than those of the bytes: it has no say. */
  withoutChecksums: boolean;
}

/** One object to put. */
export interface PutOrder {
  readonly key: string;
  readonly source: PutSource;
  readonly options: PutOptions;
}

/** S3's own limit of one request. */
const SINGLE_BYTES_MAX = 5 * 1024 ** 3;

/** Puts the object by one request. */
export async function putSingle(tools: PutTools, order: PutOrder): Promise<SaidChecksum> {
  const { settings, requests, observe } = tools;
  const { key, source, options } = order;
  const { sizeBytes } = source;
  if (sizeBytes > SINGLE_BYTES_MAX) {
    const what = `${key} has ${sizeBytes} bytes, one request takes ${SINGLE_BYTES_MAX}`;
    throw new VarveError('bad_parameter', `${what}; take disable_multipart away`);
  }
  const part = { source, offset: 0, sizeBytes };
  const checked = await checkedPart(tools, part, options);
  if (options.crc32c !== undefined && checked.crc32c !== options.crc32c) {
    throw new VarveError('damaged_object', `${key}: the source has another CRC32C than said`);
  }
  const sendsChecksum = options.crc32c !== undefined && !tools.learned.withoutChecksums;
  return told(observe, { class: 'write', operation: 'PutObject' }, async (moved) => {
    const body = bodyOf(part, checked.crc32c, (pieceBytes) => {
      moved.sentBytes += pieceBytes;
    });
    const command = new PutObjectCommand({
      Bucket: settings.bucket,
      Key: key,
      Body: body ?? '',
      ContentLength: sizeBytes,
    });
    const headers = [
      ...settings.headers.ofPuts,
      ...conditionHeaders(options),
      ...checked.headers,
      ...(sendsChecksum ? checksumHeader(options.crc32c) : []),
    ];
    const call = { operation: 'PutObject', key, headers, ...withBody(body) };
    const conditions = { signal: options.signal, conditional: isConditional(options) };
    return learning(tools, sendsChecksum, requests.send(command, { ...call, ...conditions }));
  });
}

/** A part that is ready to be sent. */
export interface CheckedPart {
  /** Of its bytes; undefined when nobody knows it before they are sent. */
  readonly crc32c: number | undefined;
  readonly headers: HeaderList;
}

/** Reads the part when a header needs its digest, or `always`. */
export async function checkedPart(
  { settings }: PutTools,
  part: SourcePart,
  options: PutOptions & { readonly always?: boolean },
): Promise<CheckedPart> {
  const wanted = { md5: settings.contentMd5, sha256: settings.signBodies && part.sizeBytes > 0 };
  if (!wanted.md5 && !wanted.sha256 && options.always !== true) {
    return { crc32c: options.crc32c, headers: [] };
  }
  const { crc32c, md5, sha256 } = await digestPart(part, wanted, options);
  const headers: HeaderList = [
    ...(md5 === undefined ? [] : ([['content-md5', md5]] as const)),
    ...(sha256 === undefined ? [] : ([['x-amz-content-sha256', sha256]] as const)),
  ];
  return { crc32c, headers };
}

/** The stream of a part; undefined for one without bytes, which is sent without a stream. */
export function bodyOf(
  part: SourcePart,
  expectedCrc32c: number | undefined,
  onPiece: (sizeBytes: number) => void,
) {
  return part.sizeBytes === 0 ? undefined : partStream(part, expectedCrc32c, onPiece);
}

/** For a call: the stream that is its command's body, if there is one. */
export function withBody<B>(body: B | undefined): { readonly body?: B } {
  return body === undefined ? {} : { body };
}

/** What tells the store of a CRC32C, if it is known. */
export function checksumHeader(crc: number | undefined): HeaderList {
  return crc === undefined ? [] : [['x-amz-checksum-crc32c', crc32cText(crc)]];
}

/** True for a put that a conflict is an answer to. */
export function isConditional({ ifAbsent, ifVersion }: PutOptions): boolean {
  return ifAbsent === true || ifVersion !== undefined;
}

/** Notes a store that refuses requests for their checksums: the next try goes without. */
export async function learning<T>(
  { learned, logger }: PutTools,
  sentChecksum: boolean,
  answer: Promise<T>,
): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    if (!sentChecksum || !(thrown instanceof VarveError) || !isUnknownRequest(thrown)) throw thrown;
    throw goOnWithout({ learned, logger }, thrown.message);
  }
}

/** From now on no checksum is sent or believed; the error that makes who asked try again. */
export function goOnWithout(
  { learned, logger }: Pick<PutTools, 'learned' | 'logger'>,
  why: string,
): VarveError {
  learned.withoutChecksums = true;
  logger.warn("the object store's checksums cannot be used, none are from now on", { why });
  return new VarveError('store_unavailable', `${why}; the next try goes without a checksum`);
}
