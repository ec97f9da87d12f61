// What was acknowledged is in blocks, bit by bit, whatever happens to the machine
// (test/support/engine-histories.ts). A failing seed names itself; it is replayed, with a line for
// each step, by VARVE_SEED=7 npm test -- test/crash/engine.test.ts

import { expect, test, vi } from 'vitest';
import { runEngineHistories } from '../support/engine-histories.ts';

// Small slices and segments, so that what happens between two of them happens often.
vi.mock('../../src/head/head-options.ts', async (original) => {
  const module = await original<typeof import('../../src/head/head-options.ts')>();
  return { ...module, HEAD_DEFAULTS: { ...module.HEAD_DEFAULTS, seriesPerSlice: 2 } };
});
vi.mock('../../src/wal/format.ts', async (original) => {
  const module = await original<typeof import('../../src/wal/format.ts')>();
  return { ...module, SEGMENT_BYTES_MAX: 2 * module.PAGE_BYTES };
});

/** Those that once found something come first. */
const SEEDS = [1, 2, 7, 11, 17, 18, 100, 101];

test('what was acknowledged is stored, whatever happens to the machine', async () => {
  const only = process.env.VARVE_SEED;
  const seeds = only === undefined ? SEEDS : [Number(only)];
  const counts = await runEngineHistories(seeds, { isTraced: only !== undefined });
  expect(counts.acknowledged).toBeGreaterThan(0);
}, 240_000);
