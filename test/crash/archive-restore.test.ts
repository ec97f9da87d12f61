// A few machines lost in full under load; a hundred in a row are archive-restore.long.test.ts.

import { afterAll, test } from 'vitest';
import { Processes } from '../support/e2e/processes.ts';
import { runArchive } from '../support/kills/archive-run.ts';

const processes = new Processes();
afterAll(() => processes.endAll());

test('a machine is lost in full: all is there up to the bound', { timeout: 240_000 }, () =>
  runArchive(processes, 3),
);
