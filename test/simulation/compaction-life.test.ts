// A month of a bucket's life under a compactor; two years are in compaction-life.long.test.ts.

import { expect, test } from 'vitest';
import { lifeLine, liveThrough } from './compaction-life.ts';

test('a month: every range has the layers that the policy promises', {
  timeout: 300_000,
}, async () => {
  const figures = await liveThrough({
    seed: 1,
    days: 30,
    retention: { raw: 4, fiveMinutes: 16, oneHour: 24 },
    longestDays: 5,
  });
  process.stdout.write(`${lifeLine(figures)}\n`);
  expect(figures.deleted).toBeGreaterThan(100);
  expect(figures.ranges.raw).toBeGreaterThan(0);
  expect(figures.ranges.fiveMinutes).toBeGreaterThan(0);
});
