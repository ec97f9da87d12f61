import { expect, it } from 'vitest';
import { Postponed } from '../../../src/bucket/postponed.ts';

const MINUTE = 60_000;

it('waits 30 s, then twice as long each time, at most an hour', () => {
  const postponed = new Postponed();
  expect(postponed.isDue('A', 0)).toBe(true);
  let nowMs = 0;
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    postponed.postpone('A', nowMs);
    let waitMs = 0;
    while (!postponed.isDue('A', nowMs + waitMs)) waitMs += MINUTE / 2;
    waits.push(waitMs / MINUTE);
    nowMs += waitMs;
  }
  expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 32, 60, 60]);
  expect(postponed.isDue('B', 0)).toBe(true);
});

it('begins anew when it is forgotten', () => {
  const postponed = new Postponed();
  for (const ulid of ['A', 'B']) for (const nowMs of [0, 0, 0]) postponed.postpone(ulid, nowMs);
  postponed.forget('A');
  expect(postponed.isDue('A', 0)).toBe(true);
  expect(postponed.isDue('B', MINUTE)).toBe(false);
  postponed.forgetAll();
  expect(postponed.isDue('B', MINUTE)).toBe(true);
});
