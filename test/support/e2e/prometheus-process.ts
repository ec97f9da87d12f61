// A Debian Prometheus on a port and a directory of its own.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Dump } from './dumps.ts';
import { apiData, httpCall } from './http-calls.ts';
import { type MetricsPage, metricsOf } from './metrics-page.ts';
import { PROMETHEUS } from './peers.ts';
import type { Processes, RunningProcess } from './processes.ts';
import { waitFor } from './waiting.ts';

export interface PrometheusOptions {
  readonly dir: string;
  readonly port: number;
  /** The directory of its data; `<dir>/data` when absent. */
  readonly dataDir?: string;
  /** More flags. */
  readonly args?: readonly string[];
}

/** One Prometheus. */
export class PrometheusProcess {
  readonly origin: string;
  readonly dataDir: string;
  readonly process: RunningProcess;
  readonly #configFile: string;

  constructor(
    processes: Processes,
    { dir, port, dataDir, args = [] }: PrometheusOptions,
    config: unknown,
  ) {
    mkdirSync(dir, { recursive: true });
    this.origin = `http://127.0.0.1:${port}`;
    this.dataDir = dataDir ?? join(dir, 'data');
    this.#configFile = join(dir, 'prometheus.yml');
    this.#write(config);
    this.process = processes.start(`prometheus :${port}`, PROMETHEUS, {
      args: [
        `--config.file=${this.#configFile}`,
        `--storage.tsdb.path=${this.dataDir}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-lifecycle',
        ...args,
      ],
      cwd: dir,
    });
  }

  #write(config: unknown): void {
    writeFileSync(this.#configFile, typeof config === 'string' ? config : stringify(config));
  }

  async ready(): Promise<void> {
    await waitFor(
      'prometheus is ready',
      async () => (await httpCall(`${this.origin}/-/ready`)).status === 200,
      { limitMs: 60_000, explain: () => this.process.lastWords() },
    );
  }

  /** Runs on with another configuration. */
  async reload(config: unknown): Promise<void> {
    this.#write(config);
    const { status, text } = await httpCall(`${this.origin}/-/reload`, {
      method: 'POST',
      timeoutMs: 60_000,
    });
    if (status !== 200) throw new Error(`reload: ${status} ${text}`);
  }

  /** All samples of the metric `name` in the last `range`, such as `2h`, as promtool dumps them. */
  async samplesOf(name: string, range: string): Promise<Dump> {
    const query = encodeURIComponent(`{__name__="${name}"}[${range}]`);
    const { result } = (await apiData(`${this.origin}/api/v1/query?query=${query}`)) as {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly values: readonly (readonly [number, string])[];
      }[];
    };
    return new Map(
      result.map(({ metric, values }) => {
        const labels = Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1));
        const text = labels.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(', ');
        const samples = values.map(([time, value]) => [Math.round(time * 1000), value] as const);
        return [`{${text}}`, new Map(samples)];
      }),
    );
  }

  metrics(): Promise<MetricsPage> {
    return metricsOf(this.origin);
  }
}
