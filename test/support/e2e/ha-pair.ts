// Two Prometheis as the HA pair of an operators' guide: the same targets, the same queue, external
// labels that tell them apart; between them and Varve a proxy that can misbehave.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dump, dumpDir } from './dumps.ts';
import { FaultyProxy } from './faulty-proxy.ts';
import { apiData } from './http-calls.ts';
import { NODE_EXPORTER } from './peers.ts';
import type { Processes } from './processes.ts';
import { PrometheusProcess } from './prometheus-process.ts';
import { freePorts, waitFor } from './waiting.ts';

/** Exactly what HA guides say. */
const QUEUE_CONFIG = {
  capacity: 10000,
  max_shards: 30,
  min_shards: 1,
  max_samples_per_send: 5000,
  batch_send_deadline: '5s',
  min_backoff: '30ms',
  max_backoff: '5s',
};

export const CLUSTER = 'eu-1';
export const REPLICAS = ['a', 'b'] as const;

/** Seconds behind that are normal: a batch waits up to 5 s, a scrape and a send come on top. */
const NORMAL_LAG_SECONDS = 8;

/** What one sender says about its queue. */
export interface SenderState {
  readonly failed: number;
  readonly dropped: number;
  readonly retried: number;
  readonly pending: number;
  readonly taken: number;
  readonly lagSeconds: number;
}

export interface HaPairOptions {
  readonly processes: Processes;
  readonly dir: string;
  /** Varve's write address. */
  readonly target: string;
}

/** The pair, its targets and the proxy before Varve. */
export class HaPair {
  readonly proxy: FaultyProxy;
  readonly senders: readonly PrometheusProcess[];
  readonly #dir: string;
  readonly #configs: readonly HaConfig[];

  private constructor(
    dir: string,
    proxy: FaultyProxy,
    senders: readonly { readonly prometheus: PrometheusProcess; readonly config: HaConfig }[],
  ) {
    this.#dir = dir;
    this.proxy = proxy;
    this.senders = senders.map(({ prometheus }) => prometheus);
    this.#configs = senders.map(({ config }) => config);
  }

  static async start({ processes, dir, target }: HaPairOptions): Promise<HaPair> {
    const [proxyPort = 0, exporterPort = 0, ...ports] = await freePorts(2 + REPLICAS.length);
    const proxy = new FaultyProxy(target);
    await proxy.listen(proxyPort);
    processes.start('node-exporter', NODE_EXPORTER, {
      args: [`--web.listen-address=127.0.0.1:${exporterPort}`],
    });
    const senders = REPLICAS.map((replica, index) => {
      const port = ports[index] ?? 0;
      const own = join(dir, `prometheus-${replica}`);
      const config = haConfig(replica, proxyPort, { prometheus: port, node: exporterPort });
      return { prometheus: new PrometheusProcess(processes, { dir: own, port }, config), config };
    });
    await Promise.all(senders.map(({ prometheus }) => prometheus.ready()));
    return new HaPair(dir, proxy, senders);
  }

  /** Each sender's own metrics. */
  async states(): Promise<readonly SenderState[]> {
    return Promise.all(
      this.senders.map(async (sender) => {
        const page = await sender.metrics();
        const of = (name: string) => page.sum(`prometheus_remote_storage_${name}`);
        return {
          failed: of('samples_failed_total'),
          dropped: of('samples_dropped_total'),
          retried: of('samples_retried_total'),
          pending: of('samples_pending'),
          taken: of('samples_in_total'),
          lagSeconds:
            of('highest_timestamp_in_seconds') - of('queue_highest_sent_timestamp_seconds'),
        };
      }),
    );
  }

  /** Waits until both senders are as far behind as they always are, and no further. */
  async caughtUp(limitMs: number): Promise<void> {
    await waitFor(
      'the lag returns to normal',
      async () => (await this.states()).every((one) => one.lagSeconds <= NORMAL_LAG_SECONDS),
      { limitMs, everyMs: 500, explain: () => JSON.stringify([...this.proxy.seen]) },
    );
  }

  /**
   * Ends all scraping, which writes stale markers, and waits until everything has been sent. The
   * jobs stay and lose their targets: a Prometheus writes none when a whole job goes.
   */
  async stopScraping(): Promise<void> {
    await Promise.all(
      this.senders.map(async (sender, index) => {
        const config = this.#configs[index];
        const jobs = config?.scrape_configs.map((job) => ({ ...job, static_configs: [] }));
        await sender.reload({ ...config, scrape_configs: jobs });
        const query = `${sender.origin}/api/v1/query?query=up`;
        await waitFor(
          'every series has ended',
          async () => ((await apiData(query)) as { result: unknown[] }).result.length === 0,
          { limitMs: 60_000, everyMs: 500 },
        );
      }),
    );
    let before = '';
    await waitFor(
      'everything is sent',
      async () => {
        const states = await this.states();
        const now = JSON.stringify(states);
        const settled = now === before;
        before = now;
        return settled && states.every((one) => one.lagSeconds === 0 && one.pending === 0);
      },
      { limitMs: 60_000, everyMs: 3000, explain: () => before },
    );
  }

  /** Stops the pair in order; what both hold themselves, external labels added. */
  async dumps(): Promise<readonly Dump[]> {
    await Promise.all(this.senders.map((sender) => sender.process.stop('SIGTERM')));
    const dumps: Dump[] = [];
    for (const [index, replica] of REPLICAS.entries()) {
      const copy = join(this.#dir, `copy-${replica}`);
      cpSync(this.senders[index]?.dataDir ?? '', copy, { recursive: true });
      const dump: Dump = new Map();
      await dumpDir(copy, { cluster: CLUSTER, replica }, dump);
      dumps.push(dump);
    }
    return dumps;
  }

  /** Lets the proxy be in a mode for a while. */
  async during(mode: FaultyProxy['mode'], ms: number): Promise<void> {
    this.proxy.mode = mode;
    await sleep(ms);
    this.proxy.mode = 'pass';
  }
}

type HaConfig = ReturnType<typeof haConfig>;

function haConfig(replica: string, proxyPort: number, targets: Readonly<Record<string, number>>) {
  return {
    global: {
      scrape_interval: '1s',
      scrape_timeout: '1s',
      external_labels: { cluster: CLUSTER, replica },
    },
    remote_write: [
      { url: `http://127.0.0.1:${proxyPort}/api/v1/receive`, queue_config: QUEUE_CONFIG },
    ],
    scrape_configs: Object.entries(targets).map(([job, port]) => ({
      job_name: job,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    })),
  };
}
