// A plan as a whole: what retention, garbage, marks, clocks and damage do to it.

import { describe, expect, it } from 'vitest';
import type { ViewedBlock } from '../../../../src/bucket/block-view.ts';
import { familiesOf } from '../../../../src/compact/plan/families.ts';
import { planFamily } from '../../../../src/compact/plan/family-plan.ts';
import { jobId } from '../../../../src/compact/plan/job-ids.ts';
import { planBucket } from '../../../../src/compact/plan/plan.ts';
import type { CompactPlan, PlannedJob } from '../../../../src/compact/planned-job.ts';
import { PLAN_PARTS } from '../../../../src/plan-parts.ts';
import {
  block,
  DAY_MS,
  estimate,
  HOUR_MS,
  mark,
  OPTIONS,
  planOf,
  ulidOf,
  viewOf,
} from '../../../support/compact/plan-blocks.ts';

const NOW_MS = 14 * DAY_MS * 1300;
const MARKS = { deletion: undefined, noCompact: undefined, noDownsample: undefined };
const RETENTION = { rawMs: 10 * DAY_MS, fiveMinutesMs: 30 * DAY_MS, oneHourMs: 90 * DAY_MS };

function id(number: number): string {
  return ulidOf(NOW_MS - 100 * DAY_MS, number);
}

/** A block that ends `daysAgo` before now. */
function old(
  number: number,
  daysAgo: number,
  more: Partial<Omit<ViewedBlock, 'labels'>> & { labels?: Record<string, string> } = {},
): ViewedBlock {
  const maxTimeMs = NOW_MS - daysAgo * DAY_MS;
  return block({
    ulid: id(number),
    minTimeMs: maxTimeMs - 2 * HOUR_MS,
    maxTimeMs,
    uploadedMs: NOW_MS - daysAgo * DAY_MS,
    ...more,
  });
}

function briefly(job: PlannedJob): string {
  if ('group' in job) return `${job.kind} ${job.sources.map(short).join(' ')}`;
  return job.kind === 'mark'
    ? `${job.kind} ${short(job.ulid)} ${job.mark} ${job.reason}`
    : `${job.kind} ${short(job.ulid)}`;
}

function short(ulid: string): string {
  return ulid.slice(-2);
}

function jobsOf(plan: CompactPlan): string[] {
  return plan.jobs.map(briefly);
}

function keptOf(plan: CompactPlan): Record<string, string> {
  return Object.fromEntries(plan.kept.map(({ ulid, reason }) => [short(ulid), reason]));
}

const FIVE = { resolutionMs: 300_000 };
const HOUR = { resolutionMs: 3_600_000 };

