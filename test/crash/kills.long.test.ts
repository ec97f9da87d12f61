// The campaign of SIGKILLs: at least VARVE_KILLS (200) of them, a fifth or so of each kind.

import { afterAll, test } from 'vitest';
import { Processes } from '../support/e2e/processes.ts';
import { runKills } from '../support/kills/run.ts';

const KILLS = Number(process.env.VARVE_KILLS ?? 200);

const processes = new Processes();
afterAll(() => processes.endAll());

test(
  `${KILLS} SIGKILLs under load lose, double and change nothing`,
  { timeout: 3 * 3_600_000 },
  () =>
    runKills({
      processes,
      kills: KILLS,
      killsOfEachKind: Math.floor(0.18 * KILLS),
      killsBetweenLooks: 5,
    }),
);
