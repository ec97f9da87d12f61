import { describe, expect, it } from 'vitest';
import {
  Coverage,
  type CoveredRange,
  coverageOf,
  type EarlierCut,
  segmentBehind,
} from '../../../src/wal/coverage.ts';
import type { LogPosition } from '../../../src/wal/log.ts';

const block = { minTimeMs: 100, maxTimeMs: 200, position: { segment: 5, offset: 70 } };

function cutAt(
  ulid: string,
  position: LogPosition,
  [minTimeMs, maxTimeMs]: readonly [number, number],
  earlier: readonly EarlierCut[] = [],
) {
  return { ulid, minTimeMs, maxTimeMs, position, earlier };
}

describe('Coverage', () => {
  it('covers what was logged before the position and lies in the range, and nothing else', () => {
    const coverage = new Coverage();
    coverage.add(block);
    const before = { segment: 5, offset: 69 };
    expect(coverage.covers(before, 100)).toBe(true);
    expect(coverage.covers(before, 199)).toBe(true);
    expect(coverage.covers(before, 99)).toBe(false);
    expect(coverage.covers(before, 200)).toBe(false);
    expect(coverage.covers({ segment: 5, offset: 70 }, 150)).toBe(false);
  });

  it('covers what a checkpoint kept only by a position in a later segment', () => {
    const coverage = new Coverage();
    coverage.add(block);
    const inCheckpoint = (segment: number) => ({ segment, offset: Number.POSITIVE_INFINITY });
    expect(coverage.covers(inCheckpoint(5), 150)).toBe(false);
    expect(coverage.covers(inCheckpoint(4), 150)).toBe(true);
  });

  it('forgets blocks that say nothing of what is left, and no other', () => {
    const coverage = new Coverage();
    coverage.add(block);
    coverage.forgetBefore({ segment: 5, offset: 69 });
    expect(coverage.covers({ segment: 5, offset: 69 }, 150)).toBe(true);
    coverage.forgetBefore({ segment: 5, offset: 70 });
    expect(coverage.isEmpty).toBe(true);
  });
});

describe('a block that names those before it', () => {
  const at = (segment: number, offset: number): LogPosition => ({ segment, offset });
  const inCheckpoint = (segment: number): LogPosition => at(segment, Number.POSITIVE_INFINITY);
  const first = cutAt('first', at(3, 10), [100, 200]);
  const late = cutAt('late', at(4, 10), [100, 200], [first]);
  const later = cutAt('later', at(5, 10), [150, 300], [first, late]);
  const again = cutAt('again', at(6, 10), [100, 300], [late, later]);

  const rows: readonly [string, readonly CoveredRange[], LogPosition, number, boolean][] = [
    ['all are there', [first, late, later], at(3, 9), 150, true],
    ['the first is gone', [late, later], at(3, 9), 150, false],
    ['the first is gone, logged behind it', [late, later], at(3, 10), 150, true],
    ['the second is gone, held by the first', [first, later], at(3, 9), 150, true],
    ['the second is gone, held by it', [first, later], at(3, 10), 150, false],
    ['the second is gone, not in its range', [first, later], at(3, 10), 200, true],
    ['all that were named are gone', [later], at(4, 9), 199, false],
    ['all that were named are gone, held by none', [later], at(4, 10), 199, true],
    ['cut anew since the first is gone', [late, later, again], at(3, 9), 150, true],
    ['what was cut anew is gone as well', [late, later], at(3, 9), 150, false],
    ['only what was cut anew is there', [again], at(3, 9), 150, false],
    ['two flushes of one window', [cutAt('b', at(4, 0), [150, 200])], at(3, 0), 160, true],
  ];

  it.each(rows)('%s', (_, blocks, position, timeMs, covered) => {
    expect(new Coverage(blocks).covers(position, timeMs)).toBe(covered);
    expect(new Coverage([...blocks].reverse()).covers(position, timeMs)).toBe(covered);
  });

  it('says nothing of a checkpoint that was made after it was cut', () => {
    const coverage = new Coverage([{ ...later, checkpoint: 2, earlier: [] }]);
    expect(coverage.covers(inCheckpoint(2), 150)).toBe(true);
    expect(coverage.covers(inCheckpoint(3), 150)).toBe(false);
  });

  it('is to name those that stand, and those that went while the log was open', () => {
    const coverage = coverageOf([first, late], { segments: [3, 4], checkpoints: [2] });
    expect(coverage.earlierCuts().map(({ ulid }) => ulid)).toEqual(['first', 'late']);
    coverage.retain(new Set(['late']));
    expect(coverage.covers(at(3, 9), 150)).toBe(false);
    coverage.truncated(4);
    expect(coverage.checkpoint).toBe(4);
    // What was in the lost one is in the checkpoint now.
    expect(coverage.earlierCuts()).toEqual([
      { ulid: 'first', minTimeMs: 100, maxTimeMs: 200, position: { segment: 5, offset: 0 } },
    ]);
  });

  it('stands for no other block: what is not of a block stays when blocks go', () => {
    const coverage = new Coverage([block, first]);
    coverage.retain(new Set());
    expect(coverage.covers(at(5, 69), 150)).toBe(true);
    expect(coverage.earlierCuts().map(({ ulid }) => ulid)).toEqual(['first']);
  });
});

describe('coverageOf', () => {
  it('keeps a block as long as the log has its segment, or a checkpoint before it', () => {
    expect(coverageOf([block], { segments: [5, 6], checkpoints: [] }).isEmpty).toBe(false);
    expect(coverageOf([block], { segments: [9], checkpoints: [4] }).isEmpty).toBe(false);
    expect(coverageOf([block], { segments: [6, 7], checkpoints: [] }).isEmpty).toBe(true);
    expect(coverageOf([block], { segments: [], checkpoints: [] }).isEmpty).toBe(true);
  });

  it('forgets what local retention lets go of, which is then not lost', () => {
    const log = { segments: [6, 7], checkpoints: [5] };
    const coverage = coverageOf([cutAt('old', block.position, [100, 200])], log);
    coverage.retain(new Set());
    expect(coverage.earlierCuts()).toEqual([]);
    // This one still says something of what is in the checkpoint.
    const next = cutAt('next', { segment: 6, offset: 0 }, [100, 200]);
    expect(coverageOf([next], log).isEmpty).toBe(false);
  });
});

describe('segmentBehind', () => {
  it('is the first segment that no position reaches into', () => {
    expect(segmentBehind([])).toBe(0);
    expect(segmentBehind([block])).toBe(6);
    expect(segmentBehind([{ ...block, position: { segment: 7, offset: 0 } }, block])).toBe(7);
  });
});
