import { expect, it } from 'vitest';
import {
  archiveClaimKey,
  archivePieceKey,
  blockKey,
  blockOfKey,
  blockPrefix,
  isArchiveName,
  parseArchiveKey,
} from '../../../src/bucket/layout.ts';

const ULID = '01M832KAJWMK22126GMWCXRFNM';

it('a block is a folder named by its ULID, and only such a folder is a block', () => {
  expect(blockKey(ULID, 'chunks/000001')).toBe(`${ULID}/chunks/000001`);
  expect(blockPrefix(ULID)).toBe(`${ULID}/`);
  for (const key of [ULID, `${ULID}/`, `${ULID}/meta.json`]) expect(blockOfKey(key)).toBe(ULID);
  for (const key of ['', 'varve/x', `x/${ULID}`, `${ULID}X/a`, ULID.toLowerCase()]) {
    expect(blockOfKey(key)).toBeUndefined();
  }
});

it('the keys of a WAL archive come back as they were, and nothing else is one', () => {
  expect(archivePieceKey('g-1', 2, 3)).toBe('varve/wal/g-1/00000002/000000000003');
  expect(parseArchiveKey(archivePieceKey('g-1', 2, 3))).toEqual({
    name: 'g-1',
    epoch: 2,
    sequence: 3,
  });
  expect(parseArchiveKey(archiveClaimKey('g', 2))).toEqual({
    name: 'g',
    epoch: 2,
    sequence: undefined,
  });
  for (const key of ['varve/wal/g/2/3', 'varve/wal/.g/00000002/claim.json', 'varve/wal/g/x'])
    expect(parseArchiveKey(key)).toBeUndefined();
  expect(isArchiveName('meta.json')).toBe(false);
});
