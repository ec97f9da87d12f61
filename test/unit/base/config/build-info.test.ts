import { describe, expect, test } from 'vitest';
import { readBuildInfo, versionText } from '../../../../src/base/config/build-info.ts';

const at = (files: Record<string, string>) => readBuildInfo('/app/dist/src', (path) => files[path]);
const PACKAGE = { '/app/package.json': '{"version": "1.2.3"}' };

describe('what is known of the build', () => {
  test('a checkout on a branch', () => {
    const files = {
      ...PACKAGE,
      '/app/.git/HEAD': 'ref: refs/heads/a/b\n',
      '/app/.git/refs/heads/a/b': 'abc\n',
    };
    expect(at(files)).toMatchObject({ version: '1.2.3', branch: 'a/b', revision: 'abc' });
  });

  test('a checkout whose references are packed, or that stands at a revision', () => {
    const packed = '# pack-refs\nabc refs/heads/main\ndef refs/heads/other\n';
    const files = {
      ...PACKAGE,
      '/app/.git/HEAD': 'ref: refs/heads/main',
      '/app/.git/packed-refs': packed,
    };
    expect(at(files)).toMatchObject({ branch: 'main', revision: 'abc' });
    expect(at({ ...PACKAGE, '/app/.git/HEAD': 'f00' })).toMatchObject({
      branch: 'HEAD',
      revision: 'f00',
    });
  });

  test('an image with build-info.json', () => {
    const built = '{"revision": "abc", "branch": "release", "buildDate": "20260101-00:00:00"}';
    expect(at({ ...PACKAGE, '/app/build-info.json': built })).toMatchObject({
      revision: 'abc',
      branch: 'release',
      buildDate: '20260101-00:00:00',
      buildUser: 'unknown',
    });
  });

  test.each([{}, { '/app/package.json': 'null' }, { '/app/package.json': '{' }])(
    'nothing known: %j',
    (files) => expect(at(files)).toMatchObject({ version: 'unknown', revision: 'unknown' }),
  );
});

test("the version is printed as Prometheus's programs do", () => {
  const text = versionText(at(PACKAGE), { version: 'v20.20.2', platform: 'linux/x64' });
  expect(text.split('\n').at(0)).toBe('varve, version 1.2.3 (branch: unknown, revision: unknown)');
});
