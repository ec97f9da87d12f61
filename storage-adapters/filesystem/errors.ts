// What a local file system says, as what the caller of a bucket must do about it.

import { asVarveError, VarveError } from '../../src/base/errors/varve-error.ts';

/**
 * A failure of the directory that holds the bucket. A full disk stays `disk_full`, conditions stay
 * conflicts; a disk that fails is a store that did not answer.
 */
export function asStoreError(thrown: unknown, doing: string): VarveError {
  const error = asVarveError(thrown);
  const code = error.code === 'disk_failed' ? 'store_unavailable' : error.code;
  return new VarveError(code, `${doing}: ${error.message}`, { cause: thrown });
}
