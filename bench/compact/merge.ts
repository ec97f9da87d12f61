// One merge by itself, without the rest of the process: 26 two-hour blocks into one, on a filesystem
// bucket. For whoever works on it; bench/compact has what a user sees.
//
// `node dist/bench/run.js merge`. The blocks are made once, in the system's temporary directory.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../side-by-side/parts.ts';
import { benchBlocks } from './blocks.ts';

interface Run {
  readonly outcome: {
    readonly kind: string;
    readonly numSamples: number;
    readonly sizeBytes: number;
    readonly figures: { readonly diskBytesMax: number };
  };
  readonly sourceBytes: number;
  readonly cpuSeconds: number;
  /** Of a second merge in the same process. */
  readonly warmCpuSeconds: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Makes the blocks, merges them in a process of its own. */
export const merge: Part = async ({ dir }) => {
  const blocks = benchBlocks();
  const runs: Run[] = [];
  for (let i = 0; i < 3; i++) {
    const result = join(dir, 'result');
    const script = join(import.meta.dirname, 'merge-run.js');
    const printed = execFileSync(process.execPath, [script, blocks, result], { encoding: 'utf8' });
    runs.push(JSON.parse(printed));
    rmSync(result, { recursive: true, force: true });
  }
  const best = runs.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds).at(0);
  if (best === undefined || runs.some(({ outcome }) => outcome.kind !== 'made'))
    throw new Error(`a merge came to ${JSON.stringify(runs)}`);
  const { outcome, sourceBytes, cpuSeconds, requests } = best;
  const figures = {
    samples: outcome.numSamples,
    sourceBytes,
    resultBytes: outcome.sizeBytes,
    cpuSeconds,
    cpuSecondsMost: Math.max(...runs.map((run) => run.cpuSeconds)),
    warmCpuSeconds: Math.min(...runs.map((run) => run.warmCpuSeconds)),
    seconds: best.seconds,
    samplesPerCpuSecond: outcome.numSamples / cpuSeconds,
    peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
    diskBytesMax: outcome.figures.diskBytesMax,
    diskToSources: outcome.figures.diskBytesMax / sourceBytes,
    readRequests: requests.read ?? 0,
    writeRequests: requests.write ?? 0,
    listRequests: requests.list ?? 0,
  };
  console.log(figures);
  return { merge: { varve: figures } };
};