describe('retention', () => {
  const retention = RETENTION;

  it('takes a raw block that 5m holds, and keeps and downsamples one that it does not', () => {
    const plan = planOf(
      [old(1, 12), old(2, 11), old(3, 12, { ...FIVE, sources: [id(1)] }), old(4, 0)],
      NOW_MS,
      { retention },
    );
    expect(jobsOf(plan)).toEqual(['mark 01 deletion retention', 'downsample 02']);
    expect(plan.jobs[0]).toMatchObject({ successors: [id(3)] });
    expect(plan.kept.find(({ isOverdue }) => isOverdue)).toMatchObject({ ulid: id(2) });
    expect(keptOf(plan)).toMatchObject({ '02': 'overdue', '03': 'newest', '04': 'newest' });
  });

  it('takes what no coarser layer wants any more', () => {
    const plan = planOf([old(1, 91), old(2, 91, FIVE), old(3, 91, HOUR)], NOW_MS, { retention });
    expect(jobsOf(plan)).toEqual([1, 2, 3].map((n) => `mark 0${n} deletion retention`));
  });

  it('makes 5m for the sake of 1h where 5m itself is past its time', () => {
    const first = planOf([old(1, 40)], NOW_MS, { retention });
    expect(jobsOf(first)).toEqual(['downsample 01']);
    const five = old(2, 40, { ...FIVE, sources: [id(1)] });
    const second = planOf([old(1, 40), five], NOW_MS, { retention });
    expect(jobsOf(second)).toEqual(['mark 01 deletion retention', 'downsample 02']);
    const hour = old(3, 40, { ...HOUR, sources: [id(1)] });
    expect(jobsOf(planOf([five, hour], NOW_MS, { retention }))).toEqual([
      'mark 02 deletion retention',
    ]);
  });

  it('makes nothing again that it took: raw for ever, 5m for a while', () => {
    const forever = { rawMs: 0, fiveMinutesMs: 5 * DAY_MS, oneHourMs: 5 * DAY_MS };
    const long = old(1, 6, { minTimeMs: NOW_MS - 20 * DAY_MS });
    expect(jobsOf(planOf([long, old(2, 0)], NOW_MS, { retention: forever }))).toEqual([]);
  });

  it('goes by age alone with downsampling disabled, and says so', () => {
    const plan = planOf([old(1, 12), old(2, 0)], NOW_MS, {
      retention,
      isDownsamplingDisabled: true,
    });
    expect(jobsOf(plan)).toEqual(['mark 01 deletion retention']);
    expect(plan.notes).toEqual(['downsampling is disabled: retention goes by age alone']);
    expect(plan.jobs[0]).toMatchObject({ details: expect.stringContaining('by age alone') });
  });

  it('keeps and names what has a no-downsample mark or was set aside', () => {
    const noDownsample = { ...MARKS, noDownsample: mark(0, 'manual') };
    const noCompact = { ...MARKS, noCompact: mark(0, 'damaged') };
    const blocks = [old(1, 12, { marks: noDownsample }), old(2, 11, { marks: noCompact })];
    const plan = planOf([...blocks, old(3, 0)], NOW_MS, { retention });
    expect(jobsOf(plan)).toEqual([]);
    expect(keptOf(plan)).toMatchObject({ '01': 'overdue', '02': 'overdue' });
    expect(plan.kept[0]?.why).toContain('no-downsample mark');
  });

  it('does not take a damaged 5m block for a successor, and makes it anew', () => {
    const marks = { ...MARKS, noCompact: mark(0, 'damaged') };
    const five = old(2, 12, { ...FIVE, sources: [id(1)], marks });
    const plan = planOf([old(1, 12), five, old(3, 0)], NOW_MS, { retention });
    expect(jobsOf(plan)).toEqual(['downsample 01']);
    const anew = old(4, 12, { ...FIVE, sources: [id(1)] });
    const next = planOf([old(1, 12), five, anew, old(3, 0)], NOW_MS, { retention });
    expect(jobsOf(next)).toEqual(['mark 01 deletion retention', 'mark 02 deletion superseded']);
  });

  it('merges due blocks that overlap before it downsamples them', () => {
    const late = old(2, 12, { sizeBytes: 10 });
    const plan = planOf([old(1, 12), late, old(3, 0)], NOW_MS, { retention });
    expect(jobsOf(plan)).toEqual(['compact 01 02']);
  });

  it('does not merge what it takes or waits for', () => {
    const blocks = [1, 2, 3, 4].map((n) => {
      const minTimeMs = NOW_MS - 28 * DAY_MS + n * 2 * HOUR_MS;
      return old(n, 0, { minTimeMs, maxTimeMs: minTimeMs + 2 * HOUR_MS });
    });
    const jobs = jobsOf(planOf([...blocks, old(5, 1), old(6, 0)], NOW_MS, { retention }));
    expect(jobs).toEqual([1, 2, 3, 4].map((n) => `downsample 0${n}`));
  });
});

describe('a clock ahead of the store', () => {
  const retention = RETENTION;
  const blocks = [old(1, 1), old(2, 0)];

  it('by a year takes nothing, and the plan says so', () => {
    const yearMs = 365 * DAY_MS;
    const plan = planOf(blocks, NOW_MS + yearMs, { retention }, { storeMs: NOW_MS });
    expect(jobsOf(plan)).toEqual([]);
    expect(plan.notes[0]).toContain('ahead of the store');
    expect(plan.plannedMs).toBe(NOW_MS + yearMs);
  });

  it('counts from the newest upload when nothing else is known', () => {
    const input = { storeMs: undefined };
    expect(jobsOf(planOf(blocks, NOW_MS + 365 * DAY_MS, { retention }, input))).toEqual([]);
    expect(planOf(blocks, NOW_MS + DAY_MS, { retention }, input).notes).toEqual([]);
  });

  it('deletes nothing before its time either', () => {
    const marks = { ...MARKS, deletion: mark(NOW_MS, '', 'by hand') };
    const plan = planOf(
      [old(1, 1, { marks }), old(2, 0)],
      NOW_MS + 9 * DAY_MS,
      {},
      { storeMs: NOW_MS },
    );
    expect(jobsOf(plan)).toEqual([]);
    expect(keptOf(plan)).toMatchObject({ '01': 'marked' });
  });
});

