import { describe, expect, test } from 'vitest';
import { planCuts, type WindowState } from '../../../src/head/plan.ts';

const H = 3_600_000;
const M = 60_000;

/** A window [0 h, 2 h) with samples up to 1 h 59 that arrived at 2 h. */
function window(changes: Partial<WindowState> = {}): WindowState {
  return {
    startMs: 0,
    endMs: 2 * H,
    frontierMs: 0,
    mainSamples: 5,
    mainMaxTimeMs: 2 * H - M,
    lateSamples: 0,
    lastArrivalMs: 2 * H,
    lastLateCutMs: Number.NEGATIVE_INFINITY,
    ...changes,
  };
}

const SCHEDULED = { kind: 'scheduled', windowStartMs: 0, minTimeMs: 0, maxTimeMs: 2 * H };
const late = (maxTimeMs: number) => ({ kind: 'late', windowStartMs: 0, minTimeMs: 0, maxTimeMs });

interface Row {
  readonly what: string;
  readonly window: Partial<WindowState>;
  readonly newest: number;
  readonly now: number;
  readonly flush?: boolean;
  readonly cuts: readonly object[];
}

const ROWS: readonly Row[] = [
  {
    what: 'samples not yet an hour past its end',
    window: {},
    newest: 3 * H - 1,
    now: 3 * H - 1,
    cuts: [],
  },
  {
    what: 'samples an hour past its end',
    window: {},
    newest: 3 * H,
    now: 2 * H,
    cuts: [SCHEDULED],
  },
  {
    what: 'the clock an hour past its end, and quiet',
    window: {},
    newest: 2 * H,
    now: 3 * H,
    cuts: [SCHEDULED],
  },
  {
    what: 'the clock past its end, but samples still come',
    window: { lastArrivalMs: 9 * H - 9 * M },
    newest: 2 * H,
    now: 9 * H,
    cuts: [],
  },
  {
    what: 'quiet for exactly ten minutes',
    window: { lastArrivalMs: 9 * H - 10 * M },
    newest: 2 * H,
    now: 9 * H,
    cuts: [SCHEDULED],
  },
  { what: 'due without samples', window: { mainSamples: 0 }, newest: 9 * H, now: 9 * H, cuts: [] },
  {
    what: 'due after a flush: only the rest',
    window: { frontierMs: H },
    newest: 3 * H,
    now: 3 * H,
    cuts: [{ ...SCHEDULED, minTimeMs: H }],
  },
  {
    what: 'a flush in mid-window',
    window: { mainMaxTimeMs: H },
    newest: H,
    now: H,
    flush: true,
    cuts: [{ ...SCHEDULED, kind: 'flush', maxTimeMs: H + 1 }],
  },
  {
    what: 'a flush of a window that is due',
    window: { mainMaxTimeMs: H },
    newest: 3 * H,
    now: H,
    flush: true,
    cuts: [SCHEDULED],
  },
  {
    what: 'late samples, the last block an hour ago',
    window: { frontierMs: 2 * H, mainSamples: 0, lateSamples: 1, lastLateCutMs: 4 * H },
    newest: 5 * H,
    now: 5 * H,
    cuts: [late(2 * H)],
  },
  {
    what: 'late samples, the last block less than an hour ago',
    window: { frontierMs: 2 * H, mainSamples: 0, lateSamples: 1, lastLateCutMs: 4 * H + 1 },
    newest: 5 * H,
    now: 5 * H,
    cuts: [],
  },
  {
    what: 'late samples and a flush',
    window: { frontierMs: 2 * H, mainSamples: 0, lateSamples: 1, lastLateCutMs: 5 * H },
    newest: 5 * H,
    now: 5 * H,
    flush: true,
    cuts: [late(2 * H)],
  },
  {
    what: 'both, the main range first',
    window: { frontierMs: H, lateSamples: 1 },
    newest: 3 * H,
    now: 3 * H,
    cuts: [{ ...SCHEDULED, minTimeMs: H }, late(H)],
  },
];

describe('what is cut now', () => {
  for (const row of ROWS)
    test(row.what, () => {
      const context = { newestTimeMs: row.newest, nowMs: row.now, flush: row.flush ?? false };
      expect(planCuts([window(row.window)], context)).toEqual(row.cuts);
    });

  test('oldest window first', () => {
    const second = window({ startMs: 2 * H, endMs: 4 * H, frontierMs: 2 * H });
    const context = { newestTimeMs: 9 * H, nowMs: 9 * H, flush: false };
    const starts = planCuts([window(), second], context).map((range) => range.windowStartMs);
    expect(starts).toEqual([0, 2 * H]);
  });
});
