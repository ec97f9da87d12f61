// A meta.json that a store holds wrong, taken out of the bucket again: whoever lists it would take
// the block for whole, and it would be in the way of the next try.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Bucket, CallOptions } from './bucket.ts';
import { blockKey, META_FILE } from './layout.ts';

/**
 * After a put of the block's meta.json that failed: takes away what came over damaged. Throws
 * `damaged_object` when it cannot be; what else had failed is left as it is.
 */
export async function takeMetaAway(
  bucket: Bucket,
  ulid: string,
  { failure, call }: { readonly failure: unknown; readonly call: CallOptions },
): Promise<void> {
  const { code, message } = asVarveError(failure);
  if (code !== 'damaged_object') return;
  try {
    await bucket.delete(blockKey(ulid, META_FILE), call);
  } catch (thrown) {
    const text = `${message}; it could not be taken away: ${asVarveError(thrown).message}`;
    throw new VarveError('damaged_object', text, { cause: thrown });
  }
}