describe('marks', () => {
  const marked = (details: string) => ({
    ...MARKS,
    deletion: mark(NOW_MS - 3 * DAY_MS, '', details),
  });

  it('set by hand or by Thanos’s retention are done after the delay', () => {
    for (const details of ['', 'not needed', 'block exceeding retention of 720h0m0s']) {
      const plan = planOf([old(1, 5, { marks: marked(details) }), old(2, 0)], NOW_MS);
      expect(jobsOf(plan)).toEqual(['delete 01']);
    }
  });

  it.each(['superseded by X', 'outdated block', 'source of compacted block', 'retention: old'])(
    'that say "%s" are looked at again',
    (details) => {
      const garbage = old(1, 5, { marks: marked(details) });
      const alone = planOf([garbage, old(2, 0)], NOW_MS);
      expect(jobsOf(alone)).toEqual([]);
      expect(keptOf(alone)).toMatchObject({ '01': 'mark-outdated' });
      const heir = old(3, 5, { sources: [id(1), id(9)] });
      expect(jobsOf(planOf([garbage, heir, old(2, 0)], NOW_MS))).toEqual(['delete 01']);
    },
  );

  it('of repaired blocks are done while a sound block holds what they became', () => {
    const became = id(3);
    const details = `repaired as ${became}: index, byte 5: the checksum is wrong`;
    const damaged = old(1, 5, { marks: marked(details) });
    const alone = planOf([damaged, old(2, 0)], NOW_MS);
    expect(jobsOf(alone)).toEqual([]);
    expect(keptOf(alone)).toMatchObject({ '01': 'mark-outdated' });
    // What it became, or what that was merged into.
    for (const heir of [old(3, 5), old(4, 5, { sources: [became, id(9)] })])
      expect(jobsOf(planOf([damaged, heir, old(2, 0)], NOW_MS))).toEqual(['delete 01']);
    // One that says it holds the damaged one is not what it was repaired as.
    const other = old(5, 5, { sources: [id(1)] });
    expect(jobsOf(planOf([damaged, other, old(2, 0)], NOW_MS))).toEqual([]);
  });

  it('by retention are done when it still holds', () => {
    const gone = old(1, 95, { marks: marked('retention: older than 10d') });
    const plan = planOf([gone, old(2, 0)], NOW_MS, { retention: RETENTION });
    expect(jobsOf(plan)).toEqual(['delete 01']);
  });
});

