// Uploads to stores that misbehave: at least two thousand faults each. STORE_FAULTS_SEED chooses
// which.

import { describe, expect, it } from 'vitest';
import { total } from '../support/stores/fault-campaign.ts';
import { CAMPAIGN_STORES, campaignOn } from './store-fault-campaigns.ts';

const FAULTS = 2000;
const SEED = Number(process.env.STORE_FAULTS_SEED ?? 2026);

describe.each(CAMPAIGN_STORES)('$name under faults', (store) => {
  it.skipIf(!store.isThere())(
    `loses no block under ${FAULTS} faults, and leaves nothing after the sweep`,
    async () => {
      const result = await campaignOn(store, { seed: SEED, faultsWanted: FAULTS });
      expect(result.lost).toEqual([]);
      expect(result.falselyWhole).toEqual([]);
      expect(result.orphans).toEqual([]);
      expect(result.unfinished).toBe(0);
      expect(total(result.faults)).toBeGreaterThanOrEqual(FAULTS);
    },
    3_600_000,
  );
});
