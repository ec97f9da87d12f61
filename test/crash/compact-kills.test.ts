// SIGKILLs of compactors under a reader, a few of them; the campaign is compact-kills.long.test.ts.

import { expect, it } from 'vitest';
import { runCompactKills } from '../support/kills/compact/run-compact-kills.ts';

it('a few SIGKILLs of compactors: everything once at every moment, nothing left over', async () => {
  const { kills, looks, deleted } = await runCompactKills({
    kills: 6,
    seed: 1,
    waitsForLeases: false,
  });
  expect(kills).toBeGreaterThanOrEqual(6);
  expect(looks).toBeGreaterThan(kills / 2);
  expect(deleted).toBeGreaterThan(0);
}, 300_000);
