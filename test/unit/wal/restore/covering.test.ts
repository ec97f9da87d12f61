import { describe, expect, it } from 'vitest';
import { Covering, type KnownBlock } from '../../../../src/wal/restore/covering.ts';
import { nextGeneration } from '../../../../src/wal/restore/generation.ts';

function block(fields: Partial<KnownBlock>): KnownBlock {
  const all = { ulid: 'A', minTimeMs: 0, maxTimeMs: 100, segment: 5, offset: 10 };
  return { ...all, isInBucket: true, ...fields };
}

const BEFORE = { segment: 5, offset: 9 };
const AT = { segment: 5, offset: 10 };

describe('a sample is in the bucket when the first block that was cut behind it is', () => {
  it('its range and its position decide, to the millisecond and the byte', () => {
    const covering = new Covering([block({})], undefined);
    expect(covering.covers(BEFORE, 0)).toBe(true);
    expect(covering.covers(BEFORE, 99)).toBe(true);
    expect(covering.covers(BEFORE, 100)).toBe(false);
    expect(covering.covers(AT, 50)).toBe(false);
  });

  it('a checkpoint counts as logged at the end of its segment', () => {
    const inCheckpoint = { segment: 5, offset: Number.POSITIVE_INFINITY };
    expect(new Covering([block({})], undefined).covers(inCheckpoint, 50)).toBe(false);
    expect(new Covering([block({ segment: 6 })], undefined).covers(inCheckpoint, 50)).toBe(true);
  });

  it('a later block of the range does not have what was in one that never came', () => {
    const lost = block({ ulid: 'A', segment: 5, isInBucket: false });
    const late = block({ ulid: 'B', segment: 6 });
    for (const blocks of [
      [lost, late],
      [late, lost],
    ]) {
      const covering = new Covering(blocks, undefined);
      expect(covering.covers(BEFORE, 50)).toBe(false);
      expect(covering.covers(AT, 50)).toBe(true);
    }
  });

  it('a block of a later generation has what was restored from one that never came', () => {
    const lost = block({ ulid: 'A', isInBucket: false });
    const late = block({ ulid: 'B', segment: 6 });
    const again = block({ ulid: 'C', segment: nextGeneration([6]) + 1 });
    expect(new Covering([lost, late, again], undefined).covers(BEFORE, 50)).toBe(true);
    const lostAgain = { ...again, isInBucket: false };
    expect(new Covering([lost, late, lostAgain], undefined).covers(BEFORE, 50)).toBe(false);
  });

  it('of blocks cut at one position the smaller ULID is the first', () => {
    const covering = new Covering([block({ ulid: 'B', isInBucket: false }), block({})], undefined);
    expect(covering.covers(BEFORE, 50)).toBe(true);
  });
});

it('what a Prometheus had in blocks when Varve began is there', () => {
  const origin = { firstSegment: 3, coveredBeforeMs: 50, lateCovered: [], hasDeletions: false };
  const covering = new Covering([], origin);
  expect(covering.covers({ segment: 2, offset: 0 }, 49)).toBe(true);
  expect(covering.covers({ segment: 2, offset: 0 }, 50)).toBe(false);
  expect(covering.covers({ segment: 3, offset: 0 }, 49)).toBe(false);
});
