// The one place that wires `varve compact` together, as gateway.ts does for `serve`: the bucket,
// the threads that work on it, and an HTTP server that tells of them. With --dry-run it prints a
// plan, and changes nothing.

import { registerCompactRoutes } from './admin/compact-routes.ts';
import { registerHealthRoutes } from './admin/health-routes.ts';
import { registerMetricsRoute } from './admin/metrics-route.ts';
import { registerProcessStatusRoutes } from './admin/status-routes.ts';
import { processStatusSource } from './admin/status-source.ts';
import { registerStoreRoutes, type StoreRequests } from './admin/store-routes.ts';
import type { BuildInfo } from './base/config/build-info.ts';
import type { CompactConfig } from './base/config/catalogue.ts';
import type { Output, ProcessFacts } from './base/config/start.ts';
import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import { HttpServer } from './base/http/server.ts';
import type { ReadProcessMetrics } from './base/observe/process-metrics.ts';
import { MetricRegistry } from './base/observe/registry.ts';
import { CLEAR_LINE, type Terminal } from './base/observe/terminal-line.ts';
import type { ThreadTools } from './base/observe/thread-tools.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import { mergeLedgers } from './bucket/merge-ledgers.ts';
import { storeLimits } from './bucket/store-tuning.ts';
import { Compaction } from './compact/compaction.ts';
import { planLines } from './compact/plan/print.ts';
import { compactSettings } from './compact/settings.ts';
import { showProgress } from './compact/terminal-progress.ts';
import { type Stage, StageList } from './stage.ts';

/** What a compactor is made of, beside its configuration. */
export interface CompactorWorld {
  readonly runtime: Runtime;
  readonly tools: ThreadTools;
  readonly build: BuildInfo;
  readonly process: ProcessFacts;
  readonly readProcess?: ReadProcessMetrics;
  /** Where a plan is printed. */
  readonly output: Output;
  /** Where a person sees how far it is; the log goes there too, each line begun with CLEAR_LINE. */
  readonly terminal?: Terminal;
}

/** A whole `compact`. */
export class Compactor {
  /** Resolves when the end is asked for, nothing is left to do, or nothing can be done. */
  readonly ended: Promise<{ readonly why: string; readonly failed: boolean }>;
  readonly server: HttpServer;
  readonly #config: CompactConfig;
  readonly #world: CompactorWorld;
  readonly #registry: MetricRegistry;
  readonly #stages: StageList;
  readonly #startedMs: number;
  #compaction: Compaction | undefined;
  #hideProgress: () => void = () => undefined;
  #end: (end: { why: string; failed: boolean }) => void = () => undefined;

  constructor(config: CompactConfig, world: CompactorWorld) {
    const { runtime, tools, readProcess } = world;
    const { clock, timers } = runtime;
    this.#config = config;
    this.#world = world;
    this.#startedMs = clock.nowMs();
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#registry = new MetricRegistry(tools.metrics, {
      compatibleNames: config.metricsCompatibleNames,
      ...(readProcess === undefined ? {} : { readProcess }),
    });
    const limits = { drainTimeoutMs: config.httpGracePeriodMs };
    this.server = new HttpServer({ clock, timers, ...tools, limits });
    const stages = config.dryRun ? [this.#workStage()] : [this.#httpStage(), this.#workStage()];
    this.#stages = new StageList(stages, tools.logger);
    const { version, revision } = world.build;
    const nodeversion = world.process.nodeVersion;
    tools.metrics.gauge('varve_build_info', { version, revision, nodeversion }).set(1);
  }

  /** Resolves when the bucket is open. */
  start(): Promise<void> {
    return this.#stages.start();
  }

  /** Gives up what is under way; true when orderly. */
  async close(): Promise<boolean> {
    const drained = await this.#stages.drain();
    return (await this.#stages.stop()) && drained;
  }

  /** Asks for the orderly end. */
  quit(why: string): void {
    this.#end({ why, failed: false });
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
        registerStoreRoutes(app, { requests: () => this.#requests() });
        registerCompactRoutes(app, {
          plan: () => this.#working().plan(),
          jobs: (limit) => this.#working().jobs(limit),
        });
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

  #workStage(): Stage {
    return {
      name: 'compaction',
      start: async () => {
        const compaction = await this.#startCompaction();
        this.#compaction = compaction;
        this.#registry.addSource(async () => (await compaction.metrics()).flat());
        this.#showProgress(compaction);
        void (this.#config.dryRun ? this.#print(compaction) : this.#run(compaction));
      },
      ready: () => this.#compaction !== undefined,
      drain: async () => {
        this.#hideProgress();
        await this.#compaction?.stop();
      },
      stop: async () => this.#compaction?.close(),
    };
  }

  #startCompaction(): Promise<Compaction> {
    const { config, world } = { config: this.#config, world: this.#world };
    const { compaction, dryRun, wait } = config;
    const { runtime, tools } = world;
    const settings = compactSettings(compaction, {
      bucket: config.bucket,
      limits: storeLimits(config),
      isDry: dryRun,
      hostname: world.process.hostname,
      random: runtime.random,
      logger: {
        level: config.logLevel,
        format: config.logFormat,
        before: world.terminal === undefined ? '' : CLEAR_LINE,
      },
    });
    return Compaction.start({
      runtime,
      settings,
      ...compaction,
      downsampleConcurrency: compaction.downsampleConcurrency,
      waitIntervalMs: wait ? compaction.waitIntervalMs : undefined,
      ...tools,
      onDeath: (error) => this.#end({ why: `the planner ended: ${error?.message}`, failed: true }),
    });
  }

  #showProgress(compaction: Compaction): void {
    const { runtime, terminal, tools } = this.#world;
    if (terminal === undefined || this.#config.dryRun) return;
    const running = () => compaction.running();
    this.#hideProgress = showProgress({ terminal, running, ...runtime, ...tools });
  }

  async #run(compaction: Compaction): Promise<void> {
    try {
      const failed = await compaction.run();
      const why = failed === 0 ? 'nothing is left to do' : `${failed} jobs failed`;
      this.#end({ why, failed: failed > 0 });
    } catch (thrown) {
      this.#end({ why: asVarveError(thrown).message, failed: true });
    }
  }

  async #print(compaction: Compaction): Promise<void> {
    try {
      const plan = await compaction.plan();
      const isJson = this.#config.output === 'json';
      const text = isJson ? JSON.stringify(plan, undefined, 2) : planLines(plan).join('\n');
      this.#world.output.stdout(`${text}\n`);
      this.#end({ why: 'the plan was printed', failed: false });
    } catch (thrown) {
      this.#end({ why: asVarveError(thrown).message, failed: true });
    }
  }

  #working(): Compaction {
    if (this.#compaction !== undefined) return this.#compaction;
    throw new VarveError('draining', 'The process is starting or shutting down.');
  }

  async #requests(): Promise<StoreRequests | undefined> {
    const [first, ...rest] = await this.#working().requests();
    if (first === undefined) return undefined;
    return { bucket: this.#config.bucket.type, ...rest.reduce(mergeLedgers, first) };
  }

  #statusSource() {
    const { build, process, runtime } = this.#world;
    return processStatusSource({
      build,
      process,
      clock: runtime.clock,
      startedMs: this.#startedMs,
      config: () => this.#config,
      threads: () => 2,
      lastReload: () => ({ successful: true, atMs: this.#startedMs }),
      corruptions: async () => 0,
      storageRetention: () => '',
    });
  }
}
