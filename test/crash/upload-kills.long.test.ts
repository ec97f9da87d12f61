// The campaign of SIGKILLs during upload: at least VARVE_UPLOAD_KILLS (500) of them, before, within
// and after every call of the bucket, and at moments of their own. VARVE_SEED gives the same again.

import { expect, it } from 'vitest';
import { runUploadKills } from '../support/kills/run-upload-kills.ts';

const KILLS = Number(process.env.VARVE_UPLOAD_KILLS ?? 500);
const SEED = Number(process.env.VARVE_SEED ?? Date.now() % 1_000_000);

it(`${KILLS} SIGKILLs while blocks are uploaded leave whole blocks or none`, async () => {
  const { kills, half, kept } = await runUploadKills(KILLS, SEED);
  expect(kills).toBeGreaterThanOrEqual(KILLS);
  expect(half).toBeGreaterThan(KILLS / 10);
  expect(kept).toBeGreaterThan(KILLS / 10);
}, 10_800_000);
