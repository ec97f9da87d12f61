// A file of a block into the bucket, and then a look whether it is there as it was sent.

import type { Bucket, CallOptions, PutSource } from './bucket.ts';
import { verifyPut } from './verify-object.ts';

/** What is sent. */
export interface ObjectToPut {
  readonly key: string;
  readonly source: PutSource;
  readonly crc32c: number;
}

/** Errors: `damaged_object` when the bucket does not give back what it took; the bucket's own. */
export async function putVerified(
  bucket: Bucket,
  { key, source, crc32c }: ObjectToPut,
  call: CallOptions,
): Promise<void> {
  const answer = await bucket.put(key, source, { ...call, crc32c });
  const wanted = { key, sizeBytes: source.sizeBytes, crc32c };
  const keepsChecksum = answer.crc32c !== undefined;
  await verifyPut(bucket, wanted, { ...call, keepsChecksum });
}
