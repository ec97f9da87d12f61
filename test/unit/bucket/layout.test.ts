import { expect, it } from 'vitest';
import { blockKey, blockOfKey, blockPrefix } from '../../../src/bucket/layout.ts';

const ULID = '01M832KAJWMK22126GMWCXRFNM';

it('a block is a folder named by its ULID, and only such a folder is a block', () => {
  expect(blockKey(ULID, 'chunks/000001')).toBe(`${ULID}/chunks/000001`);
  expect(blockPrefix(ULID)).toBe(`${ULID}/`);
  for (const key of [ULID, `${ULID}/`, `${ULID}/meta.json`]) expect(blockOfKey(key)).toBe(ULID);
  for (const key of ['', 'varve/x', `x/${ULID}`, `${ULID}X/a`, ULID.toLowerCase()]) {
    expect(blockOfKey(key)).toBeUndefined();
  }
});
