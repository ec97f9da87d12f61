// DAMAGE_RUNS mutated blocks (10,000) in buckets of healthy ones, and the compactor on them; prints
// what came of each kind. What must hold is in compact-campaign.ts.

import { expect, test } from 'vitest';
import { campaignText, runCampaign } from './compact-campaign.ts';

const RUNS = Number(process.env.DAMAGE_RUNS ?? 10_000);

test('mutated blocks among healthy ones', async () => {
  const counts = await runCampaign(RUNS, Number(process.env.DAMAGE_SEED ?? 0));
  process.stdout.write(campaignText(counts));
  const mutated = [...counts.values()].reduce((sum, one) => sum + one.mutated, 0);
  expect(mutated).toBeGreaterThanOrEqual(RUNS);
}, 36_000_000);
