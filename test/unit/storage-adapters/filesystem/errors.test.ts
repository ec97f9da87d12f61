import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { asStoreError } from '../../../../storage-adapters/filesystem/errors.ts';

test.each([
  ['disk_failed', false, 'store_unavailable'],
  ['disk_full', false, 'disk_full'],
  ['already_exists', true, 'already_exists'],
  ['already_exists', false, 'store_unavailable'], // a file where a directory must be
] as const)(
  '%s of the disk, conditional %s, is %s of the bucket',
  (code, conditional, expected) => {
    const what = { doing: 'storing /b/x', conditional };
    const error = asStoreError(new VarveError(code, 'why'), what);
    expect(error).toMatchObject({ code: expected, message: 'storing /b/x: why' });
  },
);
