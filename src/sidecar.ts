// The one place that wires `varve sidecar` together, as gateway.ts does for `serve`: the Prometheus
// beside it, its directory, the bucket, and an HTTP server that tells of all three.

import { openBucket } from '../storage-adapters/open-bucket.ts';
import { registerHealthRoutes } from './admin/health-routes.ts';
import { registerMetricsRoute } from './admin/metrics-route.ts';
import { registerProcessStatusRoutes } from './admin/status-routes.ts';
import { processStatusSource } from './admin/status-source.ts';
import { registerStoreRoutes } from './admin/store-routes.ts';
import type { BuildInfo } from './base/config/build-info.ts';
import type { SidecarConfig } from './base/config/catalogue.ts';
import { momentMs } from './base/config/moment.ts';
import type { ProcessFacts } from './base/config/start.ts';
import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import { HttpClient } from './base/http/http-client.ts';
import { HttpServer } from './base/http/server.ts';
import { LimitedLog } from './base/observe/limited-log.ts';
import type { ReadProcessMetrics } from './base/observe/process-metrics.ts';
import { MetricRegistry } from './base/observe/registry.ts';
import type { ThreadTools } from './base/observe/thread-tools.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import type { Cancel } from './base/runtime/timers.ts';
import { listBlockMetas } from './block/local-blocks.ts';
import { parseMeta } from './block/meta/parse.ts';
import { blockDir, walDir } from './block/paths.ts';
import { describePrometheusBlock } from './block/prometheus-block.ts';
import { type OpenedStore, openStore } from './bucket/open-store.ts';
import { PrometheusWatch } from './bucket/sidecar/prometheus-watch.ts';
import { type PrometheusDir, SidecarShipper } from './bucket/sidecar/sidecar-shipper.ts';
import { notePath, UploadedNote } from './bucket/sidecar/uploaded-note.ts';
import { storeLimits } from './bucket/store-tuning.ts';
import { type Stage, StageList } from './stage.ts';

/** Between rounds, as Thanos's shipper. */
const SHIP_EVERY_MS = 30_000;
/** The configuration of a large Prometheus has a few megabytes. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/** The same damaged directory is named again after this time. */
const DAMAGED_LOG_PERIOD_MS = 3_600_000;

/** What a sidecar is made of, beside its configuration. */
export interface SidecarWorld {
  readonly runtime: Runtime;
  readonly tools: ThreadTools;
  readonly build: BuildInfo;
  readonly process: ProcessFacts;
  readonly readProcess?: ReadProcessMetrics;
  /** Its own directory, absolute: `--data-dir`, or a temporary one. */
  readonly stateDir: string;
}

/** A whole `sidecar`. */
export class Sidecar {
  /** Resolves with the reason when the end is asked for or nothing can be done. */
  readonly ended: Promise<{ readonly why: string; readonly failed: boolean }>;
  readonly server: HttpServer;
  readonly #config: SidecarConfig;
  readonly #world: SidecarWorld;
  readonly #registry: MetricRegistry;
  readonly #watch: PrometheusWatch;
  readonly #stages: StageList;
  readonly #damagedLog: LimitedLog;
  readonly #startedMs: number;
  #store: OpenedStore | undefined;
  #shipper: SidecarShipper | undefined;
  #cancelRounds: Cancel = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #end: (end: { why: string; failed: boolean }) => void = () => undefined;

