// A compactor's work, as a user sees it: 26 two-hour blocks of 10,000 series and 31.2 M samples on a
// filesystem bucket become a block of two days and its 5m block (24 of them; the last two are of the
// next two days). Varve beside Thanos, where there is one; DESIGN §4 has what Thanos 0.43 took for
// this on another machine: 4.9 CPU-seconds and 290 MiB.
//
// `node dist/bench/run.js compact`. The blocks are made once, in the system's temporary directory.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../side-by-side/parts.ts';
import { directoryBytes } from '../side-by-side/processes.ts';
import type { Figures } from '../side-by-side/targets.ts';
import { benchBlocks, PLAN } from './blocks.ts';
import { COMPACTORS, type CompactorKind, type CompactorRun, runCompactor } from './compactors.ts';

/** Of two hours each. */
const TWO_DAYS_BLOCKS = 24;
const RUNS = Number(process.env.BENCH_RUNS ?? 3);

/** Runs the compactors a few times, in turns: so what else the machine does meets them alike. */
export const compact: Part = async ({ dir }) => {
  const blocks = benchBlocks();
  const runs = new Map<CompactorKind, CompactorRun[]>();
  for (const kind of COMPACTORS)
    if (kind.version() !== undefined) runs.set(kind, []);
    else console.error(`${kind.name} is not installed and left out`);
  for (let i = 0; i < RUNS; i++)
    for (const [kind, done] of runs) {
      const bucket = join(dir, 'bucket');
      cpSync(blocks, bucket, { recursive: true });
      done.push(await runCompactor(kind, bucket, join(dir, kind.name)));
      checkMade(bucket);
      rmSync(bucket, { recursive: true });
      rmSync(join(dir, kind.name), { recursive: true });
    }
  const sourceBytes = directoryBytes(blocks);
  const figures: Record<string, Figures> = {};
  for (const [kind, done] of runs)
    figures[kind.name] = { version: kind.version() ?? '', ...figuresOf(done, sourceBytes) };
  console.log(figures);
  return { compact: figures };
};

interface StoredMeta {
  readonly compaction: { readonly sources: readonly string[] };
  readonly thanos: { readonly downsample: { readonly resolution: number } };
}

/** A run that did not do the work says nothing. */
function checkMade(bucket: string): void {
  const metas = readdirSync(bucket)
    .map((name) => join(bucket, name, 'meta.json'))
    .filter((path) => existsSync(path))
    .map((path): StoredMeta => JSON.parse(readFileSync(path, 'utf8')));
  const large = metas.filter(({ compaction }) => compaction.sources.length === TWO_DAYS_BLOCKS);
  const resolutions = large.map(({ thanos }) => thanos.downsample.resolution).sort((a, b) => a - b);
  if (resolutions.join() !== '0,300000')
    throw new Error(`the blocks of two days have the resolutions ${resolutions.join()}`);
}

function figuresOf(runs: readonly CompactorRun[], sourceBytes: number): Figures {
  const all = (key: keyof CompactorRun): number[] => runs.map((run) => run[key]);
  const samples = TWO_DAYS_BLOCKS * PLAN.series * PLAN.samplesEach;
  const cpuSeconds = Math.min(...all('cpuSeconds'));
  const diskBytesMax = Math.max(...all('diskBytesMax'));
  return {
    samples,
    sourceBytes,
    cpuSeconds,
    cpuSecondsMost: Math.max(...all('cpuSeconds')),
    seconds: Math.min(...all('seconds')),
    samplesPerCpuSecond: samples / cpuSeconds,
    peakBytes: Math.max(...all('peakBytes')),
    diskBytesMax,
    diskToSources: diskBytesMax / sourceBytes,
    requests: Math.max(...all('requests')),
  };
}
