// Uploads to stores that misbehave, a hundred and more faults each; two thousand in store-faults.long.test.ts.

import { describe, expect, it } from 'vitest';
import { total } from '../support/stores/fault-campaign.ts';
import { CAMPAIGN_STORES, campaignOn } from './store-fault-campaigns.ts';

const FAULTS = 150;

describe.each(CAMPAIGN_STORES.filter(({ isSlow }) => isSlow !== true))(
  '$name under faults',
  (store) => {
    it.skipIf(!store.isThere())(
      'loses no block, shows none that is not whole, leaves nothing after the sweep',
      async () => {
        const result = await campaignOn(store, { seed: 11, faultsWanted: FAULTS });
        expect(result.lost).toEqual([]);
        expect(result.falselyWhole).toEqual([]);
        expect(result.orphans).toEqual([]);
        expect(result.unfinished).toBe(0);
        expect(total(result.faults)).toBeGreaterThanOrEqual(FAULTS);
        expect(result.uploaded).toBeGreaterThan(FAULTS / 30);
      },
      240_000,
    );
  },
);
