// Whether an object in the bucket is what a source gives: how a conditional put whose answer was
// lost finds out whether it was done.

import { createHash } from 'node:crypto';
import { asVarveError } from '../base/errors/varve-error.ts';
import type { Bucket, CallOptions, ObjectAttributes, PutSource } from './bucket.ts';

/** `same`: with the object's attributes. `gone`: there is no object any more. */
export type SameObject =
  | { readonly found: 'same'; readonly attributes: ObjectAttributes }
  | { readonly found: 'other' }
  | { readonly found: 'gone' };

/** Compares size, then all bytes (by SHA-256), of one and the same version. */
export async function isSameObject(
  bucket: Bucket,
  key: string,
  { source, options }: { readonly source: PutSource; readonly options: CallOptions },
): Promise<SameObject> {
  try {
    const attributes = await bucket.attributes(key, options);
    if (attributes.sizeBytes !== source.sizeBytes) return { found: 'other' };
    let version: string | undefined;
    const onVersion = (told: string): void => {
      version = told;
    };
    const stored = await digestOf(bucket.get(key, undefined, { ...options, onVersion }));
    const wanted = await digestOf(source.read(0, source.sizeBytes));
    const isSame = version === attributes.version && stored === wanted;
    return isSame ? { found: 'same', attributes } : { found: 'other' };
  } catch (thrown) {
    if (asVarveError(thrown).kind === 'not_found') return { found: 'gone' };
    throw thrown;
  }
}

async function digestOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
