// The servers that are measured: how each is started, and what it answers where.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, ServerProcess } from './processes.ts';

/** A server that runs. */
export interface Running {
  readonly process: ServerProcess;
  /** From the start of the process to ready. */
  readonly readySeconds: number;
  readonly writePort: number;
  /** The port of queries and of administration. */
  readonly adminPort: number;
}

export interface ServerKind {
  readonly name: 'varve' | 'prometheus' | 'victoria-metrics';
  readonly writeUrl: string;
  /** First words of its own version text; undefined when it is not installed. */
  version(): string | undefined;
  /** @param flags beside those that it is measured with; of Varve only */
  start(dir: string, flags?: readonly string[]): Promise<Running>;
}

const launcher = new URL('../../src/launch.cjs', import.meta.url).pathname;

export const VARVE: ServerKind = {
  name: 'varve',
  writeUrl: '/api/v1/receive',
  version: () => firstLine(process.execPath, [launcher, '--version']),
  start: async (dir, flags = []) => {
    const writePort = await freePort();
    const adminPort = await freePort();
    const node = [process.execPath, ...(process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [])];
    const command = [
      ...node,
      launcher,
      'serve',
      `--data-dir=${dir}`,
      `--remote-write.address=127.0.0.1:${writePort}`,
      `--http-address=127.0.0.1:${adminPort}`,
      '--web.enable-lifecycle',
      '--log.level=warn',
      '--no-compact.enabled', // none of the others works on a bucket; bench/compact measures it
      ...flags,
      ...(process.env.BENCH_VARVE_FLAGS?.split(' ') ?? []),
    ];
    return running(command, { dir, writePort, adminPort, readyPath: '/-/ready' });
  },
};

export const PROMETHEUS: ServerKind = {
  name: 'prometheus',
  writeUrl: '/api/v1/write',
  version: () => firstLine('prometheus', ['--version']),
  start: async (dir) => {
    const port = await freePort();
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'prometheus.yml'), 'global: {}\n');
    const command = [
      'prometheus',
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
      '--log.level=warn',
    ];
    return running(command, { dir, writePort: port, adminPort: port, readyPath: '/-/ready' });
  },
};

export const VICTORIA_METRICS: ServerKind = {
  name: 'victoria-metrics',
  writeUrl: '/api/v1/write',
  version: () => packageVersion('victoria-metrics'),
  start: async (dir) => {
    const port = await freePort();
    const command = [
      'victoria-metrics',
      `-storageDataPath=${join(dir, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-loggerLevel=ERROR',
    ];
    return running(command, { dir, writePort: port, adminPort: port, readyPath: '/health' });
  },
};

export const SERVERS: readonly ServerKind[] = [VARVE, PROMETHEUS, VICTORIA_METRICS];

async function running(
  command: readonly string[],
  where: { dir: string; writePort: number; adminPort: number; readyPath: string },
): Promise<Running> {
  mkdirSync(where.dir, { recursive: true });
  const server = new ServerProcess(command, `${where.dir}.log`);
  try {
    const url = `http://127.0.0.1:${where.adminPort}${where.readyPath}`;
    const readySeconds = await server.ready(url);
    return { process: server, readySeconds, ...where };
  } catch (thrown) {
    await server.end('SIGKILL');
    throw thrown;
  }
}

/** How many series a server has that answers Prometheus's queries; undefined for one that can't. */
export async function countSeries({ adminPort }: Running): Promise<number | undefined> {
  const query = encodeURIComponent(
    'count(last_over_time({job="kubernetes-service-endpoints"}[1d]))',
  );
  const url = `http://127.0.0.1:${adminPort}/api/v1/query?query=${query}`;
  const answer = await fetch(url);
  if (answer.status !== 200) return undefined;
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return Number(data.result[0]?.value[1] ?? 0);
}

function firstLine(file: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0]?.trim();
  } catch {
    return undefined; // not installed: the run says so
  }
}

function packageVersion(name: string): string | undefined {
  return firstLine('dpkg-query', ['--show', '--showformat=\u0024{Version}', name]);
}
