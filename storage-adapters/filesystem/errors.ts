// What a local file system says, as what the caller of a bucket must do about it.

import { asVarveError, VarveError } from '../../src/base/errors/varve-error.ts';

/**
 * A failure of the directory that holds the bucket. A full disk stays `disk_full`; a condition that
 * does not hold stays a conflict, but only where one was set: otherwise a file stands where a
 * directory must be, and that is, like a disk that fails, a store that did not do as it was told.
 */
export function asStoreError(
  thrown: unknown,
  what: { readonly doing: string; readonly conditional: boolean },
): VarveError {
  const error = asVarveError(thrown);
  const { doing, conditional } = what;
  const answered = error.code === 'already_exists' && conditional;
  const broken = ['disk_failed', 'already_exists'].includes(error.code);
  const code = broken && !answered ? 'store_unavailable' : error.code;
  return new VarveError(code, `${doing}: ${error.message}`, { cause: thrown });
}
