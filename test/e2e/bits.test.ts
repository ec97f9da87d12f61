// 64-bit patterns of every class, from a request to the bucket: none changed. Ten million of them
// are sent by bits.long.test.ts.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BitsRun, bitsText } from '../support/bits-run.ts';
import { Processes } from '../support/e2e/processes.ts';
import { BIT_CLASSES } from '../support/expected-bits.ts';

const FLOATS = 300_000;

const processes = new Processes();
afterAll(() => processes.endAll());

test('hundreds of thousands of patterns come through unchanged', { timeout: 180_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'varve-bits-'));
  const result = await new BitsRun({ processes, dir, floats: FLOATS }).run();
  process.stdout.write(`${bitsText(result)}\n`);
  expect(result).toMatchObject({ changed: 0, missing: 0, unknown: 0, examples: [] });
  expect(result.floats - result.severalPlaces).toBeGreaterThanOrEqual(FLOATS);
  for (const name of BIT_CLASSES) expect(result.classes[name], name).toBeGreaterThan(0);
});
