import { expect, it } from 'vitest';
import { foreignBlocks, isPartial } from '../../../src/block/foreign-blocks.ts';
import type { BlockMeta } from '../../../src/block/meta/format.ts';

function meta(minTimeMs: number, maxTimeMs: number, ...hints: string[]): BlockMeta {
  return { minTimeMs, maxTimeMs, compaction: { hints } } as unknown as BlockMeta;
}

const own = { ...meta(0, 900), thanos: { varve: { files: [] } } } as unknown as BlockMeta;

it('samples in order are in blocks up to the newest end of those that hold all of them', () => {
  const metas = [
    own,
    meta(0, 100),
    meta(100, 200),
    meta(200, 400, 'from-out-of-order'),
    meta(0, 500, 'from-stale-series'),
    meta(0, 600, 'from-selected-series'),
  ];
  expect(foreignBlocks(metas)).toEqual({
    count: 5,
    coveredBeforeMs: 200,
    late: [{ minTimeMs: 200, maxTimeMs: 400 }],
  });
});

it('without such a block nothing is', () => {
  expect(foreignBlocks([own])).toEqual({ count: 0, coveredBeforeMs: -Infinity, late: [] });
});

it('a hint that is not known says nothing against a block', () => {
  expect(isPartial(meta(0, 1, 'something-new'))).toBe(false);
});
