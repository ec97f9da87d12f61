// The campaign of test/crash/engine.test.ts: seed after seed, for VARVE_MINUTES (10 by default),
// from VARVE_SEED_FROM on.

import { expect, test, vi } from 'vitest';
import { runEngineHistories } from '../support/engine-histories.ts';

vi.mock('../../src/head/head-options.ts', async (original) => {
  const module = await original<typeof import('../../src/head/head-options.ts')>();
  return { ...module, HEAD_DEFAULTS: { ...module.HEAD_DEFAULTS, seriesPerSlice: 2 } };
});
vi.mock('../../src/wal/format.ts', async (original) => {
  const module = await original<typeof import('../../src/wal/format.ts')>();
  return { ...module, SEGMENT_BYTES_MAX: 2 * module.PAGE_BYTES };
});

const MINUTES = Number(process.env.VARVE_MINUTES ?? 10);

test(
  `what was acknowledged is stored, for ${MINUTES} minutes`,
  async () => {
    const from = Number(process.env.VARVE_SEED_FROM ?? 1000);
    const counts = await runEngineHistories(seedsUntil(from, Date.now() + MINUTES * 60_000));
    process.stdout.write(`${JSON.stringify({ from, ...counts })}\n`);
    expect(counts.acknowledged).toBeGreaterThan(0);
  },
  (MINUTES + 5) * 60_000,
);

function* seedsUntil(from: number, endMs: number): Generator<number> {
  for (let seed = from; Date.now() < endMs; seed++) yield seed;
}
