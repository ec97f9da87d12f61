import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { diskError, isNotFound } from '../../../../src/base/runtime/disk-errors.ts';

const thrown = (code: string): Error => Object.assign(new Error(`${code}: text`), { code });

describe('diskError', () => {
  it.each([
    ['ENOENT', 'not_found', 'not_found'],
    ['ENOTDIR', 'not_found', 'not_found'],
    ['EEXIST', 'already_exists', 'conflict'],
    ['ENOSPC', 'disk_full', 'not_now'],
    ['EDQUOT', 'disk_full', 'not_now'],
    ['EIO', 'disk_failed', 'not_now'],
    ['EROFS', 'disk_failed', 'not_now'],
    ['EMFILE', 'disk_failed', 'not_now'],
    ['EACCES', 'disk_failed', 'not_now'],
    ['ESOMETHING', 'disk_failed', 'not_now'],
  ])('%s is %s', (errno, code, kind) => {
    const error = diskError('write', '/data/wal/00000001', thrown(errno));
    expect(error).toMatchObject({ code, kind });
    expect(error.message).toBe(`cannot write /data/wal/00000001: ${errno}`);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('leaves a VarveError as it is, and takes what is no Error at all', () => {
    const error = new VarveError('disk_full', 'x');
    expect(diskError('write', '/a', error)).toBe(error);
    expect(diskError('write', '/a', 'odd').code).toBe('disk_failed');
  });

  it('knows the error of a missing path', () => {
    expect(isNotFound(thrown('ENOENT'))).toBe(true);
    expect(isNotFound(new VarveError('not_found', 'x'))).toBe(true);
    expect(isNotFound(thrown('EIO'))).toBe(false);
  });
});
