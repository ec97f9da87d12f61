// VARVE_LOSSES (100) machines in a row, each lost in full under load and restored elsewhere.

import { afterAll, test } from 'vitest';
import { Processes } from '../support/e2e/processes.ts';
import { runArchive } from '../support/kills/archive-run.ts';

const LOSSES = Number(process.env.VARVE_LOSSES ?? 100);

const processes = new Processes();
afterAll(() => processes.endAll());

test(
  `${LOSSES} machines are lost in full: all is there up to the bound`,
  { timeout: 3 * 3_600_000 },
  () => runArchive(processes, LOSSES),
);
