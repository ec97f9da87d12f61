import { describe, expect, it } from 'vitest';
import { Coverage, coverageOf, segmentBehind } from '../../../src/wal/coverage.ts';

const block = { minTimeMs: 100, maxTimeMs: 200, position: { segment: 5, offset: 70 } };

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

describe('coverageOf', () => {
  it('keeps a block as long as the log has its segment, or a checkpoint before it', () => {
    expect(coverageOf([block], { segments: [5, 6], checkpoints: [] }).isEmpty).toBe(false);
    expect(coverageOf([block], { segments: [9], checkpoints: [4] }).isEmpty).toBe(false);
    expect(coverageOf([block], { segments: [6, 7], checkpoints: [] }).isEmpty).toBe(true);
    expect(coverageOf([block], { segments: [], checkpoints: [] }).isEmpty).toBe(true);
  });
});

describe('segmentBehind', () => {
  it('is the first segment that no position reaches into', () => {
    expect(segmentBehind([])).toBe(0);
    expect(segmentBehind([block])).toBe(6);
    expect(segmentBehind([{ ...block, position: { segment: 7, offset: 0 } }, block])).toBe(7);
  });
});
