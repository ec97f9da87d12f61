// One object into the bucket in parts, a few at once, each read from the source when its turn
// comes: memory does not grow with the size of parts.
//
// Invariant: an upload is completed only when its parts together have the checksum that the caller
// gave, and taken back on every failure.

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { combineCrc32c } from '../../src/base/bytes/crc32c-combine.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { told } from '../told.ts';
import { takeBack } from './abort-uploads.ts';
import { conditionHeaders, crc32cText, type SaidChecksum } from './headers.ts';
import {
  bodyOf,
  checkedPart,
  checksumHeader,
  isConditional,
  learning,
  type PutOrder,
  type PutTools,
  withBody,
} from './puts.ts';

/** Parts of one object on their way at once. */
const PARTS_AT_ONCE = 3;
/** S3's own limit. */
const PARTS_MAX = 10_000;
/** An upload that has begun. */
interface Upload {
  readonly id: string;
  /** The store takes a CRC32C of each part. */
  readonly checksParts: boolean;
  /** It keeps one of the whole. */
  readonly checksWhole: boolean;
}

interface SentPart {
  readonly tag: string | undefined;
  readonly crc32c: number | undefined;
  readonly sizeBytes: number;
}

/** Parts of an object, at most 10,000 of them: larger ones than configured when they must be. */
export function partSizeOf(sizeBytes: number, configuredBytes: number): number {
  return Math.max(configuredBytes, Math.ceil(sizeBytes / PARTS_MAX));
}

/** Puts the object in parts. */
export async function putInParts(tools: PutTools, order: PutOrder): Promise<SaidChecksum> {
  const upload = await begin(tools, order);
  try {
    const parts = await sendParts(tools, order, upload);
    checkWhole(order, parts);
    return await complete(tools, order, { upload, parts });
  } catch (thrown) {
    await takeBack(tools, order.key, upload.id);
    throw thrown;
  }
}

async function begin(tools: PutTools, { key, options }: PutOrder): Promise<Upload> {
  const { settings, requests, observe, learned } = tools;
  const asks = options.crc32c !== undefined && !learned.withoutChecksums;
  const operation = 'CreateMultipartUpload';
  const answer = await told(observe, { class: 'write', operation }, () => {
    const command = new CreateMultipartUploadCommand({
      Bucket: settings.bucket,
      Key: key,
      ...(asks ? { ChecksumAlgorithm: 'CRC32C', ChecksumType: 'FULL_OBJECT' } : {}),
    });
    const call = { operation, key, headers: settings.headers.ofPuts, signal: options.signal };
    return learning(tools, asks, requests.send(command, call));
  });
  if (answer.UploadId === undefined) {
    throw new VarveError(
      'store_unavailable',
      `${operation} of ${key}: the answer has no upload id`,
    );
  }
  return {
    id: answer.UploadId,
    checksParts: asks && answer.ChecksumAlgorithm === 'CRC32C',
    checksWhole: asks && answer.ChecksumType === 'FULL_OBJECT',
  };
}

/** Sends all parts; on a failure of one the others are cut off, and it is thrown. */
async function sendParts(
  tools: PutTools,
  order: PutOrder,
  upload: Upload,
): Promise<readonly SentPart[]> {
  const { sizeBytes } = order.source;
  const partBytes = partSizeOf(sizeBytes, tools.settings.partSizeBytes);
  const sent = new Array<SentPart>(Math.ceil(sizeBytes / partBytes));
  const ending = new AbortController();
  const { signal } = order.options;
  const onSignal = () => ending.abort(signal?.reason);
  signal?.addEventListener('abort', onSignal, { once: true });
  let next = 0;
  const sendSome = async () => {
    while (next < sent.length && !ending.signal.aborted) {
      const index = next++;
      const place = { index, offset: index * partBytes, signal: ending.signal };
      try {
        sent[index] = await sendPart(tools, order, { upload, partBytes, ...place });
      } catch (thrown) {
        if (!ending.signal.aborted) ending.abort(thrown);
      }
    }
  };
  try {
    // None is left running: a part that arrives after the abort would stay.
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendSome));
  } finally {
    signal?.removeEventListener('abort', onSignal);
  }
  ending.signal.throwIfAborted();
  return sent;
}

interface PartPlace {
  readonly upload: Upload;
  readonly partBytes: number;
  readonly index: number;
  readonly offset: number;
  readonly signal: AbortSignal;
}

async function sendPart(tools: PutTools, order: PutOrder, place: PartPlace): Promise<SentPart> {
  const { settings, requests, observe } = tools;
  const { key, source, options } = order;
  const { upload, offset, signal } = place;
  const sizeBytes = Math.min(place.partBytes, source.sizeBytes - offset);
  const part = { source, offset, sizeBytes };
  const always = options.crc32c !== undefined;
  const { crc32c, headers } = await checkedPart(tools, part, { signal, always });
  const operation = 'UploadPart';
  const answer = await told(observe, { class: 'write', operation }, (moved) => {
    const body = bodyOf(part, crc32c, (pieceBytes) => {
      moved.sentBytes += pieceBytes;
    });
    const command = new UploadPartCommand({
      Bucket: settings.bucket,
      Key: key,
      UploadId: upload.id,
      PartNumber: place.index + 1,
      Body: body ?? '',
      ContentLength: sizeBytes,
    });
    const checksum = upload.checksParts ? checksumHeader(crc32c) : [];
    const all = [...settings.headers.ofKeys, ...headers, ...checksum];
    return requests.send(command, { operation, key, headers: all, signal, ...withBody(body) });
  });
  return { tag: answer.ETag, crc32c, sizeBytes };
}

function checkWhole({ key, options }: PutOrder, parts: readonly SentPart[]): void {
  if (options.crc32c === undefined) return;
  let whole = 0;
  for (const { crc32c = 0, sizeBytes } of parts) whole = combineCrc32c(whole, crc32c, sizeBytes);
  if (whole === options.crc32c) return;
  throw new VarveError('damaged_object', `${key}: the source has another CRC32C than said`);
}

function complete(
  { settings, requests, observe }: PutTools,
  { key, options }: PutOrder,
  { upload, parts }: { readonly upload: Upload; readonly parts: readonly SentPart[] },
): Promise<SaidChecksum> {
  const operation = 'CompleteMultipartUpload';
  const listed = parts.map(({ tag, crc32c }, index) => ({
    PartNumber: index + 1,
    ETag: tag,
    ...(upload.checksParts && crc32c !== undefined ? { ChecksumCRC32C: crc32cText(crc32c) } : {}),
  }));
  const whole =
    upload.checksWhole && options.crc32c !== undefined
      ? ({ ChecksumCRC32C: crc32cText(options.crc32c), ChecksumType: 'FULL_OBJECT' } as const)
      : {};
  return told(observe, { class: 'write', operation }, () => {
    const command = new CompleteMultipartUploadCommand({
      Bucket: settings.bucket,
      Key: key,
      UploadId: upload.id,
      MultipartUpload: { Parts: listed },
      ...whole,
    });
    const headers = [...settings.headers.ofKeys, ...conditionHeaders(options)];
    const call = { operation, key, headers, signal: options.signal };
    return requests.send(command, { ...call, conditional: isConditional(options) });
  });
}
