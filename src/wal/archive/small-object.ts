// Small objects of an archive: claims, and the header of a piece without the rest of it.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import type { Bucket, BucketReader, PutSource } from '../../bucket/bucket.ts';
import { archiveClaimKey } from '../../bucket/layout.ts';
import {
  type Claim,
  type PieceHeader,
  PREAMBLE_BYTES,
  parseClaim,
  parseHeader,
  parsePreamble,
  printClaim,
} from './format.ts';

const CLAIM_BYTES_MAX = 64 * 1024;

/** The claim of an epoch; `not_found` when nobody has claimed it. */
export async function readClaim(bucket: BucketReader, name: string, epoch: number): Promise<Claim> {
  const key = archiveClaimKey(name, epoch);
  return parseClaim(await collect(bucket.get(key), CLAIM_BYTES_MAX, key), key);
}

/**
 * Claims an epoch, and returns whose it is: the claim that was put, or the one that was there. An
 * answer that was lost is nothing special: the claim is there then, and is ours.
 */
export async function putClaim(
  bucket: Bucket,
  at: { readonly name: string; readonly epoch: number },
  claim: Claim,
): Promise<Claim> {
  const bytes = printClaim(claim);
  const source: PutSource = {
    sizeBytes: bytes.length,
    async *read(offset, length) {
      yield bytes.subarray(offset, offset + length);
    },
  };
  try {
    await bucket.put(archiveClaimKey(at.name, at.epoch), source, { ifAbsent: true });
    return claim;
  } catch (thrown) {
    if (asVarveError(thrown).code !== 'already_exists') throw thrown;
    return readClaim(bucket, at.name, at.epoch);
  }
}

/** What a piece says of itself. Throws `damaged_object`, `not_found`, what the store throws. */
export async function readPieceHeader(bucket: BucketReader, key: string): Promise<PieceHeader> {
  const first = { offset: 0, length: PREAMBLE_BYTES };
  const preamble = await collect(bucket.get(key, first), PREAMBLE_BYTES, key);
  const { crc, headerBytes } = parsePreamble(preamble, key);
  const rest = { offset: PREAMBLE_BYTES, length: Math.max(1, headerBytes) };
  return parseHeader(await collect(bucket.get(key, rest), headerBytes, key), crc, key);
}
