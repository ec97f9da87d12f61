// A compactor process on a simulated machine: `varve compact --wait` from its flags on, with planner,
// worker and loop as they are; killed, told to end, started anew on what is left of its disk.

import { parseCommandLine } from '../../src/base/config/command-line.ts';
import { loadCompactConfig } from '../../src/base/config/load-config.ts';
import { MetricStore } from '../../src/base/observe/metric-store.ts';
import type { Runtime } from '../../src/base/runtime/runtime.ts';
import { storeLimits } from '../../src/bucket/store-tuning.ts';
import { Compaction } from '../../src/compact/compaction.ts';
import type { PlanDocument } from '../../src/compact/plan/print.ts';
import { type CompactSettings, compactSettings } from '../../src/compact/settings.ts';
import { makeCompact } from '../../src/compact-thread.ts';
import { MachineLife } from '../support/machine-life.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { MemoryDisk } from '../support/memory-disk.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { memoryRuntime } from '../support/memory-runtime.ts';
import { LifeTimers } from './life-timers.ts';
import type { SimulatedStore } from './simulated-store.ts';

/** What one process begins with. */
export interface LifeCompactorOptions {
  readonly clock: ManualClock;
  readonly store: SimulatedStore;
  /** The store's objects, as the process reaches them. */
  readonly objects: Parameters<SimulatedStore['connect']>[1];
  readonly disk: MemoryDisk;
  readonly seed: number;
  readonly flags: readonly string[];
  /** Told whenever it goes on with its work. */
  readonly onWork: () => void;
}

const STORE = '--objstore.config=type: FILESYSTEM\nconfig: {directory: /bucket}\n';

/** See the head of the file. */
export class LifeCompactor {
  readonly logger = new MemoryLogger();
  readonly metrics = new MetricStore();
  /** Why it ended by itself. */
  death: unknown;
  readonly #life: MachineLife;
  readonly #options: LifeCompactorOptions;
  #compaction: Compaction | undefined;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(options: LifeCompactorOptions, timers: LifeTimers) {
    this.#options = options;
    this.#life = new MachineLife(options.disk, () => timers.end());
  }

  static async start(options: LifeCompactorOptions): Promise<LifeCompactor> {
    const timers = new LifeTimers(options.clock, 1);
    const compactor = new LifeCompactor(options, timers);
    await compactor.#start(timers);
    return compactor;
  }

  /** How often it has looked and found nothing that it could do. */
  get iterations(): number {
    const found = this.metrics
      .snapshot()
      .find(({ name }) => name === 'varve_compact_iterations_total');
    return found?.samples[0]?.value ?? 0;
  }

  /** Blocks that are overdue by the newest plan; undefined before there is one. */
  get overdue(): number | undefined {
    const found = this.metrics
      .snapshot()
      .find(({ name }) => name === 'varve_compact_overdue_blocks');
    return found?.samples[0]?.value;
  }

  /** The newest plan; before there is one it is made. */
  plan(): Promise<PlanDocument> {
    if (this.#compaction === undefined) throw new Error('it was not started');
    return this.#compaction.plan();
  }

  run(): void {
    const running = this.#compaction?.run() ?? Promise.resolve();
    this.#running = running.catch((thrown: unknown) => {
      if (this.#life.isUp) this.death = thrown;
    });
  }

  /** The disk that it leaves. */
  kill(): MemoryDisk {
    this.#life.goDown('kill', undefined);
    return this.#life.remains;
  }

  /** Told to end: gives up what is under way. */
  async stop(): Promise<MemoryDisk> {
    await this.#compaction?.stop();
    await this.#running;
    await this.#compaction?.close();
    return this.kill();
  }

  async #start(timers: LifeTimers): Promise<void> {
    const { clock, disk, flags, objects, onWork, seed, store } = this.#options;
    const { logger, metrics } = this;
    const isAlive = (): boolean => this.#life.isUp;
    const open = async () => store.connect(isAlive, objects);
    const services = {
      'compact-thread': (settings: CompactSettings) =>
        makeCompact(settings, runtime, { logger, metrics, open }),
    };
    const runtime: Runtime = {
      ...memoryRuntime({ disk, clock, seed, services }),
      timers: {
        after: (...args) => timers.after(...args),
        every: (...args) => timers.every(...args),
        sleep: (...args) => timers.sleep(...args),
        yieldNow: () => {
          onWork();
          return timers.yieldNow();
        },
      },
    };
    const { compaction, ...config } = configOf(flags);
    const settings = compactSettings(compaction, {
      bucket: config.bucket,
      limits: storeLimits(config),
      isDry: false,
      hostname: 'simulated',
      random: runtime.random,
      logger: { level: 'info', format: 'logfmt' },
    });
    this.#compaction = await Compaction.start({
      runtime,
      settings,
      ...compaction,
      ...{ waitIntervalMs: compaction.waitIntervalMs, progressIntervalMs: 0 },
      ...{ logger, metrics },
      onDeath: (error) => {
        if (this.#life.isUp) this.death = error ?? new Error('the planner ended');
      },
    });
  }
}

function configOf(flags: readonly string[]) {
  const argv = ['compact', '--wait', STORE, '--data-dir=/work', ...flags];
  const invocation = parseCommandLine(argv, 'test');
  if (invocation.kind !== 'compact') throw new Error(`not compact: ${invocation.kind}`);
  const world = { env: {}, readFile: () => new Uint8Array() };
  return loadCompactConfig(invocation.given, world).config;
}
