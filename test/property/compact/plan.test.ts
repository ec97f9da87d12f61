// Laws of plans over random lives of a bucket: VARVE_PLAN_RUNS of them (100). A failure names its
// seed: VARVE_PLAN_SEED=n runs it alone.

import { describe, expect, test } from 'vitest';
import { BucketHistory } from './bucket-history.ts';

const RUNS = Number(process.env.VARVE_PLAN_RUNS ?? '100');
const SEED = process.env.VARVE_PLAN_SEED;

describe('over a random life of a bucket', () => {
  test(
    'plans lose no source that a policy wants, repeat nothing, and come to rest',
    () => {
      const seeds =
        SEED === undefined ? Array.from({ length: RUNS }, (_, at) => at + 1) : [Number(SEED)];
      const total = { plans: 0, jobs: 0, uploads: 0, liveMax: 0 };
      for (const seed of seeds) {
        try {
          const figures = new BucketHistory(seed).live(seed % 25 === 0 ? 60 : 12);
          total.plans += figures.plans;
          total.jobs += figures.jobs;
          total.uploads += figures.uploads;
          total.liveMax = Math.max(total.liveMax, figures.liveMax);
        } catch (cause) {
          throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : ''}`, {
            cause,
          });
        }
      }
      process.stdout.write(`${seeds.length} lives: ${JSON.stringify(total)}\n`);
      expect(total.jobs).toBeGreaterThan(seeds.length);
    },
    60_000 + 2_000 * RUNS,
  );
});
