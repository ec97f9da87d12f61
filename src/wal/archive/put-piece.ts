// One piece into the bucket, and whether it is there as it was sent.
//
// Invariant: a put's answer is no proof. Only a piece that was looked at afterwards counts as sent;
// behind it older pieces go, and with them what it would have to stand for.

import { asVarveError, type VarveError } from '../../base/errors/varve-error.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { Bucket } from '../../bucket/bucket.ts';
import type { WantedObject } from '../../bucket/verify-object.ts';
import type { PieceHeader } from './format.ts';
import type { WholePiece } from './piece-source.ts';
import { readPieceHeader } from './small-object.ts';

/**
 * Does the bucket hold this object? Throws `damaged_object` when it does not. Asked after a put,
 * whose answer tells whether the store keeps checksums; who wires the archiver supplies it.
 */
export type VerifyPut = (
  bucket: Bucket,
  wanted: WantedObject,
  after: { readonly keepsChecksum: boolean },
) => Promise<unknown>;

/** `taken`: another object has the key. `damaged`: the store holds other bytes under it. */
export type PutOutcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'damaged'; readonly error: VarveError };

/** Puts and verifies; throws what the store throws else. */
export async function putPiece(
  { bucket, verifyPut }: { readonly bucket: Bucket; readonly verifyPut: VerifyPut },
  key: string,
  { crc32c, source }: WholePiece,
): Promise<PutOutcome> {
  let keepsChecksum: boolean;
  try {
    const answer = await bucket.put(key, source, { ifAbsent: true, crc32c });
    keepsChecksum = answer.crc32c !== undefined;
  } catch (thrown) {
    if (asVarveError(thrown).code !== 'already_exists') throw thrown;
    return { kind: 'taken' };
  }
  try {
    await verifyPut(bucket, { key, sizeBytes: source.sizeBytes, crc32c }, { keepsChecksum });
    return { kind: 'stored' };
  } catch (thrown) {
    const error = asVarveError(thrown);
    if (error.code !== 'damaged_object') throw thrown;
    return { kind: 'damaged', error };
  }
}

/**
 * What the piece says of itself that has the key of the next one. Undefined for one that is
 * damaged: nobody can say whose it is, and it stays.
 */
export async function headerInPlace(
  { bucket, logger }: { readonly bucket: Bucket; readonly logger: Logger },
  key: string,
): Promise<PieceHeader | undefined> {
  try {
    return await readPieceHeader(bucket, key);
  } catch (thrown) {
    const error = asVarveError(thrown);
    if (error.kind !== 'damaged') throw error;
    const message = 'a damaged piece stands where the next one should go; it is passed over';
    logger.error(message, { key, error: error.message });
    return undefined;
  }
}
