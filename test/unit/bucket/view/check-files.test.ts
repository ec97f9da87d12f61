import { expect, it } from 'vitest';
import { wrongWithFiles } from '../../../../src/bucket/view/check-files.ts';
import type { MetaRecord, NamedFile } from '../../../../src/bucket/view/meta-record.ts';
import { ULIDS } from '../../../support/bucket-world.ts';

const [A] = ULIDS;

function listing(files: Record<string, number>, moreFiles = 0) {
  const stored = Object.entries(files).map(([name, sizeBytes]) => ({
    name,
    sizeBytes,
    modifiedMs: 0,
  }));
  return { ulid: A, files: stored, moreFiles };
}

function record(files: Record<string, number | undefined>, numChunks = 1): MetaRecord {
  const named: NamedFile[] = Object.entries(files).map(([name, sizeBytes]) => ({
    name,
    sizeBytes,
  }));
  const facts = { numChunks } as MetaRecord['facts'];
  return { facts, files: named };
}

const WHOLE = { 'chunks/000001': 5, 'chunks/000002': 6, index: 7, 'meta.json': 1 };
const NAMED = { 'chunks/000001': 5, 'chunks/000002': 6, index: 7 };

it.each<[string, ReturnType<typeof listing>, MetaRecord, RegExp | undefined]>([
  ['all there', listing(WHOLE), record(NAMED), undefined],
  [
    'files that nobody named',
    listing({ ...NAMED, tombstones: 9, 'z.json': 1 }),
    record(NAMED),
    undefined,
  ],
  ['without sizes', listing(WHOLE), record({ 'chunks/000001': undefined }), undefined],
  [
    'the first is missing',
    listing({ 'chunks/000002': 6, index: 7 }),
    record(NAMED),
    /chunks\/000001 is missing$/,
  ],
  [
    'the last is missing',
    listing({ 'chunks/000001': 5, 'chunks/000002': 6 }),
    record(NAMED),
    /index is missing/,
  ],
  [
    'two are wrong',
    listing({ ...WHOLE, 'chunks/000001': 4, index: 8 }),
    record(NAMED),
    /000001 has 4 bytes, meta.json says 5, and 1 more of its files/,
  ],
  ['nothing named', listing({ 'chunks/000001': 1, index: 1 }), record({}), undefined],
  ['nothing named, no chunks', listing({ index: 1 }), record({}), /no file of chunks/],
  ['nothing named, and no chunks wanted', listing({ index: 1 }), record({}, 0), undefined],
  ['nothing named, no index', listing({ 'chunks/000001': 1 }), record({}), /index is missing/],
  ['too many files', listing(WHOLE, 3), record(NAMED), /has 7 files/],
])('%s', (_, files, named, says) => {
  const wrong = wrongWithFiles(files, named);
  if (says === undefined) expect(wrong).toBeUndefined();
  else expect(wrong).toMatch(says);
});
