// One campaign of kills during upload, for test/crash/upload-kills*.test.ts.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileForWorker } from '../compile.ts';
import { type UploadKillCounts, UploadKills } from './upload-kills.ts';

/** Runs it on a bucket that is a directory; gives and prints what happened. */
export async function runUploadKills(kills: number, seed: number): Promise<UploadKillCounts> {
  const scratch = mkdtempSync(join(tmpdir(), 'varve-upload-kills-'));
  const directory = join(scratch, 'bucket');
  try {
    process.stdout.write(`seed ${seed}\n`);
    const source = 'test/support/kills/upload-child.ts';
    const child = join(compileForWorker(scratch, [source]), source.replace(/\.ts$/, '.js'));
    const campaign = new UploadKills({
      scratch,
      child,
      kills,
      seed,
      bucket: { type: 'FILESYSTEM', prefix: '', config: { directory } },
      // No listing shows what a write left that was cut off: here it can be seen all the same.
      leftovers: () => {
        const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
        return files.filter((path) => path.includes('.varve-'));
      },
    });
    await campaign.run();
    process.stdout.write(`${JSON.stringify(campaign.counts)}\n`);
    return campaign.counts;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
