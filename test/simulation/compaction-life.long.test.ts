// Two years of a bucket's life under a compactor: outages of up to a month, a compactor that is off
// for a month, kills, lost catalogues, backlogs; see compaction-life.ts. Some minutes a seed.

import { expect, test } from 'vitest';
import { lifeLine, liveThrough } from './compaction-life.ts';

const SEEDS = (process.env.VARVE_LIFE_SEEDS ?? '1,2,3').split(',').map(Number);

test.each(SEEDS)(
  'two years, seed %i: every range has the layers that the policy promises',
  {
    timeout: 7_200_000,
  },
  async (seed) => {
    const beganMs = performance.now();
    const figures = await liveThrough({
      ...{ seed, days: 730, longestDays: 30 },
      retention: { raw: 30, fiveMinutes: 90, oneHour: 365 },
    });
    const minutes = (performance.now() - beganMs) / 60_000;
    process.stdout.write(`seed ${seed}: ${lifeLine(figures)}; ${minutes.toFixed(1)} minutes\n`);
    expect(figures.days).toBe(730);
    for (const found of Object.values(figures.ranges)) expect(found).toBeGreaterThan(1000);
  },
);
