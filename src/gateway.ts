// The one place that wires stages together: from a configuration to a running `serve` or `receive`,
// and from a signal to an orderly end. The simulation runs the same `Gateway` on its own runtime.

import type { FastifyInstance } from 'fastify';
import { registerCompactRoutes } from './admin/compact-routes.ts';
import { registerHealthRoutes } from './admin/health-routes.ts';
import { registerLifecycleRoutes } from './admin/lifecycle-routes.ts';
import { registerMetricsRoute } from './admin/metrics-route.ts';
import { OwnMetrics, type OwnSeries } from './admin/own-metrics.ts';
import { registerStatusRoutes } from './admin/status-routes.ts';
import { statusSource } from './admin/status-source.ts';
import { registerStoreRoutes, type StoreRequests } from './admin/store-routes.ts';
import { registerUploadsRoute } from './admin/uploads-routes.ts';
import type { BuildInfo } from './base/config/build-info.ts';
import type { ServeConfig } from './base/config/catalogue.ts';
import type { ConfigReloader } from './base/config/reload-config.ts';
import type { ProcessFacts } from './base/config/start.ts';
import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import type { Listen } from './base/http/listen.ts';
import { readBody } from './base/http/read-body.ts';
import { HttpServer } from './base/http/server.ts';
import { OWN_TENANT } from './base/model/tenant.ts';
import type { MetricStore } from './base/observe/metric-store.ts';
import type { ReadProcessMetrics } from './base/observe/process-metrics.ts';
import { MetricRegistry } from './base/observe/registry.ts';
import type { ThreadTools } from './base/observe/thread-tools.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import { mergeLedgers } from './bucket/merge-ledgers.ts';
import type { LedgerSnapshot } from './bucket/request-ledger.ts';
import { makeCompactStage } from './compact/compact-stage.ts';
import type { Compaction } from './compact/compaction.ts';
import { EnginePool } from './head/engine-pool.ts';
import type { OpenedRead } from './head/engine-service.ts';
import { JobStage } from './job-stage.ts';
import { Reader, type Selection, type TenantQuery } from './query/reader.ts';
import { type Stage, StageList } from './stage.ts';
import {
  archiveSettings,
  compactThreadSettings,
  engineSettings,
  jobSettings,
} from './thread-settings.ts';
import { makeArchiveStage } from './wal/archive/archive-stage.ts';
import { ensureLogId } from './wal/log-id.ts';
import { InFlightBytes } from './write/in-flight.ts';
import { RateLimit, type RateLimitOptions } from './write/rate-limit.ts';
import { addWriteRoutes } from './write/routes.ts';
import { readTenantOf, type TenantRules } from './write/tenant.ts';
import { encodeBodyV1 } from './write/wire/encode-request.ts';

/** Retry-After of a 503: spread, so that senders do not all come back at once. */
const RETRY_AFTER_SECONDS = { min: 1, max: 5 };
/** A tenant that was quiet may send this many seconds of its rate at once. */
const RATE_BURST_SECONDS = 10;

/** What a gateway is made of, beside its configuration. */
export interface GatewayWorld {
  readonly runtime: Runtime;
  readonly tools: ThreadTools;
  readonly build: BuildInfo;
  readonly reloader: ConfigReloader;
  readonly process: ProcessFacts;
  readonly readProcess?: ReadProcessMetrics;
  /** How the servers are reached; a simulation injects its requests. */
  readonly listen?: Listen;
}

