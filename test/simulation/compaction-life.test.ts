// Some weeks of a bucket's life under a compactor; two years are in compaction-life.long.test.ts.

import { expect, test } from 'vitest';
import { liveThrough } from './compaction-life.ts';

test('seven weeks: every range has the layers that the policy promises', async () => {
  const beganMs = performance.now();
  const figures = await liveThrough({
    seed: Number(process.env.SEED ?? 1),
    days: Number(process.env.DAYS ?? 50),
    retention: { raw: 4, fiveMinutes: 20, oneHour: 35 },
    longestDays: 6,
    ...(process.env.TRACE === undefined ? {} : { trace: console.log }),
  });
  console.log(JSON.stringify({ ...figures, seconds: (performance.now() - beganMs) / 1000 }));
  expect(figures.deleted).toBeGreaterThan(0);
});
