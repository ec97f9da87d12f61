// What a key may be: the same for every store, so that a bucket can be copied into any other.

import { VarveError } from '../src/base/errors/varve-error.ts';

/**
 * Refuses a key that is empty, holds NUL, or has an empty, `.` or `..` part: a directory would
 * escape by it, and some stores fold such keys into others.
 * @throws VarveError `bad_parameter`
 */
export function checkKey(key: string): void {
  const bad = (part: string) => part === '' || part === '.' || part === '..';
  if (key.split('/').some(bad) || key.includes('\0')) {
    throw new VarveError('bad_parameter', `not an object key: ${JSON.stringify(key)}`);
  }
}
