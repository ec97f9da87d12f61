import { expect, it } from 'vitest';
import { NodeClock } from '../../../../src/base/runtime/node-clock.ts';

it('tells the time of day in milliseconds and never goes back in the monotonic one', () => {
  const clock = new NodeClock();
  expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(60_000);
  const first = clock.monotonicMs();
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(first);
});
