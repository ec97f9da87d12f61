import { expect, it } from 'vitest';
import { cutRecords, newestTimeMs, windowFrontiers } from '../../../src/block/cut-history.ts';
import type { BlockMeta } from '../../../src/block/meta/format.ts';

function meta(minTimeMs: number, maxTimeMs: number, segment?: number): BlockMeta {
  const wal = segment === undefined ? undefined : { segment, offset: 1 };
  const compaction = { hints: [] };
  const thanos = { varve: { wal, files: [] } };
  return { minTimeMs, maxTimeMs, compaction, thanos } as unknown as BlockMeta;
}

it('blocks that were not cut here cover nothing of the log', () => {
  expect(cutRecords([meta(0, 10), meta(10, 20, 3)])).toEqual([
    { minTimeMs: 10, maxTimeMs: 20, position: { segment: 3, offset: 1 } },
  ]);
});

it('a window has been cut up to the end of the block that reaches farthest into it', () => {
  const frontiers = windowFrontiers([meta(10, 13), meta(10, 17), meta(12, 15), meta(-5, 0)], 10);
  expect(frontiers).toEqual([
    { windowStartMs: -10, frontierMs: 0 },
    { windowStartMs: 10, frontierMs: 17 },
  ]);
});

it('a large block has cut every window that it spans, the last one in part', () => {
  expect(windowFrontiers([meta(20, 45)], 10)).toEqual([
    { windowStartMs: 20, frontierMs: 30 },
    { windowStartMs: 30, frontierMs: 40 },
    { windowStartMs: 40, frontierMs: 45 },
  ]);
});

it('a block of late samples alone has cut no window', () => {
  const late = { ...meta(10, 20), compaction: { hints: ['from-out-of-order'] } } as never;
  expect(windowFrontiers([late, meta(10, 13)], 10)).toEqual([
    { windowStartMs: 10, frontierMs: 13 },
  ]);
});

it('the newest sample of blocks is the one before the last end', () => {
  expect(newestTimeMs([meta(20, 45), meta(0, 10)])).toBe(44);
  expect(newestTimeMs([])).toBe(Number.NEGATIVE_INFINITY);
});
