// The planner's cases of Thanos (pkg/compact/planner_test.go) as facts: ranges in units of 1, blocks as
// [number, min time, max time]. What differs on purpose says so.

import { describe, expect, it } from 'vitest';
import type { ViewedBlock } from '../../../../src/bucket/block-view.ts';
import { highTimeMs, levelMerges } from '../../../../src/compact/plan/levels.ts';
import type { PlanOptions } from '../../../../src/compact/plan/options.ts';
import { timeItems } from '../../../../src/compact/plan/time-items.ts';
import { block, mark, planOf, ulidOf } from '../../../support/compact/plan-blocks.ts';

type Row = readonly [number: number, minTimeMs: number, maxTimeMs: number, indexBytes?: number];

const RANGES = [20, 60, 180, 540, 1620];

function blocksOf(rows: readonly Row[], noCompact: readonly number[] = []): ViewedBlock[] {
  return rows.map(([number, minTimeMs, maxTimeMs, indexBytes = 1]) =>
    block({
      ulid: ulidOf(0, number),
      minTimeMs,
      maxTimeMs,
      indexBytes,
      marks: {
        deletion: undefined,
        noCompact: noCompact.includes(number) ? mark(0, 'manual') : undefined,
        noDownsample: undefined,
      },
    }),
  );
}

function merges(blocks: readonly ViewedBlock[], more: Partial<PlanOptions> = {}) {
  const { jobs } = planOf(blocks, 10_000, { levelRangesMs: RANGES, ...more });
  const numbers = new Map(blocks.map(({ ulid }) => [ulid, parseInt(ulid.slice(-2), 32)]));
  return {
    merged: jobs.flatMap((job) =>
      job.kind === 'compact' ? [job.sources.map((ulid) => numbers.get(ulid))] : [],
    ),
    marked: jobs.flatMap((job) => (job.kind === 'mark' ? [numbers.get(job.ulid)] : [])),
  };
}

const CASES: readonly {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly noCompact?: readonly number[];
  readonly merged: readonly (readonly number[])[];
}[] = [
  { name: 'one block stays', rows: [[1, 0, 20]], merged: [] },
  {
    name: 'two of three stay',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
    ],
    merged: [],
  },
  {
    name: 'the newest of a full range is waited for',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
    ],
    merged: [],
  },
  {
    name: 'a full range and a newer block',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
      [4, 60, 80],
    ],
    merged: [[1, 2, 3]],
  },
  {
    name: 'a full range of the second level',
    rows: [
      [6, 0, 60],
      [7, 60, 120],
      [8, 120, 180],
      [9, 180, 200],
      [10, 200, 220],
    ],
    merged: [[6, 7, 8]],
  },
  {
    name: 'a gap, and only the newest block after it',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [4, 60, 80],
    ],
    merged: [],
  },
  {
    name: 'a gap that nothing will fill any more',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [4, 60, 80],
      [5, 80, 100],
    ],
    merged: [[1, 2]],
  },
  {
    name: 'blocks of two levels',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
      [4, 60, 120],
      [5, 120, 180],
    ],
    merged: [[1, 2, 3]],
  },
  {
    name: 'a gap in a range of the second level',
    rows: [
      [6, 0, 60],
      [8, 120, 180],
      [9, 180, 200],
      [10, 200, 220],
    ],
    merged: [[6, 8]],
  },
  {
    name: 'two ranges of the first level (Thanos plans the second one later)',
    rows: [
      [1, 180, 200],
      [2, 200, 220],
      [3, 220, 240],
      [4, 240, 260],
      [5, 260, 280],
      [6, 280, 300],
      [7, 0, 60],
      [8, 60, 120],
      [9, 120, 180],
      [10, 300, 320],
    ],
    merged: [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ],
  },
  {
    name: 'the order of the blocks says nothing',
    rows: [
      [2, 20, 40],
      [4, 60, 120],
      [5, 960, 980],
      [6, 120, 180],
      [7, 720, 960],
    ],
    merged: [[2, 4, 6]],
  },
  {
    name: 'the newest is so by time, not by its ULID',
    rows: [
      [5, 0, 360],
      [6, 540, 560],
      [7, 360, 420],
      [8, 420, 540],
    ],
    merged: [[7, 8]],
  },
  {
    name: 'an overlap',
    rows: [
      [1, 0, 20],
      [2, 19, 40],
      [3, 40, 60],
    ],
    merged: [[1, 2]],
  },
  {
    name: 'an overlap of the newest',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 30, 50],
    ],
    merged: [[2, 3]],
  },
  {
    name: 'a chain of overlaps',
    rows: [
      [1, 0, 20],
      [2, 10, 40],
      [3, 30, 50],
    ],
    merged: [[1, 2, 3]],
  },
  {
    name: 'an overlap that holds blocks',
    rows: [
      [5, 0, 360],
      [6, 340, 560],
      [7, 360, 420],
      [8, 420, 540],
    ],
    merged: [[5, 6, 7, 8]],
  },
  {
    name: 'overlaps apart (Thanos plans the second one later)',
    rows: [
      [1, 0, 10],
      [2, 9, 20],
      [3, 17, 35],
      [4, 35, 50],
      [5, 47, 60],
    ],
    merged: [
      [1, 2, 3],
      [4, 5],
    ],
  },
  { name: 'one block with a mark', rows: [[1, 0, 20]], noCompact: [1], merged: [] },
  {
    name: 'the first of a range has a mark',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
      [4, 60, 80],
    ],
    noCompact: [1],
    merged: [[2, 3]],
  },
  {
    name: 'the one in the middle has a mark: no merge over it',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
      [4, 60, 80],
    ],
    noCompact: [2],
    merged: [],
  },
  {
    name: 'the newest has a mark',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
      [4, 60, 80],
    ],
    noCompact: [4],
    merged: [[1, 2, 3]],
  },
  {
    name: 'first and newest have marks',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
      [4, 60, 80],
    ],
    noCompact: [1, 4],
    merged: [[2, 3]],
  },
  {
    name: 'all have marks',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [3, 40, 60],
      [4, 60, 80],
    ],
    noCompact: [1, 2, 3, 4],
    merged: [],
  },
  {
    name: 'a gap and a mark',
    rows: [
      [1, 0, 20],
      [2, 20, 40],
      [4, 60, 80],
      [5, 80, 100],
    ],
    noCompact: [2],
    merged: [],
  },
  {
    name: 'the last of a range has a mark',
    rows: [
      [2, 20, 40],
      [4, 60, 120],
      [5, 960, 980],
      [6, 120, 180],
      [7, 720, 960],
    ],
    noCompact: [6],
    merged: [[2, 4]],
  },
  {
    name: 'the second of a range has a mark',
    rows: [
      [2, 20, 40],
      [4, 60, 120],
      [5, 960, 980],
      [6, 120, 180],
      [7, 720, 960],
    ],
    noCompact: [4],
    merged: [],
  },
  {
    name: 'one of two that overlap has a mark',
    rows: [
      [1, 0, 20],
      [2, 19, 40],
      [3, 40, 60],
    ],
    noCompact: [1],
    merged: [],
  },
  {
    name: 'a block over a boundary is in no range (a replica that starts 7 ms late ends short of it)',
    rows: [
      [1, 7, 20],
      [2, 27, 40],
      [3, 47, 67],
      [4, 67, 80],
      [5, 87, 100],
    ],
    merged: [[1, 2]],
  },
  {
    name: 'before the epoch',
    rows: [
      [1, -60, -40],
      [2, -40, -20],
      [3, -20, 0],
      [4, 0, 20],
    ],
    merged: [[1, 2, 3]],
  },
];

