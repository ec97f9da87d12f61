import { expect, it } from 'vitest';
import {
  cutRecords,
  newestTimeMs,
  positionedBlocks,
  windowFrontiers,
} from '../../../src/block/cut-history.ts';
import type { BlockMeta, WalNote } from '../../../src/block/meta/format.ts';

function meta(minTimeMs: number, maxTimeMs: number, wal?: WalNote): BlockMeta {
  const compaction = { level: 1, sources: ['A'], hints: [] };
  const thanos = { resolutionMs: 0, varve: { wal, files: [] } };
  return { ulid: 'A', minTimeMs, maxTimeMs, compaction, thanos } as unknown as BlockMeta;
}

const NOTE: WalNote = { segment: 3, offset: 1 };
const RECORD = {
  ulid: 'A',
  minTimeMs: 10,
  maxTimeMs: 20,
  position: { segment: 3, offset: 1 },
  checkpoint: undefined,
  earlier: undefined,
};

it('blocks that were not cut here cover nothing of the log', () => {
  expect(cutRecords([meta(0, 10), meta(10, 20, NOTE)], 'ours')).toEqual([RECORD]);
});

it('nor do those that were cut from another log; one that names none may be of this one', () => {
  const ours = meta(10, 20, { ...NOTE, log: 'ours' });
  const others = meta(10, 20, { ...NOTE, log: 'theirs' });
  expect(cutRecords([ours, others], 'ours')).toEqual([RECORD]);
  expect(cutRecords([ours, others, meta(10, 20, NOTE)], undefined)).toEqual([RECORD]);
  expect(positionedBlocks([ours, others])).toHaveLength(2);
});

it('a merged or a downsampled block covers nothing, whatever note was handed on to it', () => {
  const block = meta(10, 20, NOTE);
  const compaction = { ...block.compaction, sources: ['A', 'B'] };
  const thanos = { ...block.thanos, resolutionMs: 300_000 } as BlockMeta['thanos'];
  const merged = { ...block, compaction };
  const again = { ...block, compaction: { ...block.compaction, level: 2 } };
  expect(cutRecords([merged, again, { ...block, thanos }], 'ours')).toEqual([]);
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
