// Compaction in a process: the planner's thread, the workers' threads and the loop, from their
// start to their end. `varve compact` is made of it, and `varve serve` has one.

import type { Logger } from '../base/observe/logger.ts';
import type { MetricSnapshot, MetricStore } from '../base/observe/metric-store.ts';
import type { Runtime } from '../base/runtime/runtime.ts';
import type { Remote } from '../base/runtime/threads.ts';
import type { LedgerSnapshot } from '../bucket/request-ledger.ts';
import { CompactLoop } from './loop.ts';
import type { PlanDocument } from './plan/print.ts';
import type { JobProgress } from './run/progress.ts';
import type { JobRecord, MakingJob, PlannerService, WorkerService } from './run/work.ts';
import { WorkerSlot } from './run/worker-slot.ts';
import { WorkerThreads } from './run/worker-threads.ts';
import type { CompactSettings } from './settings.ts';

export interface CompactionOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'threads' | 'timers'>;
  /** Of the planner's thread; workers get the same with another `part`. */
  readonly settings: CompactSettings;
  readonly compactConcurrency: number;
  readonly downsampleConcurrency: number;
  readonly maxDiskBytes: number;
  /** Undefined: ends when nothing is left to do. */
  readonly waitIntervalMs: number | undefined;
  readonly progressIntervalMs: number;
  readonly logger: Logger;
  readonly metrics: MetricStore;
  /** The planner's thread ended by itself. */
  readonly onDeath: (error: Error | undefined) => void;
}

/** What there is to see of jobs. */
export interface JobsView {
  readonly running: readonly JobProgress[];
  /** The last one first. */
  readonly ended: readonly JobRecord[];
}

/** See the head of the file. */
export class Compaction {
  readonly #planner: Remote<PlannerService>;
  readonly #workers: WorkerThreads;
  readonly #loop: CompactLoop;
  #isStopping = false;

  private constructor(options: CompactionOptions, planner: Remote<PlannerService>) {
    const { compactConcurrency, downsampleConcurrency, onDeath, runtime, settings } = options;
    const { clock, threads, timers } = runtime;
    this.#planner = planner;
    this.#workers = new WorkerThreads(() =>
      threads.start<WorkerService>('compact-thread', { ...settings, part: 'worker' }),
    );
    const slot = (kind: MakingJob['kind']) => new WorkerSlot(kind, this.#workers);
    const slots = [
      ...Array.from({ length: compactConcurrency }, () => slot('compact')),
      ...Array.from({ length: downsampleConcurrency }, () => slot('downsample')),
    ];
    this.#loop = new CompactLoop({ ...options, planner, workers: slots, clock, timers });
    void planner.ended.then((error) => {
      if (!this.#isStopping) onDeath(error);
    });
  }

  /** Starts the planner's thread. Throws what opening the bucket throws. */
  static async start(options: CompactionOptions): Promise<Compaction> {
    const { threads } = options.runtime;
    const planner = await threads.start<PlannerService>('compact-thread', options.settings);
    return new Compaction(options, planner);
  }

  /** Works until nothing is left to do, or until `stop`; how many jobs failed. */
  run(): Promise<number> {
    return this.#loop.run();
  }

  /** Makes a plan, or gives the newest. */
  plan(): Promise<PlanDocument> {
    return this.#planner.call('plan', null);
  }

  /** The jobs under way. */
  running(): Promise<readonly JobProgress[]> {
    return this.#loop.jobs();
  }

  async jobs(limit: number): Promise<JobsView> {
    const [running, ended] = await Promise.all([
      this.#loop.jobs(),
      this.#planner.call('history', { limit }),
    ]);
    return { running, ended };
  }

  /** Metrics of each of its threads. */
  async metrics(): Promise<readonly MetricSnapshot[]> {
    const asked = this.#workers.each((thread) => thread.call('metrics', null));
    const [planner, workers] = await Promise.all([this.#planner.call('metrics', null), asked]);
    return [planner, ...workers];
  }

  /** What each of its threads asked of the store. */
  async requests(): Promise<readonly LedgerSnapshot[]> {
    const asked = this.#workers.each((thread) => thread.call('requests', null));
    const [planner, workers] = await Promise.all([this.#planner.call('requests', null), asked]);
    return [planner, ...workers];
  }

  /** Gives up what is under way and gives leases back. */
  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await this.#workers.close();
    await this.#planner.call('close', null);
    await this.#planner.terminate();
  }
}
