// One campaign of kills of compactors, for test/crash/compact-kills*.test.ts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileForWorker } from '../../compile.ts';
import { type CompactKillCounts, CompactKills, type CompactKillsOptions } from './compact-kills.ts';

/** Runs it; gives and prints what happened. */
export async function runCompactKills(
  options: Pick<CompactKillsOptions, 'kills' | 'seed' | 'waitsForLeases'>,
): Promise<CompactKillCounts> {
  const scratch = mkdtempSync(join(tmpdir(), 'varve-compact-kills-'));
  try {
    process.stdout.write(`seed ${options.seed}\n`);
    const source = 'test/support/kills/compact/reader-child.ts';
    const reader = join(compileForWorker(scratch, [source]), source.replace(/\.ts$/, '.js'));
    const campaign = new CompactKills({ scratch, reader, ...options });
    try {
      await campaign.run();
    } finally {
      process.stdout.write(`${JSON.stringify(campaign.counts)}\n`);
    }
    return campaign.counts;
  } finally {
    if (process.env.VARVE_KEEP === undefined) rmSync(scratch, { recursive: true, force: true });
  }
}
