import { expect, it } from 'vitest';
import {
  coverageOfOrigin,
  coversLate,
  type Origin,
  parseOrigin,
  printOrigin,
  readOrigin,
  writeOrigin,
} from '../../../src/wal/origin.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const origin: Origin = {
  firstSegment: 8,
  coveredBeforeMs: 1000,
  lateCovered: [{ minTimeMs: 1000, maxTimeMs: 2000 }],
  hasDeletions: true,
};

it('is read back as it was written, durably', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/t');
  expect(readOrigin(disk, '/t')).toBeUndefined();
  writeOrigin(disk, '/t', origin);
  expect(readOrigin(disk.crash(), '/t')).toEqual(origin);
  const fresh = { ...origin, coveredBeforeMs: -Infinity, lateCovered: [], hasDeletions: false };
  expect(parseOrigin(printOrigin(fresh), 'f')).toEqual(fresh);
});

const GOOD = Buffer.from(printOrigin(origin)).toString();

it.each([
  ['cut off', GOOD.slice(0, 40)],
  ['empty', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['no UTF-8', '\xff'],
  ['of another version', GOOD.replace('1,', '2,')],
  ['with a negative segment', GOOD.replace('8', '-8')],
  ['with half a segment', GOOD.replace('8', '8.5')],
  ['with a time beyond 2^53', GOOD.replace('1000', '1e300')],
  ['with a time that is text', GOOD.replace('1000', '"1000"')],
  ['with a range of one end', GOOD.replace(/\[\s*1000,\s*2000/, '[1000')],
  ['with ranges that are none', GOOD.replace(/\[[^\]]*\]\s*\]/, '7')],
  ['silent about deletions', GOOD.replace('true', '1')],
])('one that is %s is damaged, and named', (_, text) => {
  expect(text).not.toBe(GOOD);
  const bytes = Buffer.from(text, 'latin1');
  expect(() => parseOrigin(bytes, '/t/origin.json')).toThrow(
    expect.objectContaining({ code: 'damaged_wal', message: expect.stringContaining('/t/origin') }),
  );
});

it('covers what was logged before the first own segment, and is older', () => {
  expect(coverageOfOrigin(origin)).toEqual([
    { minTimeMs: -Infinity, maxTimeMs: 1000, position: { segment: 8, offset: 0 } },
  ]);
  expect(coverageOfOrigin({ ...origin, coveredBeforeMs: -Infinity })).toEqual([]);
});

it('late samples are covered in the ranges of blocks of them, in foreign segments', () => {
  const covers = (segment: number, timeMs: number) =>
    coversLate(origin, { segment, offset: 5 }, timeMs);
  expect([covers(7, 1000), covers(7, 1999)]).toEqual([true, true]);
  expect([covers(7, 999), covers(7, 2000), covers(8, 1500)]).toEqual([false, false, false]);
});
