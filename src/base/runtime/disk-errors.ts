// What the operating system's errors mean to Varve: the one table from errno to VarveError.
// A full disk and a failing disk are `not_now`, so that a sender keeps its samples and retries.

import type { ErrorCode } from '../errors/catalogue.ts';
import { VarveError } from '../errors/varve-error.ts';

/** Errors not listed here are `disk_failed`: the disk did not do as it was told. */
const CODE_BY_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found', // a file stands where the path wants a directory
  EEXIST: 'already_exists',
  ENOTEMPTY: 'already_exists',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EFBIG: 'disk_full', // over RLIMIT_FSIZE or the file system's largest file
  EIO: 'disk_failed',
  EROFS: 'disk_failed',
  EMFILE: 'disk_failed', // this process has too many files open
  ENFILE: 'disk_failed', // the machine has
  ENOMEM: 'disk_failed',
  EACCES: 'disk_failed',
  EPERM: 'disk_failed',
  EBUSY: 'disk_failed',
  EISDIR: 'disk_failed',
  ELOOP: 'disk_failed',
  ENAMETOOLONG: 'disk_failed',
  ESTALE: 'disk_failed',
  ETXTBSY: 'disk_failed',
  EBADF: 'disk_failed', // used after close
};

/**
 * The VarveError for what a call of the file system threw.
 * @param operation what was tried, as a verb: 'write', 'sync', 'open'
 * @param path the file it was tried on; stands in the message, with the system's error name
 */
export function diskError(operation: string, path: string, thrown: unknown): VarveError {
  if (thrown instanceof VarveError) return thrown;
  const errno = errnoOf(thrown);
  const code = CODE_BY_ERRNO[errno] ?? 'disk_failed';
  return new VarveError(code, `cannot ${operation} ${path}: ${errno}`, { cause: thrown });
}

/** The error for a write that took fewer bytes than it was given, and then no more. */
export function shortWriteError(path: string, written: number, wanted: number): VarveError {
  return new VarveError(
    'disk_full',
    `cannot write ${path}: only ${written} of ${wanted} bytes were taken, the disk is full`,
  );
}

/** True for the error of a path with nothing at it. */
export function isNotFound(thrown: unknown): boolean {
  if (thrown instanceof VarveError) return thrown.code === 'not_found';
  return CODE_BY_ERRNO[errnoOf(thrown)] === 'not_found';
}

function errnoOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown) {
    if (typeof thrown.code === 'string') return thrown.code;
  }
  return thrown instanceof Error ? thrown.message : 'unknown error';
}