  constructor(config: SidecarConfig, world: SidecarWorld) {
    const { runtime, tools, readProcess } = world;
    const { clock, timers } = runtime;
    this.#config = config;
    this.#world = world;
    this.#startedMs = clock.nowMs();
    this.#damagedLog = new LimitedLog(tools.logger, clock, DAMAGED_LOG_PERIOD_MS);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#registry = new MetricRegistry(tools.metrics, {
      compatibleNames: config.metricsCompatibleNames,
      ...(readProcess === undefined ? {} : { readProcess }),
    });
    const limits = { drainTimeoutMs: config.httpGracePeriodMs };
    this.server = new HttpServer({ clock, timers, ...tools, limits });
    this.#watch = this.#makeWatch();
    const stages = [this.#httpStage(), this.#prometheusStage(), this.#uploadStage()];
    this.#stages = new StageList(stages, tools.logger);
    const { version, revision } = world.build;
    const nodeversion = world.process.nodeVersion;
    tools.metrics.gauge('varve_build_info', { version, revision, nodeversion }).set(1);
  }

  /** Resolves when it works; whether the Prometheus is there, `/-/ready` tells. */
  start(): Promise<void> {
    return this.#stages.start();
  }

  /** Ends after the block under way, or after the grace period; true when orderly. */
  async close(): Promise<boolean> {
    this.#shipper?.stop(); // while the listener still waits for its requests
    const drained = await this.#stages.drain();
    return (await this.#stages.stop()) && drained;
  }

  /** Asks for the orderly end. */
  quit(why: string): void {
    this.#end({ why, failed: false });
  }

  /** Asks the Prometheus at once for its labels and flags; for a SIGHUP. */
  askAgain(): void {
    void this.#watch.ask();
  }

  #makeWatch(): PrometheusWatch {
    const { config, world } = { config: this.#config, world: this.#world };
    const { clock, disk, timers } = world.runtime;
    const client = new HttpClient({
      disk,
      timers,
      document: config.httpClient,
      timeoutMs: config.prometheusGetConfigTimeoutMs,
      bytesMax: ANSWER_BYTES_MAX,
    });
    const base = config.prometheusUrl.replace(/\/+$/, '');
    return new PrometheusWatch({
      get: (path) => client.get(base + path),
      rules: {
        notePath: config.dataDir === undefined ? undefined : notePath(world.stateDir),
        ignoreUnequalBlockSize: config.ignoreUnequalBlockSize,
      },
      intervalMs: config.prometheusGetConfigIntervalMs,
      readyTimeoutMs: config.prometheusReadyTimeoutMs,
      onHopeless: (why) => this.#end({ why, failed: true }),
      onLabels: () => void this.#soon(),
      clock,
      timers,
      ...world.tools,
    });
  }

  #httpStage(): Stage {
    let serving = false;
    return {
      name: 'HTTP',
      start: async () => {
        const { app } = this.server;
        registerHealthRoutes(app, { waitingFor: () => this.#stages.waitingFor() });
        registerMetricsRoute(app, this.#registry);
        registerProcessStatusRoutes(app, this.#statusSource());
        registerStoreRoutes(app, { requests: async () => this.#requests() });
        await this.server.listen(this.#config.httpAddress);
        serving = true;
      },
      ready: () => serving,
      drain: async () => {
        serving = false;
        if (await this.server.drain()) return;
        throw new VarveError('draining', 'some requests did not end in time and were cut off');
      },
      stop: async () => undefined,
    };
  }

  #prometheusStage(): Stage {
    return {
      name: 'Prometheus',
      start: async () => this.#watch.start(),
      ready: () => this.#watch.labels !== undefined,
      drain: async () => {
        if (await this.#inTime(this.#watch.stop())) return;
        throw new VarveError('draining', 'a question to Prometheus was cut off');
      },
      stop: async () => undefined,
    };
  }

  #uploadStage(): Stage {
    const { timers } = this.#world.runtime;
    return {
      name: 'uploads',
      start: async () => {
        this.#shipper = await this.#makeShipper();
        this.#cancelRounds = timers.every(SHIP_EVERY_MS, () => this.#soon());
        void this.#soon();
      },
      ready: () => this.#shipper !== undefined,
      drain: async () => {
        this.#cancelRounds();
        if (await this.#inTime(this.#running)) return;
        throw new VarveError('draining', 'an upload was cut off; it goes on at the next start');
      },
      stop: async () => this.#store?.close(),
    };
  }

  async #makeShipper(): Promise<SidecarShipper> {
    const { config, world } = { config: this.#config, world: this.#world };
    const { clock, disk } = world.runtime;
    const { logger } = world.tools;
    const { tsdbPath, uploadCompacted } = config;
    if (disk.stat(walDir(tsdbPath)) === undefined) {
      logger.warn('there is no log in the directory: is it that of a Prometheus?', {
        dir: tsdbPath,
      });
    }
    const tools = { ...world.tools, open: openBucket, limits: storeLimits(config) };
    const store = await openStore(config.bucket, world.runtime, tools);
    this.#store = store;
    disk.makeDir(world.stateDir);
    return new SidecarShipper({
      bucket: store.bucketFor('ship'),
      note: new UploadedNote(disk, world.stateDir, logger),
      dir: this.#prometheusDir(),
      minTimeMs: () => momentMs(config.minTime, clock.nowMs()),
      uploadCompacted,
      clock,
      disk,
      ...world.tools,
    });
  }

  #prometheusDir(): PrometheusDir {
    const { disk, timers } = this.#world.runtime;
    const dir = this.#config.tsdbPath;
    return {
      list: () => {
        if (disk.stat(dir) === undefined) {
          throw new VarveError('not_found', `there is no directory ${dir} (--tsdb.path)`);
        }
        let refused = 0;
        const onDamaged = (path: string, error: VarveError): void => {
          if (disk.stat(path) === undefined) return; // deleted just now
          refused++;
          const message = 'not taken for a block, left as it is';
          this.#damagedLog.error(path, message, { path, code: error.code, error: error.message });
        };
        const metas = listBlockMetas({ disk, dir, onDamaged });
        return { blocks: metas.map((meta) => ({ dir: blockDir(dir, meta.ulid), meta })), refused };
      },
      describe: (block, labels) => describePrometheusBlock({ disk, timers }, block, labels),
      parseMeta,
    };
  }

  /** A round after the one under way; what goes wrong in it is logged and counted. */
  #soon(): Promise<void> {
    this.#running = this.#running.then(() => this.#round());
    return this.#running;
  }

  async #round(): Promise<void> {
    const { labels } = this.#watch;
    if (labels === undefined || this.#shipper === undefined) return;
    try {
      await this.#shipper.round(labels);
    } catch (thrown) {
      this.#world.tools.metrics
        .counter('varve_shipper_dir_sync_failures_total', { tenant: '' })
        .add();
      const { code, message } = asVarveError(thrown);
      this.#world.tools.logger.error('round failed, tried again', { code, error: message });
    }
  }

  /** False when `work` is not over after the grace period. */
  async #inTime(work: Promise<void>): Promise<boolean> {
    let cancel: Cancel = () => undefined;
    const late = new Promise<false>((resolve) => {
      cancel = this.#world.runtime.timers.after(this.#config.httpGracePeriodMs, () =>
        resolve(false),
      );
    });
    const inTime = await Promise.race([work.then(() => true), late]);
    cancel();
    return inTime;
  }

  /** Undefined until the bucket is open. */
  #requests() {
    const store = this.#store;
    return store === undefined ? undefined : { bucket: store.name, ...store.requests() };
  }

  #statusSource() {
    const { build, process, runtime } = this.#world;
    return processStatusSource({
      build,
      process,
      clock: runtime.clock,
      startedMs: this.#startedMs,
      config: () => this.#config,
      threads: () => 1,
      lastReload: () => ({ successful: true, atMs: this.#startedMs }),
      corruptions: async () => 0,
      storageRetention: () => '',
    });
  }
}
