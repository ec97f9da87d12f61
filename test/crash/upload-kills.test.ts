// SIGKILLs of a process that uploads, a few of them; the campaign is upload-kills.long.test.ts.

import { expect, it } from 'vitest';
import { runUploadKills } from '../support/kills/run-upload-kills.ts';

it('a few SIGKILLs while blocks are uploaded leave whole blocks or none', async () => {
  const { kills, half, kept } = await runUploadKills(20, 1);
  expect(kills).toBeGreaterThanOrEqual(20);
  expect(half).toBeGreaterThan(0);
  expect(kept).toBeGreaterThan(0);
}, 300_000);
