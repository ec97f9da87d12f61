// One campaign of kills from its beginning to the last judgement, for test/crash/kills*.test.ts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { PROMTOOL, peersFor } from '../e2e/peers.ts';
import { type CampaignOptions, judge, KILL_KINDS, KillCampaign, textOf } from './campaign.ts';
import { askPromtool, verifyDirs } from './judges.ts';

/** Runs it; VARVE_SEED gives the same choices again (what a kill meets is still chance). */
export async function runKills(
  options: Omit<CampaignOptions, 'dir' | 'seed' | 'print'>,
): Promise<void> {
  const seed = Number(process.env.VARVE_SEED ?? Date.now() % 1_000_000);
  const dir = mkdtempSync(join(tmpdir(), 'varve-kills-'));
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  print(`seed ${seed}`);
  const campaign = await KillCampaign.prepare({ ...options, dir, seed, print });
  try {
    await campaign.run();
    await campaign.end();
    const last = await campaign.oracle.look();
    print(`data directory: ${textOf(last)}`);
    judge(last);
    expect(last.samplesInLog).toBe(0);
    const bucket = campaign.oracle.lookAtBucket();
    print(`bucket: ${textOf(bucket)}`);
    judge(bucket);
    expect(bucket.acknowledged).toBe(last.acknowledged);
    const { tsdbDir, bucketDir, fleet, table } = campaign;
    const verified = verifyDirs([tsdbDir, bucketDir]);
    print(`varve tsdb verify: ${verified.text.slice(-2000)}`);
    expect(verified.isClean).toBe(true);
    if (peersFor(PROMTOOL)) {
      const view = await askPromtool({ bucketDir, scratch: dir, fleet, table });
      print(`promtool, merged: ${JSON.stringify(view)}`);
      expect(view).toMatchObject({ lost: 0, doubled: 0, changed: 0 });
    }
  } finally {
    printCampaign(campaign, print);
  }
  expect(campaign.load.complaints).toEqual([]);
  rmSync(dir, { recursive: true, force: true });
}

function printCampaign(campaign: KillCampaign, print: (line: string) => void): void {
  const { kills, drains, byKind, met, load } = campaign;
  const counts = KILL_KINDS.map((kind) => `${kind} ${byKind.get(kind) ?? 0}`).join(', ');
  print(`${kills} kills, ${drains} drains; ${counts}`);
  for (const [what, count] of [...met].sort()) print(`  ${count} × ${what}`);
  print(`answers ${JSON.stringify(Object.fromEntries(load.answers))}`);
}
