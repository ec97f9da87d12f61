// What `sync` acknowledged is replayed, whatever happens (test/support/wal-histories.ts).

import { test } from 'vitest';
import { runWalHistories } from '../support/wal-histories.ts';

const SEEDS = { from: 1000, count: 10_000 };

test('killed at any moment: all that was acknowledged is replayed, nothing that was refused', async () => {
  await runWalHistories(SEEDS, false);
}, 1_800_000);

test('power lost at any moment: all that was acknowledged is replayed, each once, in order', async () => {
  await runWalHistories(SEEDS, true);
}, 1_800_000);
