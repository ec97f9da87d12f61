// A meta.json that a store holds wrong: whoever lists it would take the block for whole. It is
// written over, and only when that does not help taken out of the bucket again: a delete that the
// store carries out late, after it has said that it is done, would take the next meta.json with it.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Bucket, CallOptions } from './bucket.ts';
import { blockKey, META_FILE } from './layout.ts';

/** So often it is written before it is taken away. */
const TRIES = 5;

/**
 * Brings a block's meta.json into the bucket. Throws what `send` throws, at the end of all tries.
 * @param send puts it and looks whether it came over; `damaged_object` when it did not
 * @param onDamaged told of each that did not, before the next try
 */
export async function bringMeta(
  bucket: Bucket,
  ulid: string,
  {
    call,
    onDamaged,
    send,
  }: {
    readonly send: () => Promise<void>;
    readonly call: CallOptions;
    readonly onDamaged?: ((failure: VarveError) => void) | undefined;
  },
): Promise<void> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await send();
    } catch (failure) {
      const error = asVarveError(failure);
      if (left > 0 && error.code === 'damaged_object') {
        onDamaged?.(error);
        continue;
      }
      await takeMetaAway(bucket, ulid, { failure, call });
      throw failure;
    }
  }
}

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
