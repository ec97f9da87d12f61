import { expect, test } from 'vitest';
import { Later } from '../../../../src/compact/run/later.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

test('each failure doubles the time until the next try; a success ends it', async () => {
  const clock = new ManualClock();
  const later = new Later(clock);
  expect(later.isDue('a')).toBe(true);
  later.failed('a');
  expect([later.isDue('a'), later.isDue('b'), later.size]).toEqual([false, true, 1]);
  await clock.advance(60_000);
  expect(later.isDue('a')).toBe(true);
  later.failed('a');
  await clock.advance(119_999);
  expect(later.isDue('a')).toBe(false);
  await clock.advance(1);
  expect(later.isDue('a')).toBe(true);
  for (let i = 0; i < 40; i++) later.failed('a');
  await clock.advance(6 * 3_600_000);
  expect(later.isDue('a')).toBe(true);
  later.succeeded('a');
  expect(later.size).toBe(0);
});

test('jobs that no plan has are forgotten', () => {
  const later = new Later(new ManualClock());
  later.failed('a');
  later.failed('b');
  later.keepOnly(new Set(['b']));
  expect([later.size, later.isDue('a'), later.isDue('b')]).toEqual([1, true, false]);
});
