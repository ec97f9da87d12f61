// Machines that are lost in full, with a WAL archive in the bucket: a dozen histories from seeds.
// VARVE_ARCHIVE_SEEDS=first-last runs others; with one seed every step is told.

import { describe, expect, it } from 'vitest';
import { ArchiveHistory } from './archive-history.ts';

const LOSSES = 3;
const [first = 1, last = 12] = (process.env.VARVE_ARCHIVE_SEEDS ?? '1-12').split('-').map(Number);
const seeds = Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe('a machine is lost in full, another restores', () => {
  it.each(seeds)('seed %i: all is there up to the bound, once', async (seed) => {
    const trace = (line: string): void => {
      if (first === last) process.stdout.write(`${line}\n`);
    };
    const counts = await new ArchiveHistory(seed, trace).run(LOSSES);
    expect(counts.losses).toBe(LOSSES);
    expect(counts.acknowledged).toBeGreaterThan(0);
  });
});
