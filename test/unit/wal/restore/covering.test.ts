import { describe, expect, it } from 'vitest';
import { bucketCoverage, type KnownBlock } from '../../../../src/wal/restore/covering.ts';
import { nextGeneration } from '../../../../src/wal/restore/generation.ts';

function block(fields: Partial<KnownBlock>): KnownBlock {
  const all = { ulid: 'A', minTimeMs: 0, maxTimeMs: 100, segment: 5, offset: 10 };
  return { ...all, isInBucket: true, ...fields };
}

const BEFORE = { segment: 5, offset: 9 };
const AT = { segment: 5, offset: 10 };

describe('a sample is in the bucket when the first block that was cut behind it is', () => {
  it('its range and its position decide, to the millisecond and the byte', () => {
    const covering = bucketCoverage([block({})], undefined);
    expect(covering.covers(BEFORE, 0)).toBe(true);
    expect(covering.covers(BEFORE, 99)).toBe(true);
    expect(covering.covers(BEFORE, 100)).toBe(false);
    expect(covering.covers(AT, 50)).toBe(false);
  });

  it('a checkpoint counts as logged at the end of its segment', () => {
    const inCheckpoint = { segment: 5, offset: Number.POSITIVE_INFINITY };
    expect(bucketCoverage([block({})], undefined).covers(inCheckpoint, 50)).toBe(false);
    expect(bucketCoverage([block({ segment: 6 })], undefined).covers(inCheckpoint, 50)).toBe(true);
  });

  it('a later block of the range does not have what was in one that never came', () => {
    const lost = block({ ulid: 'A', segment: 5, isInBucket: false });
    const late = block({ ulid: 'B', segment: 6 });
    for (const blocks of [
      [lost, late],
      [late, lost],
    ]) {
      const covering = bucketCoverage(blocks, undefined);
      expect(covering.covers(BEFORE, 50)).toBe(false);
      expect(covering.covers(AT, 50)).toBe(true);
    }
  });

  it('a block of a later generation has what was restored from one that never came', () => {
    const lost = block({ ulid: 'A', isInBucket: false });
    const late = block({ ulid: 'B', segment: 6 });
    const again = block({ ulid: 'C', segment: nextGeneration([6], 2) + 1 });
    expect(bucketCoverage([lost, late, again], undefined).covers(BEFORE, 50)).toBe(true);
    const lostAgain = { ...again, isInBucket: false };
    expect(bucketCoverage([lost, late, lostAgain], undefined).covers(BEFORE, 50)).toBe(false);
  });

  it('a block that names those before it does not have what was in those that never came', () => {
    const position = { segment: 5, offset: 10 };
    const earlier = [{ ulid: 'A', minTimeMs: 0, maxTimeMs: 60, position }];
    const late = block({ ulid: 'B', segment: 6, checkpoint: -1, earlier });
    const alone = bucketCoverage([late], undefined);
    expect(alone.covers(BEFORE, 50)).toBe(false);
    expect(alone.covers(BEFORE, 60)).toBe(true); // out of the range of the one that never came
    expect(alone.covers(AT, 50)).toBe(true);
    expect(bucketCoverage([late, block({})], undefined).covers(BEFORE, 50)).toBe(true);
  });

  it('and one that was cut anew from the log, and does not name it, has them', () => {
    const lost = block({ ulid: 'A', isInBucket: false });
    const again = block({ ulid: 'C', segment: 7, checkpoint: -1 });
    expect(bucketCoverage([lost, again], undefined).covers(BEFORE, 50)).toBe(true);
  });

  it('of blocks cut at one position the smaller ULID is the first', () => {
    const covering = bucketCoverage(
      [block({ ulid: 'B', isInBucket: false }), block({})],
      undefined,
    );
    expect(covering.covers(BEFORE, 50)).toBe(true);
  });
});

it('what a Prometheus had in blocks when Varve began is there, but for what a lost block may have had', () => {
  const origin = { firstSegment: 3, coveredBeforeMs: 50, lateCovered: [], hasDeletions: false };
  const covering = bucketCoverage([], origin);
  expect(covering.covers({ segment: 2, offset: 0 }, 49)).toBe(true);
  expect(covering.covers({ segment: 2, offset: 0 }, 50)).toBe(false);
  expect(covering.covers({ segment: 3, offset: 0 }, 49)).toBe(false);
  const lost = block({ isInBucket: false, maxTimeMs: 20 });
  expect(bucketCoverage([lost], origin).covers({ segment: 2, offset: 0 }, 19)).toBe(false);
  expect(bucketCoverage([lost], origin).covers({ segment: 2, offset: 0 }, 20)).toBe(true);
});
