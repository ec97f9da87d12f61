// When late blocks are merged, and what that costs at most.

import { describe, expect, it } from 'vitest';
import { planCompaction } from '../../../../src/compact/plan/compaction.ts';
import { familiesOf } from '../../../../src/compact/plan/families.ts';
import {
  chooseOverlap,
  LATE_BLOCKS_MAX,
  LATE_WAIT_MS_MAX,
} from '../../../../src/compact/plan/overlaps.ts';
import { timeItems } from '../../../../src/compact/plan/time-items.ts';
import { WhyKept } from '../../../../src/compact/plan/why-kept.ts';
import { AbstractBucket } from '../../../support/compact/abstract-bucket.ts';
import {
  block,
  DAY_MS,
  estimate,
  HOUR_MS,
  OPTIONS,
  planOf,
  ulidOf,
} from '../../../support/compact/plan-blocks.ts';

const START_MS = 14 * DAY_MS * 1300;

/** A block of `hours` from START_MS on, uploaded `atHour`. */
function one(number: number, hours: number, sizeBytes: number, atHour = 0) {
  const uploadedMs = START_MS + atHour * HOUR_MS;
  const maxTimeMs = START_MS + hours * HOUR_MS;
  const ulid = ulidOf(uploadedMs, number);
  return block({ ulid, minTimeMs: START_MS, maxTimeMs, sizeBytes, uploadedMs });
}

function choose(blocks: ReturnType<typeof one>[], atHour: number, isUrgent = false) {
  const [unit] = timeItems(blocks, () => false);
  if (unit === undefined) throw new Error('no unit');
  const atMs = START_MS + atHour * HOUR_MS;
  const choice = chooseOverlap(unit, { atMs, mergeSourcesMax: 128, isUrgent });
  return 'merge' in choice ? choice.merge.length : (choice.waitsUntilMs - START_MS) / HOUR_MS;
}

describe('blocks that overlap', () => {
  it('of one size are merged at once', () => {
    expect(choose([one(1, 2, 1000), one(2, 2, 900)], 0)).toBe(2);
  });

  it('wait as long as their range, a day at most', () => {
    expect(choose([one(1, 2, 1000), one(2, 2, 9, 5)], 5)).toBe(7);
    expect(choose([one(1, 2, 1000), one(2, 2, 9, 5)], 7)).toBe(2);
    expect(choose([one(1, 8, 1000), one(2, 2, 9, 5)], 5)).toBe(13);
    expect(choose([one(1, 336, 1000), one(2, 2, 9, 5)], 5)).toBe(5 + LATE_WAIT_MS_MAX / HOUR_MS);
  });

  it('do not wait when something wants them as one', () => {
    expect(choose([one(1, 48, 1000), one(2, 2, 9, 5)], 5, true)).toBe(2);
  });

  it('are merged without the large one when many wait', () => {
    const late = Array.from({ length: LATE_BLOCKS_MAX + 1 }, (_, at) => one(at + 2, 2, 9, 5));
    expect(choose([one(1, 48, 1000), ...late.slice(1)], 5)).toBe(29);
    expect(choose([one(1, 48, 1000), ...late], 5)).toBe(LATE_BLOCKS_MAX + 1);
  });

  it('wait from their first sample on, also after they were merged with each other', () => {
    const merged = { ...one(3, 2, 20, 20), sources: [one(2, 2, 9, 5).ulid, one(4, 2, 9, 9).ulid] };
    expect(choose([one(1, 48, 1000), merged], 20)).toBe(29);
  });
});

describe('a layer', () => {
  it('says of each block why it stays', () => {
    const large = one(1, 336, 1000);
    const late = one(2, 2, 9);
    const newer = block({
      ulid: ulidOf(START_MS, 3),
      minTimeMs: START_MS + 15 * DAY_MS,
      maxTimeMs: START_MS + 15 * DAY_MS + 2 * HOUR_MS,
    });
    const old = block({ ulid: ulidOf(0, 4), minTimeMs: 0, maxTimeMs: 2 * HOUR_MS });
    const [family] = familiesOf([large, late, newer, old], []);
    if (family === undefined) throw new Error('no family');
    const given = { atMs: START_MS, isDue: () => false, options: OPTIONS, estimate };
    const found = planCompaction(family.raw, given);
    expect(found.merges).toEqual([]);
    const why = new WhyKept(found, OPTIONS.levelRangesMs);
    const reasons = [large, late, newer, old].map((one) => why.of(one).reason);
    expect(reasons).toEqual(['late', 'late', 'newest', 'settled']);
  });
});

describe('late blocks of every window, every hour, for a day each', () => {
  it('cost less than ten times the bytes that came, and are few', () => {
    const bucket = new AbstractBucket(START_MS);
    const labels = { tenant: 'a' };
    let cameBytes = 0;
    let writtenBytes = 0;
    let liveMax = 0;
    const upload = (minTimeMs: number, sizeBytes: number): void => {
      bucket.upload({ minTimeMs, maxTimeMs: minTimeMs + 2 * HOUR_MS, labels, sizeBytes });
      cameBytes += sizeBytes;
    };
    for (let hour = 0; hour < 24 * 8; hour++) {
      bucket.trueMs = START_MS + (hour + 2) * HOUR_MS;
      const windowMs = Math.floor(bucket.trueMs / (2 * HOUR_MS)) * 2 * HOUR_MS;
      if (hour % 2 === 0) upload(windowMs - 2 * HOUR_MS, 1000);
      for (let back = 2; back <= 12; back++) {
        if (windowMs - back * 2 * HOUR_MS >= START_MS) upload(windowMs - back * 2 * HOUR_MS, 2);
      }
      for (let round = 0; round < 9; round++) {
        const { jobs } = planOf([...bucket.blocks.values()], bucket.trueMs, { deleteDelayMs: 1 });
        for (const job of jobs) {
          if (job.kind === 'compact') writtenBytes += job.cost.writtenBytes;
          bucket.run(job, 'done', bucket.trueMs);
        }
        if (jobs.length === 0) break;
      }
      liveMax = Math.max(liveMax, bucket.live().filter((one) => one.resolutionMs === 0).length);
    }
    process.stdout.write(
      `late blocks: written ${(writtenBytes / cameBytes).toFixed(1)} times; ${liveMax} blocks\n`,
    );
    expect(writtenBytes / cameBytes).toBeLessThan(10);
    expect(liveMax).toBeLessThan(120);
  });
});