describe('which blocks are merged', () => {
  it.each(CASES)('$name', ({ rows, noCompact, merged }) => {
    expect(merges(blocksOf(rows, noCompact)).merged).toEqual(merged);
  });

  it('of a long backlog: at every level, or at once where few blocks are enough', () => {
    const rows = Array.from({ length: 10 }, (_, at): Row => [at + 1, at * 20, at * 20 + 20]);
    const blocks = blocksOf(rows);
    expect(merges(blocks).merged).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    const direct = merges(blocks, { directMergeBlocksMax: 9 }).merged;
    expect(direct).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  it('of more blocks than a merge may have, in several merges', () => {
    const rows = Array.from({ length: 6 }, (_, at): Row => [at + 1, at * 10, at * 10 + 10]);
    const merged = merges(blocksOf([...rows, [9, 60, 80]]), { mergeSourcesMax: 4 }).merged;
    expect(merged).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
  });

  it('the time of the block before the newest closes ranges', () => {
    const items = timeItems(
      blocksOf([
        [1, 0, 20],
        [2, 20, 40],
        [3, 40, 60],
      ]),
      () => false,
    );
    expect(highTimeMs(items)).toBe(20);
    const options = { levelRangesMs: RANGES, directMergeBlocksMax: 0, mergeSourcesMax: 9 };
    expect(levelMerges(items, options)).toEqual([]);
  });
});

const SIZES: readonly {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly merged: readonly (readonly number[])[];
  readonly marked: readonly number[];
}[] = [
  { name: 'one block', rows: [[1, 0, 20, 100]], merged: [], marked: [] },
  {
    name: 'the first is the largest',
    rows: [
      [1, 0, 20, 41],
      [2, 20, 40, 30],
      [3, 40, 60, 30],
      [4, 60, 80, 30],
    ],
    merged: [[2, 3]],
    marked: [1],
  },
  {
    name: 'the second is the largest',
    rows: [
      [1, 0, 20, 30],
      [2, 20, 40, 41],
      [3, 40, 60, 30],
      [4, 60, 80, 20],
    ],
    merged: [],
    marked: [2],
  },
  {
    name: 'the newest does not count',
    rows: [
      [1, 0, 20, 10],
      [2, 20, 40, 10],
      [3, 40, 60, 10],
      [4, 60, 80, 90],
    ],
    merged: [[1, 2, 3]],
    marked: [],
  },
  {
    name: 'two are too large',
    rows: [
      [1, 0, 20, 90],
      [2, 20, 40, 30],
      [3, 40, 50, 30],
      [4, 50, 60, 90],
      [5, 60, 80, 90],
    ],
    merged: [[2, 3]],
    marked: [1, 4],
  },
  {
    name: 'an overlap is too large',
    rows: [
      [1, 0, 20, 90],
      [2, 19, 40, 30],
      [3, 40, 60, 30],
    ],
    merged: [],
    marked: [1],
  },
  {
    name: 'an overlap is too large, another one is not (Thanos plans 2 and 3 later)',
    rows: [
      [1, 0, 20, 90],
      [2, 19, 40, 30],
      [3, 40, 60, 30],
      [4, 70, 80, 30],
      [5, 75, 90, 30],
    ],
    merged: [
      [4, 5],
      [2, 3],
    ],
    marked: [1],
  },
];

describe('an index that would be too large (limit 100, of which 85 may be used)', () => {
  it.each(SIZES)('$name', ({ rows, merged, marked }) => {
    expect(merges(blocksOf(rows), { indexBytesMax: 100 })).toEqual({ merged, marked });
  });
});
