// Who may go, layer by layer.

import { describe, expect, it } from 'vitest';
import { familiesOf } from '../../../src/compact/plan/families.ts';
import { judge, planRetention } from '../../../src/retention/plan.ts';
import { policyAt } from '../../../src/retention/policy.ts';
import { block } from '../../support/compact/plan-blocks.ts';

const PERIODS = { rawMs: 10, fiveMinutesMs: 100, oneHourMs: 1000 };

describe('a policy', () => {
  it('wants a range until it is older than the period, and for ever with none', () => {
    const policy = policyAt({ ...PERIODS, oneHourMs: 0 }, false, 50);
    expect([39, 40].map((maxTimeMs) => policy.wants(0, maxTimeMs))).toEqual([false, true]);
    expect(policy.wants(300_000, 39)).toBe(true);
    expect(policy.wants(3_600_000, -1e12)).toBe(true);
    expect(policy.dueMs(0, 40)).toBe(50);
    expect(policy.dueMs(3_600_000, 40)).toBe(Number.POSITIVE_INFINITY);
  });
});

const raw = block({ ulid: 'R', minTimeMs: 0, maxTimeMs: 10, sources: ['1', '2'] });
const five = (ulid: string, ...sources: string[]) => ({
  ...raw,
  ulid,
  sources,
  resolutionMs: 300_000,
});
const hour = (ulid: string, ...sources: string[]) => ({
  ...five(ulid, ...sources),
  resolutionMs: 3_600_000,
});

/** `go` with the successors, or `stay`, for each due block. */
function verdicts(blocks: readonly (typeof raw)[], atMs: number, isPlain = false) {
  const [family] = familiesOf(blocks, []);
  if (family === undefined) throw new Error('no family');
  const found = planRetention(family, policyAt(PERIODS, isPlain, atMs));
  return Object.fromEntries(
    found.map(({ block: { ulid }, verdict }) => [
      ulid,
      verdict.mayGo ? `go ${verdict.successors.join(' ')}`.trim() : 'stay',
    ]),
  );
}

describe('retention', () => {
  it.each([
    ['nothing is due', [raw], 20, {}],
    ['raw without successor', [raw], 21, { R: 'stay' }],
    ['raw with half of its sources in 5m', [raw, five('F', '1')], 21, { R: 'stay' }],
    [
      'raw with its sources in two 5m blocks',
      [raw, five('F', '1'), five('G', '2')],
      21,
      { R: 'go F G' },
    ],
    ['raw in 1h only while 5m wants it', [raw, hour('H', '1', '2')], 21, { R: 'stay' }],
    ['raw in 1h when 5m is past', [raw, hour('H', '1', '2')], 111, { R: 'go H' }],
    [
      'raw in 5m and 1h together when 5m is past',
      [raw, hour('H', '1'), five('F', '2')],
      111,
      { R: 'go F H', F: 'stay' },
    ],
    ['5m without 1h', [five('F', '1')], 111, { F: 'stay' }],
    ['5m in 1h', [five('F', '1'), hour('H', '1', '2')], 111, { F: 'go H' }],
    ['all past', [raw, five('F', '1'), hour('H', '2')], 1011, { R: 'go', F: 'go', H: 'go' }],
  ] as const)('%s', (_name, blocks, atMs, out) => {
    expect(verdicts(blocks, atMs)).toEqual(out);
  });

  it('goes by age when it is plain', () => {
    expect(verdicts([raw], 21, true)).toEqual({ R: 'go' });
  });

  it('judges a block that is none of the family’s', () => {
    const [family] = familiesOf([five('F', '1', '2')], []);
    if (family === undefined) throw new Error('no family');
    const verdict = judge(raw, family, policyAt(PERIODS, false, 21));
    expect(verdict).toMatchObject({ mayGo: true, successors: ['F'] });
    expect(verdict.why).toBe('older than 10ms, and in 5m and 1h');
  });
});
