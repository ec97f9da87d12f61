// Which blocks are downsampled.

import { describe, expect, it } from 'vitest';
import { familiesOf } from '../../../src/compact/plan/families.ts';
import {
  FIVE_MINUTES_RANGE_MS_MIN,
  planDownsampling,
  planDueDownsampling,
  RAW_RANGE_MS_MIN,
} from '../../../src/downsample/plan.ts';
import { policyAt } from '../../../src/retention/policy.ts';
import { block, DAY_MS, HOUR_MS, mark } from '../../support/compact/plan-blocks.ts';

const NOW_MS = 1000 * DAY_MS;
const FOREVER = { rawMs: 0, fiveMinutesMs: 0, oneHourMs: 0 };

function one(ulid: string, rangeMs: number, more: Partial<ReturnType<typeof block>> = {}) {
  const made = block({ ulid, minTimeMs: NOW_MS - rangeMs, maxTimeMs: NOW_MS, sources: ['1', '2'] });
  return { ...made, ...more };
}

function planned(blocks: readonly ReturnType<typeof block>[], periods = FOREVER, dueAheadMs = 0) {
  const [family] = familiesOf(blocks, []);
  if (family === undefined) throw new Error('no family');
  const policy = policyAt(periods, false, NOW_MS);
  const options = { policy, dueAheadMs, isSetAside: () => false };
  const names = (rows: ReturnType<typeof planDownsampling>) =>
    rows.map(({ block: { ulid }, resolutionMs }) => `${ulid} ${resolutionMs / 60_000}m`);
  return {
    due: names(planDueDownsampling(family, options)),
    long: names(planDownsampling(family, options)),
  };
}

const FIVE = { resolutionMs: 300_000 };

describe('long blocks', () => {
  it.each([
    ['raw of 40 h', [one('A', RAW_RANGE_MS_MIN)], ['A 5m']],
    ['raw of less', [one('A', RAW_RANGE_MS_MIN - 1)], []],
    ['5m of 10 d', [one('A', FIVE_MINUTES_RANGE_MS_MIN, FIVE)], ['A 60m']],
    ['5m of less', [one('A', FIVE_MINUTES_RANGE_MS_MIN - 1, FIVE)], []],
    ['raw that 5m has', [one('A', 2 * DAY_MS), one('F', 2 * DAY_MS, FIVE)], []],
    [
      'raw that 5m has in pieces that touch',
      [
        one('A', 4 * DAY_MS),
        one('F', 4 * DAY_MS, { ...FIVE, sources: ['1'], maxTimeMs: NOW_MS - 2 * DAY_MS }),
        one('G', 2 * DAY_MS, { ...FIVE, sources: ['2'] }),
      ],
      [],
    ],
    [
      'raw that 5m has in pieces that overlap',
      [
        one('A', 4 * DAY_MS),
        one('F', 4 * DAY_MS, { ...FIVE, sources: ['1'] }),
        one('G', 2 * DAY_MS, { ...FIVE, sources: ['2'] }),
      ],
      ['A 5m'],
    ],
    [
      'pieces that overlap and hold more than any raw block',
      [
        one('A', 4 * DAY_MS),
        one('F', 4 * DAY_MS, { ...FIVE, sources: ['1', '2'] }),
        one('G', 2 * DAY_MS, { ...FIVE, sources: ['2', '3'] }),
      ],
      [],
    ],
    [
      'raw with a late source that 5m lacks',
      [one('A', 2 * DAY_MS), one('F', 2 * DAY_MS, { ...FIVE, sources: ['1'] })],
      ['A 5m'],
    ],
    [
      'raw with a no-downsample mark',
      [
        one('A', 2 * DAY_MS, {
          marks: { deletion: undefined, noCompact: undefined, noDownsample: mark(0) },
        }),
      ],
      [],
    ],
  ] as const)('%s', (_name, blocks, long) => {
    expect(planned(blocks)).toEqual({ due: [], long });
  });
});

describe('due blocks', () => {
  const short = one('A', 2 * HOUR_MS, { maxTimeMs: NOW_MS - DAY_MS });
  const periods = { rawMs: DAY_MS, fiveMinutesMs: 9 * DAY_MS, oneHourMs: 0 };

  it('of any length are downsampled, ahead of their time', () => {
    expect(planned([short], periods).due).toEqual([]);
    expect(planned([short], periods, 1).due).toEqual(['A 5m']);
    expect(planned([{ ...short, maxTimeMs: short.maxTimeMs - 1 }], periods).due).toEqual(['A 5m']);
  });

  it('not when no coarser layer wants them', () => {
    const all = { rawMs: DAY_MS, fiveMinutesMs: DAY_MS, oneHourMs: DAY_MS };
    const old = one('A', 2 * HOUR_MS, { maxTimeMs: NOW_MS - 2 * DAY_MS });
    expect(planned([old], all).due).toEqual([]);
  });

  it('to 5m when only 1h wants them, and from there to 1h', () => {
    const old = one('A', 2 * HOUR_MS, { maxTimeMs: NOW_MS - 10 * DAY_MS });
    expect(planned([old], periods).due).toEqual(['A 5m']);
    const five = { ...old, ulid: 'F', ...FIVE };
    expect(planned([old, five], periods).due).toEqual(['F 60m']);
    expect(planned([old, { ...five, resolutionMs: 3_600_000 }], periods).due).toEqual([]);
  });
});
