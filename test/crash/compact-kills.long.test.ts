// The campaign of SIGKILLs of compactors: at least VARVE_COMPACT_KILLS (500) of them, spread over
// compaction, downsampling, marking and deleting, two compactors side by side in half of the lives.
// VARVE_SEED gives the same draws again.

import { expect, it } from 'vitest';
import { runCompactKills } from '../support/kills/compact/run-compact-kills.ts';

const KILLS = Number(process.env.VARVE_COMPACT_KILLS ?? 500);
const SEED = Number(process.env.VARVE_SEED ?? Date.now() % 1_000_000);

it(`${KILLS} SIGKILLs of compactors: everything once at every moment, nothing left over`, async () => {
  const counts = await runCompactKills({ kills: KILLS, seed: SEED, waitsForLeases: true });
  const { kills, besideAnother, at, found, looks } = counts;
  expect(kills).toBeGreaterThanOrEqual(KILLS);
  expect(besideAnother).toBeGreaterThan(KILLS / 4);
  expect(looks).toBeGreaterThan(KILLS / 2);
  const { between, ...stages } = at;
  expect(between).toBeLessThan(KILLS / 2);
  for (const [stage, count] of Object.entries(stages))
    expect(count, stage).toBeGreaterThan(KILLS / 50);
  for (const [what, count] of Object.entries(found)) expect(count, what).toBeGreaterThan(0);
}, 10_800_000);
