// Does the bucket hold what the disk holds? By the store's own checksum of the whole object where
// it keeps one, else by reading it back: one request for each object that was put.

import { crc32c } from '../base/bytes/crc32c.ts';
import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Bucket, CallOptions } from './bucket.ts';
import type { VerifiedBy } from './upload-log.ts';

/** What an object must be. */
export interface WantedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly crc32c: number;
}

/**
 * After a put. Its answer is not taken for proof: what a store says it did and what it gives back
 * are asked apart. The answer tells only whether the store keeps a checksum (`keepsChecksum`).
 * Errors: `damaged_object` when something else is there, or nothing; the bucket's own.
 */
export async function verifyPut(
  bucket: Bucket,
  wanted: WantedObject,
  { keepsChecksum, ...call }: CallOptions & { readonly keepsChecksum: boolean },
): Promise<VerifiedBy> {
  const fault = keepsChecksum
    ? await faultByAttributes(bucket, wanted, call)
    : { fault: await faultByReading(bucket, wanted, call), verifiedBy: 'read back' as const };
  if (fault.fault === undefined) return fault.verifiedBy;
  throw new VarveError('damaged_object', `${wanted.key} in ${bucket.name} ${fault.fault}`);
}

/**
 * Of an object that a listing showed: how it was verified, or undefined when it is another. The
 * attributes are asked for first in any case: whoever put it may have been killed before its name
 * was durable, and they are told of durable ones only (see the adapters).
 */
export async function verifyFound(
  bucket: Bucket,
  wanted: WantedObject,
  call: CallOptions,
): Promise<VerifiedBy | undefined> {
  const { fault, verifiedBy } = await faultByAttributes(bucket, wanted, call);
  return fault === undefined ? verifiedBy : undefined;
}

interface Look {
  /** Undefined when the object is as it must be. */
  readonly fault: string | undefined;
  readonly verifiedBy: VerifiedBy;
}

async function faultByAttributes(
  bucket: Bucket,
  wanted: WantedObject,
  call: CallOptions,
): Promise<Look> {
  const verifiedBy = 'store checksum';
  try {
    const attributes = await bucket.attributes(wanted.key, call);
    if (attributes.sizeBytes !== wanted.sizeBytes)
      return { fault: sizes(attributes.sizeBytes, wanted), verifiedBy };
    if (attributes.crc32c === undefined)
      return { fault: await faultByReading(bucket, wanted, call), verifiedBy: 'read back' };
    return { fault: checksums(attributes.crc32c, wanted), verifiedBy };
  } catch (thrown) {
    return { fault: missing(thrown), verifiedBy };
  }
}

async function faultByReading(
  bucket: Bucket,
  wanted: WantedObject,
  call: CallOptions,
): Promise<string | undefined> {
  let crc = 0;
  let sizeBytes = 0;
  try {
    for await (const piece of bucket.get(wanted.key, undefined, call)) {
      crc = crc32c(piece, crc);
      sizeBytes += piece.length;
    }
  } catch (thrown) {
    return missing(thrown);
  }
  return sizeBytes === wanted.sizeBytes ? checksums(crc, wanted) : sizes(sizeBytes, wanted);
}

function sizes(found: number, { sizeBytes }: WantedObject): string | undefined {
  return `has ${found} bytes instead of ${sizeBytes}`;
}

function checksums(found: number, wanted: WantedObject): string | undefined {
  return found === wanted.crc32c ? undefined : 'has another CRC32C than sent';
}

/** An object that is not there is a fault of it; everything else is the store's, and thrown on. */
function missing(thrown: unknown): string {
  if (asVarveError(thrown).code !== 'not_found') throw thrown;
  return 'is not there';
}
