import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { asStoreError } from '../../../../storage-adapters/filesystem/errors.ts';

test.each([
  ['disk_failed', 'store_unavailable'],
  ['disk_full', 'disk_full'],
  ['already_exists', 'already_exists'],
] as const)('%s of the disk is %s of the bucket, and what was done is said', (code, expected) => {
  const error = asStoreError(new VarveError(code, 'why'), 'storing /b/x');
  expect(error).toMatchObject({ code: expected, message: 'storing /b/x: why' });
});
