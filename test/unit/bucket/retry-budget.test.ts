import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../../src/bucket/retry-budget.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const take = (budget: RetryBudget, most: number): number => {
  let taken = 0;
  while (taken < most && budget.take()) taken++;
  return taken;
};

describe('RetryBudget', () => {
  it('gives what was saved up, then what time and successes earn, and never saves more', async () => {
    const clock = new ManualClock();
    const budget = new RetryBudget({ capacity: 3, perSuccess: 0.5, perSecond: 0.1 }, clock);
    expect(take(budget, 10)).toBe(3);
    await clock.advance(19_999);
    expect(take(budget, 10)).toBe(1);
    budget.earn();
    expect(take(budget, 10)).toBe(1);
    for (let i = 0; i < 100; i++) budget.earn();
    await clock.advance(1_000_000);
    expect(take(budget, 10)).toBe(3);
  });
});