/** A whole `serve` or `receive`. */
export class Gateway {
  /** Takes the write paths and health (`--remote-write.address`). */
  readonly writeServer: HttpServer;
  /** Takes everything (`--http-address`). */
  readonly adminServer: HttpServer;
  /** Resolves with the reason when the end is asked for: a signal, /-/quit, a thread that died. */
  readonly ended: Promise<{ readonly why: string; readonly failed: boolean }>;
  readonly #config: ServeConfig;
  readonly #world: GatewayWorld;
  readonly #metrics: MetricStore;
  readonly #registry: MetricRegistry;
  readonly #engines: EnginePool;
  readonly #jobs: JobStage;
  readonly #reader: Reader<OpenedRead>;
  readonly #own: OwnMetrics;
  readonly #stages: StageList;
  readonly #inFlight: InFlightBytes;
  readonly #rates: RateLimit;
  readonly #startedMs: number;
  #compaction: Compaction | undefined;
  #archiveRequests: (() => Promise<LedgerSnapshot>) | undefined;
  #lastReload: { readonly successful: boolean; readonly atMs: number };
  #end: (end: { why: string; failed: boolean }) => void = () => undefined;

  constructor(config: ServeConfig, world: GatewayWorld) {
    const { clock, timers, threads } = world.runtime;
    const { readProcess, listen } = world;
    const { logger, metrics } = world.tools;
    this.#metrics = metrics;
    this.#config = config;
    this.#world = world;
    this.#startedMs = clock.nowMs();
    this.#lastReload = { successful: true, atMs: this.#startedMs };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#registry = new MetricRegistry(this.#metrics, {
      compatibleNames: config.metricsCompatibleNames,
      ...(readProcess === undefined ? {} : { readProcess }),
    });
    const limits = { drainTimeoutMs: config.httpGracePeriodMs };
    const doors = { clock, timers, ...(listen === undefined ? {} : { listen }) };
    const http = { ...doors, logger, metrics: this.#metrics, limits };
    this.writeServer = new HttpServer(http);
    this.adminServer = new HttpServer(http);
    this.#engines = new EnginePool({
      threads,
      settings: (index) => engineSettings(config, index, this.#logId()),
      engines: config.engineThreads,
      onMetrics: (read) => void this.#registry.addSource(read),
      onDeath: (error) => this.#end({ why: `an engine ended: ${error?.message}`, failed: true }),
    });
    this.#jobs = new JobStage({
      runtime: world.runtime,
      tools: world.tools,
      settings: jobSettings(config),
      engines: this.#engines,
      current: () => world.reloader.current,
      onMetrics: (read) => void this.#registry.addSource(read),
      onDeath: (error) =>
        this.#end({ why: `the job thread ended: ${error?.message}`, failed: true }),
    });
    this.#reader = new Reader(this.#engines, {
      selectOpen: (order) => this.#jobs.thread().call('selectOpen', order),
      selectNext: (id) => this.#jobs.thread().call('selectNext', id),
      selectClose: (id) => this.#jobs.thread().call('selectClose', id),
    });
    this.#own = new OwnMetrics({
      gather: () => this.#registry.gather(),
      write: (series) => this.#writeOwn(series),
      instance: `${world.process.hostname}:${config.httpAddress.port}`,
      clock,
      timers,
      logger,
    });
    this.#inFlight = new InFlightBytes(config.inFlightBytesMax);
    this.#rates = new RateLimit(rateOptions(world));
    this.#stages = new StageList(this.#makeStages(), logger);
    const { version, revision } = world.build;
    const nodeversion = world.process.nodeVersion;
    this.#metrics.gauge('varve_build_info', { version, revision, nodeversion }).set(1);
    this.#noteReload(true);
  }

  /** Resolves when ready; rejects, with everything stopped, when it cannot be. */
  async start(): Promise<void> {
    if (this.#config.bucket === undefined) {
      const what = 'no object store is configured: blocks stay on this disk until --tsdb.retention';
      this.#world.tools.logger.warn(what);
    }
    await this.#stages.start();
    await this.#jobs.look(); // now the heads are full
    if (this.#config.role === 'serve') this.#own.start();
    const seconds = (this.#world.runtime.clock.nowMs() - this.#startedMs) / 1000;
    this.#world.tools.logger.info('ready', { seconds });
  }

  /**
   * No new requests, answers for those under way, logs synced, threads ended; true when orderly.
   */
  async close(): Promise<boolean> {
    const drained = await this.#stages.drain();
    return (await this.#stages.stop()) && drained;
  }

  /** Asks for the orderly end. */
  quit(why: string): void {
    this.#end({ why, failed: false });
  }

  /** Reads the configuration again. Rejects and keeps the old one when the new one is wrong. */
  async reload(): Promise<readonly string[]> {
    const { reloader } = this.#world;
    const { logger } = this.#world.tools;
    try {
      const { notes } = reloader.reload();
      this.#noteReload(true);
      logger.info('configuration reloaded', { notes: notes.join('; ') });
      return notes;
    } catch (thrown) {
      this.#noteReload(false);
      const { message } = asVarveError(thrown);
      logger.error('configuration not reloaded, the old one stays', { error: message });
      throw thrown;
    }
  }

  /** Cuts all that the heads hold and uploads it. */
  flush() {
    return this.#jobs.flush();
  }

  /** The series of a tenant, of heads and local blocks together, each sample once. */
  select(wanted: TenantQuery): Selection {
    return this.#reader.select(wanted);
  }

  /** Asked for when the engines start: a restore before that takes over the name of its logs. */
  #logId(): string {
    const { runtime, tools } = this.#world;
    const { disk, random } = runtime;
    return ensureLogId({ disk, random, logger: tools.logger, tsdbPath: this.#config.tsdbPath });
  }

  #noteReload(successful: boolean): void {
    const atMs = successful ? this.#world.runtime.clock.nowMs() : this.#lastReload.atMs;
    this.#lastReload = { successful, atMs };
    this.#metrics.gauge('varve_config_last_reload_successful', {}).set(successful ? 1 : 0);
    this.#metrics.gauge('varve_config_last_reload_success_timestamp_seconds', {}).set(atMs / 1000);
  }

  /** In the order of starting and of draining; they are stopped the other way round. */
  #makeStages(): readonly Stage[] {
    const stages = [this.#httpStage(), this.#archiveStage(), this.#jobs, this.#engines];
    const compaction = this.#compactStage();
    return compaction === undefined ? stages : [...stages, compaction];
  }

  #archiveStage(): Stage {
    const { runtime, tools } = this.#world;
    return makeArchiveStage({
      runtime,
      tsdbPath: this.#config.tsdbPath,
      settings: archiveSettings(this.#config),
      restore: this.#config.restore,
      synced: () => this.#engines.syncedStreams(),
      logger: tools.logger,
      onMetrics: (read) => void this.#registry.addSource(read),
      onRequests: (read) => {
        this.#archiveRequests = read;
      },
      onDeath: (error) => this.#end({ why: `the archive ended: ${error?.message}`, failed: true }),
    });
  }

  /** Undefined in `receive`, without a bucket, and where it is turned off. */
  #compactStage(): Stage | undefined {
    const { compaction: config } = this.#config;
    const settings = compactThreadSettings(this.#config, this.#world);
    if (config === undefined || settings === undefined) return undefined;
    return makeCompactStage({
      runtime: this.#world.runtime,
      config,
      settings,
      ...this.#world.tools,
      onStarted: (compaction) => {
        this.#compaction = compaction;
        this.#registry.addSource(async () => (await compaction.metrics()).flat());
      },
      onDeath: (error) => this.#end({ why: `compaction ended: ${error?.message}`, failed: true }),
    });
  }

  #httpStage(): Stage {
    let serving = false;
    return {
      name: 'HTTP',
      start: async () => {
        for (const app of [this.writeServer.app, this.adminServer.app]) {
          registerHealthRoutes(app, { waitingFor: () => this.#stages.waitingFor() });
          await this.#addWriteRoutes(app, () => !(serving && this.#engines.ready()));
        }
        this.#addAdminRoutes();
        await this.writeServer.listen(this.#config.remoteWriteAddress);
        await this.adminServer.listen(this.#config.httpAddress);
        serving = true;
      },
      ready: () => serving,
      drain: async () => {
        serving = false;
        this.#own.stop();
        const inTime = await Promise.all([this.writeServer.drain(), this.adminServer.drain()]);
        if (inTime.includes(false)) {
          throw new VarveError('draining', 'some requests did not end in time and were cut off');
        }
      },
      stop: async () => undefined,
    };
  }

  async #addWriteRoutes(app: FastifyInstance, isDraining: () => boolean): Promise<void> {
    const { clock, random } = this.#world.runtime;
    await addWriteRoutes(app, {
      engine: this.#engines,
      readBody,
      clock,
      random,
      tenants: this.#tenantRules(),
      inFlight: this.#inFlight,
      rates: this.#rates,
      backlog: this.#jobs.gate,
      bodyBytesMax: this.#config.requestBytesMax,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      isDraining,
    });
  }

  #addAdminRoutes(): void {
    const { app } = this.adminServer;
    const { build, process, runtime, reloader } = this.#world;
    registerMetricsRoute(app, this.#registry);
    const source = statusSource({
      build,
      process,
      clock: runtime.clock,
      startedMs: this.#startedMs,
      config: () => reloader.current,
      threads: () => 2 + this.#config.engineThreads,
      lastReload: () => this.#lastReload,
      corruptions: () => this.#engines.corruptions(),
      tsdb: ({ headers }, limit) =>
        this.#engines.tsdbStatus(readTenantOf({ headers }, this.#tenantRules()), limit),
      walReplay: () => this.#engines.walReplay(),
    });
    registerStatusRoutes(app, source);
    registerStoreRoutes(app, { requests: () => this.#storeRequests() });
    registerUploadsRoute(app, {
      clock: runtime.clock,
      view: (limit) => this.#jobs.thread().call('uploads', { limit }),
      isFull: () => this.#jobs.gate.isShut,
      limitBytes: () => this.#jobs.gate.limitBytes,
    });
    registerCompactRoutes(app, {
      plan: () => this.#working().plan(),
      jobs: (limit) => this.#working().jobs(limit),
    });
    const actions = {
      flush: () => this.flush(),
      reload: () => this.reload(),
      quit: () => this.quit('/-/quit'),
    };
    registerLifecycleRoutes(app, this.#config.webEnableLifecycle ? actions : undefined);
  }

  async #storeRequests(): Promise<StoreRequests | undefined> {
    const ofJobs = await this.#jobs.thread().call('storeRequests', null);
    if (ofJobs === undefined) return undefined;
    const others = [
      ...(this.#archiveRequests === undefined ? [] : [await this.#archiveRequests()]),
      ...((await this.#compaction?.requests()) ?? []),
    ];
    return { bucket: ofJobs.bucket, ...others.reduce<LedgerSnapshot>(mergeLedgers, ofJobs) };
  }

  #working(): Compaction {
    if (this.#compaction !== undefined) return this.#compaction;
    throw new VarveError('not_found', 'There is no compaction in this process.');
  }

  #tenantRules(): TenantRules {
    const { tenantHeader, defaultTenantId } = this.#config;
    return { headerName: tenantHeader, defaultTenant: defaultTenantId };
  }

  async #writeOwn(series: readonly OwnSeries[]): Promise<void> {
    if (!this.#engines.ready()) return;
    this.#jobs.gate.check();
    const bytes = encodeBodyV1(series);
    const body = new Uint8Array(bytes).buffer; // of its own, so that it can move
    const { error } = await this.#engines.write({ tenant: OWN_TENANT, version: 1, body });
    if (error !== undefined) throw new VarveError(error.code, error.message);
  }
}

/** Read at every request, so that a reload applies at once. */
function rateOptions({ runtime, reloader }: GatewayWorld): RateLimitOptions {
  return {
    clock: runtime.clock,
    get samplesPerSecond() {
      return reloader.current.tenantSamplesPerSecondMax;
    },
    get burstSamples() {
      return RATE_BURST_SECONDS * reloader.current.tenantSamplesPerSecondMax;
    },
    get dropWhenOver() {
      return reloader.current.rateLimitStatus === '429';
    },
  };
}
