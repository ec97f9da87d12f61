// SIGKILLs under load at moments of five kinds, a few of them; the campaign is kills.long.test.ts.

import { afterAll, test } from 'vitest';
import { Processes } from '../support/e2e/processes.ts';
import { runKills } from '../support/kills/run.ts';

const processes = new Processes();
afterAll(() => processes.endAll());

test('a few SIGKILLs under load lose, double and change nothing', { timeout: 400_000 }, () =>
  runKills({ processes, kills: 6, killsOfEachKind: 1, killsBetweenLooks: 3 }),
);
