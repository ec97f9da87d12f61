// Sets marks beside blocks and takes them away.
//
// Invariant: a mark that is there stays as it is. The time of a deletion mark is what a deletion
// waits for, so marking twice never moves it; whoever comes second learns that there is one.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Bucket, CallOptions } from '../bucket.ts';
import { blockKey } from '../layout.ts';
import { bytesSource } from '../put-sources.ts';
import { type Mark, printMark } from './format.ts';

/** What a store that takes no conditions is asked instead. */
export interface SetMarkOptions extends CallOptions {
  /**
   * False for a store without conditional writes (compact/lease/probe.ts): then it is looked first,
   * which is right as long as nobody else writes there.
   */
  readonly isConditional: boolean;
}

/**
 * Sets the mark in the file `name` (as in layout.ts) of the block that it names.
 * @returns `there`: the block had such a mark already, which stays
 */
export async function setMark(
  bucket: Bucket,
  { name, mark }: { readonly name: string; readonly mark: Mark },
  options: SetMarkOptions,
): Promise<'set' | 'there'> {
  const { isConditional, ...call } = options;
  const key = blockKey(mark.ulid, name);
  if (!isConditional && (await bucket.exists(key, call))) return 'there';
  try {
    const condition = isConditional ? { ifAbsent: true } : {};
    await bucket.put(key, bytesSource(printMark(mark, name)), { ...call, ...condition });
    return 'set';
  } catch (thrown) {
    if (asVarveError(thrown).code !== 'already_exists') throw thrown;
    return 'there';
  }
}

/** Takes a mark away; false when there was none. */
export async function removeMark(
  bucket: Bucket,
  { ulid, name }: { readonly ulid: string; readonly name: string },
  options?: CallOptions,
): Promise<boolean> {
  const key = blockKey(ulid, name);
  const isThere = await bucket.exists(key, options);
  if (isThere) await bucket.delete(key, options);
  return isThere;
}
