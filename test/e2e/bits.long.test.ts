// Ten million 64-bit patterns (VARVE_FLOATS), every class of NaN among them, from requests through
// threads, log, SIGKILL and replay to the bucket: none changed.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BitsRun, bitsText } from '../support/bits-run.ts';
import { Processes } from '../support/e2e/processes.ts';
import { BIT_CLASSES } from '../support/expected-bits.ts';

const FLOATS = Number(process.env.VARVE_FLOATS ?? 10_000_000);

const processes = new Processes();
afterAll(() => processes.endAll());

test('ten million patterns come through unchanged', { timeout: 3_600_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'varve-bits-'));
  const result = await new BitsRun({ processes, dir, floats: FLOATS }).run();
  process.stdout.write(`${bitsText(result)}\n`);
  expect(result).toMatchObject({ changed: 0, missing: 0, unknown: 0, examples: [] });
  expect(result.floats - result.severalPlaces).toBeGreaterThanOrEqual(FLOATS);
  for (const name of BIT_CLASSES) expect(result.classes[name], name).toBeGreaterThan(0);
});
