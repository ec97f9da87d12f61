// A `varve sidecar` of the built program, which can be stopped, killed and started again, and the
// history that a Prometheus begins with.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROMTOOL } from './peers.ts';
import type { Processes, RunningProcess } from './processes.ts';
import { LAUNCH } from './varve-process.ts';
import { freePorts } from './waiting.ts';

export interface SidecarOptions {
  readonly prometheusUrl: string;
  readonly tsdbPath: string;
  /** The directory of a FILESYSTEM bucket. */
  readonly bucketDir: string;
  readonly args?: readonly string[];
  /** Put before the program, to run it somewhere else: a mount namespace. */
  readonly within?: readonly string[];
}

/** One sidecar, over all its lives. */
export class SidecarProcess {
  readonly origin: string;
  readonly #processes: Processes;
  readonly #command: readonly string[];
  #current: RunningProcess | undefined;

  private constructor(processes: Processes, port: number, options: SidecarOptions) {
    this.origin = `http://127.0.0.1:${port}`;
    this.#processes = processes;
    const bucket = { type: 'FILESYSTEM', config: { directory: options.bucketDir } };
    this.#command = [
      ...(options.within ?? []),
      process.execPath,
      LAUNCH,
      'sidecar',
      `--prometheus.url=${options.prometheusUrl}`,
      `--tsdb.path=${options.tsdbPath}`,
      `--objstore.config=${JSON.stringify(bucket)}`,
      `--http-address=127.0.0.1:${port}`,
      ...(options.args ?? []),
    ];
  }

  static async prepare(processes: Processes, options: SidecarOptions): Promise<SidecarProcess> {
    const [port = 0] = await freePorts(1);
    return new SidecarProcess(processes, port, options);
  }

  get process(): RunningProcess {
    if (this.#current === undefined) throw new Error('the sidecar was not started');
    return this.#current;
  }

  launch(): RunningProcess {
    const [command = '', ...args] = this.#command;
    this.#current = this.#processes.start('sidecar', command, { args });
    return this.#current;
  }
}

/** Blocks of two hours in `dataDir`, made by promtool: `series` with a sample every 15 s. */
export function makeHistory(
  dataDir: string,
  { startMs, endMs, series }: { startMs: number; endMs: number; series: number },
): void {
  mkdirSync(dataDir, { recursive: true });
  const lines = ['# TYPE history gauge'];
  for (let i = 0; i < series; i++) {
    for (let timeMs = startMs; timeMs < endMs; timeMs += 15_000) {
      lines.push(`history{i="${i}"} ${(timeMs / 15_000) * 1.25 + i} ${timeMs / 1000}`);
    }
  }
  const file = join(dataDir, '..', 'history.txt');
  writeFileSync(file, `${lines.join('\n')}\n# EOF\n`);
  const args = ['tsdb', 'create-blocks-from', 'openmetrics', file, dataDir];
  const { status, stderr } = spawnSync(PROMTOOL, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool: ${status} ${stderr}`);
}

/** Every file below `dir`: name → size, times and content's length, to compare before and after. */
export function tree(dir: string, below = ''): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(join(dir, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const stat = statSync(join(dir, path), { throwIfNoEntry: false });
    if (stat === undefined) continue; // a file of somebody at work, renamed meanwhile
    if (stat.isDirectory()) {
      found.set(`${path}/`, `${stat.mtimeMs}`);
      for (const [inner, what] of tree(dir, path)) found.set(inner, what);
    } else found.set(path, `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.nlink}`);
  }
  return found;
}

/** A block's meta.json; only what tests look at. */
export function metaOf(blockDir: string): {
  readonly compaction: { readonly level: number };
  readonly thanos: {
    readonly labels: Readonly<Record<string, string>>;
    readonly source: string;
    readonly downsample: { readonly resolution: number };
    readonly segment_files: readonly string[];
    readonly files: readonly {
      readonly rel_path: string;
      readonly size_bytes?: number;
      readonly hash?: { readonly func: string; readonly value: string };
    }[];
  };
} {
  return JSON.parse(readFileSync(join(blockDir, 'meta.json'), 'utf8'));
}
