// The compactors that are measured: each as a process of its own, with `--wait`, until it says that
// it has done all that could be done. Both say so by Thanos's name for it.
//
// Thanos is in no package of Debian's. Where a `thanos` is in the PATH, or BENCH_THANOS names one, it
// is measured as well (docs/HACKING.md says how to build it).

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { directoryBytes, freePort, ServerProcess } from '../side-by-side/processes.ts';

/** What one compactor needed for one bucket, from its start to its having nothing left to do. */
export interface CompactorRun {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** The most that its directory held, looked at all the time. */
  readonly diskBytesMax: number;
  /** Operations on the bucket, all kinds together. */
  readonly requests: number;
}

export interface CompactorKind {
  readonly name: 'varve' | 'thanos';
  /** Undefined when it is not installed. */
  version(): string | undefined;
  /** The command line; `--wait` and the addresses are the same for both. */
  readonly command: readonly string[];
}

const launcher = new URL('../../src/launch.cjs', import.meta.url).pathname;
const thanos = process.env.BENCH_THANOS ?? 'thanos';
const DONE_LIMIT_MS = 600_000;
const LOOK_EVERY_MS = 100;
/** Often enough not to count what comes after the end, seldom enough not to be what is measured. */
const ASK_EVERY_MS = 1_000;

export const COMPACTORS: readonly CompactorKind[] = [
  {
    name: 'varve',
    command: [process.execPath, launcher, 'compact'],
    version: () => firstLine(process.execPath, [launcher, '--version']),
  },
  {
    name: 'thanos',
    command: [thanos, 'compact'],
    version: () => firstLine(thanos, ['--version']),
  },
];

/** Runs one on a bucket, which it changes. `dir` is for it alone. */
export async function runCompactor(
  kind: CompactorKind,
  bucketDir: string,
  dir: string,
): Promise<CompactorRun> {
  mkdirSync(dir, { recursive: true });
  const config = join(dir, 'bucket.yml');
  writeFileSync(config, `type: FILESYSTEM\nconfig:\n  directory: ${bucketDir}\n`);
  const port = await freePort();
  const dataDir = join(dir, 'work');
  const flags = [
    `--data-dir=${dataDir}`,
    `--objstore.config-file=${config}`,
    `--http-address=127.0.0.1:${port}`,
    '--consistency-delay=0s',
    '--wait',
    '--wait-interval=1h',
  ];
  const log = join(dir, 'log');
  const startMs = performance.now();
  const server = new ServerProcess([...kind.command, ...flags], log);
  try {
    const watched = { server, dataDir, url: `http://127.0.0.1:${port}/metrics` };
    const { diskBytesMax, metrics } = await untilDone(watched, log);
    const seconds = (performance.now() - startMs) / 1000;
    const requests = sumOf(metrics, 'thanos_objstore_bucket_operations_total');
    const cpuSeconds = server.cpuSeconds();
    return { seconds, cpuSeconds, peakBytes: server.peakBytes(), diskBytesMax, requests };
  } finally {
    await server.end('SIGTERM');
  }
}

interface Watched {
  readonly server: ServerProcess;
  readonly dataDir: string;
  readonly url: string;
}

async function untilDone(
  { dataDir, server, url }: Watched,
  log: string,
): Promise<{ readonly diskBytesMax: number; readonly metrics: string }> {
  await server.answers(url);
  const endMs = performance.now() + DONE_LIMIT_MS;
  let diskBytesMax = 0;
  let lastAskedMs = 0;
  while (performance.now() < endMs) {
    diskBytesMax = Math.max(diskBytesMax, existsSync(dataDir) ? bytesNow(dataDir) : 0);
    await sleep(LOOK_EVERY_MS);
    if (performance.now() - lastAskedMs < ASK_EVERY_MS) continue;
    lastAskedMs = performance.now();
    const metrics = await fetch(url).then((answer) => answer.text());
    if (sumOf(metrics, 'thanos_compact_halted') > 0) throw new Error(`it halted, see ${log}`);
    if (sumOf(metrics, 'thanos_compact_iterations_total') > 0) return { diskBytesMax, metrics };
  }
  throw new Error(`a compactor did not come to an end, see ${log}`);
}

/** Files come and go while they are counted. */
function bytesNow(dir: string): number {
  try {
    return directoryBytes(dir);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    return 0;
  }
}

function sumOf(metrics: string, name: string): number {
  const lines = metrics.matchAll(new RegExp(`^${name}(?:{.*})? (\\S+)$`, 'gm'));
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Undefined when it is not installed. Thanos says its version on standard error. */
function firstLine(file: string, args: readonly string[]): string | undefined {
  const { error, stderr, stdout } = spawnSync(file, args, { encoding: 'utf8' });
  return error === undefined ? (stdout || stderr).split('\n')[0] : undefined;
}
