// A small part of the campaign of compact-buckets.long.test.ts: other seeds, every kind of damage.

import { expect, test } from 'vitest';
import { runCampaign } from './compact-campaign.ts';
import { MUTATIONS } from './compact-mutations.ts';

test('mutated blocks among healthy ones: found before they are merged, and nobody waits', async () => {
  const counts = await runCampaign(400, 5_000_000);
  expect([...counts.keys()].sort()).toEqual(MUTATIONS.map(({ name }) => name).sort());
}, 300_000);
