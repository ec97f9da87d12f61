// What `sync` acknowledged is replayed, whatever happens (test/support/wal-histories.ts).

import { test } from 'vitest';
import { runWalHistories } from '../support/wal-histories.ts';

const SEEDS = { from: 0, count: 40 };

test('killed at any moment: all that was acknowledged is replayed, nothing that was refused', async () => {
  await runWalHistories(SEEDS, false);
});

test('power lost at any moment: all that was acknowledged is replayed, each once, in order', async () => {
  await runWalHistories(SEEDS, true);
});