describe('the rest of a view', () => {
  const file = (name: string, daysAgo: number) => {
    return { name, sizeBytes: 5, modifiedMs: NOW_MS - daysAgo * DAY_MS };
  };
  const input = {
    nowMs: NOW_MS,
    storeMs: NOW_MS,
    options: OPTIONS,
    estimate,
    parts: PLAN_PARTS,
  };

  it('is swept when it is old, or a deletion that was cut off', () => {
    const partial = [
      { ulid: id(1), files: [file('index', 3)], moreFiles: 0 },
      { ulid: id(2), files: [file('index', 1)], moreFiles: 0 },
      { ulid: id(3), files: [file('deletion-mark.json', 3), file('index', 9)], moreFiles: 0 },
      { ulid: id(4), files: [file('deletion-mark.json', 1), file('index', 9)], moreFiles: 0 },
    ];
    const plan = planBucket({ ...input, view: { ...viewOf([]), partial } });
    expect(jobsOf(plan)).toEqual(['sweep 01', 'sweep 03']);
    expect(keptOf(plan)).toEqual({ '02': 'partial', '04': 'partial' });
  });

  it('is named when it cannot be read, or has a resolution that nobody makes', () => {
    const faults = [{ ulid: id(1), what: 'meta.json: it is not JSON', isTransient: false }];
    const blocks = [old(2, 1, { resolutionMs: 7 })];
    const plan = planBucket({ ...input, view: { ...viewOf(blocks), faults } });
    expect(keptOf(plan)).toEqual({ '01': 'fault', '02': 'unknown-resolution' });
  });

  it('is deleted when it is broken and has a mark, and else named', () => {
    const marked = (details: string) => ({
      marks: { ...MARKS, deletion: mark(NOW_MS - 3 * DAY_MS, '', details) },
    });
    const broken = [
      old(1, 1),
      old(2, 1, marked('by hand')),
      old(3, 1, marked('superseded by X')),
      old(4, 1, marked('superseded by X')),
      old(5, 1, { ...marked('by hand'), resolutionMs: 7 }),
    ];
    const faults = broken.map(({ ulid }) => {
      return { ulid, what: 'its file index is missing', isTransient: false };
    });
    const blocks = [old(9, 1, { sources: [id(4)] })];
    const plan = planBucket({ ...input, view: { ...viewOf(blocks), broken, faults } });
    expect(jobsOf(plan)).toEqual(['delete 02', 'delete 04']);
    const kept = keptOf(plan);
    expect(kept).toMatchObject({ '01': 'fault', '03': 'mark-outdated', '05': 'fault' });
  });

  it('is in no merge, and stands in for nothing, when it is broken', () => {
    const broken = [old(1, 3), old(2, 3, { sources: [id(3)], resolutionMs: 300_000 })];
    const blocks = [old(3, 3), old(4, 3), old(5, 0)];
    const whole = planBucket({ ...input, view: viewOf(blocks) });
    const plan = planBucket({ ...input, view: { ...viewOf(blocks), broken } });
    expect(jobsOf(whole)).toEqual(['compact 03 04']);
    expect(jobsOf(plan)).toEqual(jobsOf(whole));
  });
});

describe('groups', () => {
  const pair = [
    old(1, 1, { labels: { c: 'x', r: '1' } }),
    old(2, 1, { labels: { c: 'x', r: '2' } }),
  ];

  it('are those of all labels, or of all but the replica labels', () => {
    expect(jobsOf(planOf(pair, NOW_MS))).toEqual([]);
    const plan = planOf(pair, NOW_MS, { replicaLabels: ['r'], deduplication: 'penalty' });
    expect(jobsOf(plan)).toEqual(['compact 01 02']);
    expect(plan.jobs[0]).toMatchObject({
      deduplication: 'penalty',
      level: 2,
      group: { labels: [{ name: 'c', value: 'x' }], resolutionMs: 0 },
    });
  });

  it('have keys that do not depend on anything else', () => {
    const keys = familiesOf(pair, []).map(({ raw }) => raw.group.key);
    expect(new Set(keys).size).toBe(2);
    expect(familiesOf([...pair].reverse(), []).map(({ raw }) => raw.group.key)).toEqual(keys);
    expect(keys[0]).toMatch(/^0@[0-9a-f]{32}$/);
  });

  it('are planned one by one', () => {
    const [family] = familiesOf(pair.slice(0, 1), []);
    if (family === undefined) throw new Error('no family');
    const policy = PLAN_PARTS.policyAt(OPTIONS.retention, false, NOW_MS);
    const deletion = { atMs: NOW_MS, deleteDelayMs: 0, partialAgeMs: 0 };
    const context = { atMs: NOW_MS, policy, options: OPTIONS, deletion, dueAheadMs: 0 };
    const plan = planFamily(family, { ...context, estimate, parts: PLAN_PARTS });
    expect(plan.kept.map(({ reason }) => reason)).toEqual(['newest']);
  });
});

describe('ids', () => {
  it('tell kinds, groups and sources apart', () => {
    const ids = [jobId('a', 'g', ['x']), jobId('b', 'g', ['x']), jobId('a', 'h', ['x'])];
    expect(new Set([...ids, jobId('a', 'g', ['x', 'y'])]).size).toBe(4);
    expect(jobId('a', 'g', ['x'])).toBe(ids[0]);
  });
});
