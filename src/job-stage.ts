// The job thread's side on the main thread: what is to be cut, uploaded and looked at is asked of
// it here, and whether there is room for more is known here.

import type { ServeConfig } from './base/config/catalogue.ts';
import { VarveError } from './base/errors/varve-error.ts';
import type { MetricSnapshot } from './base/observe/metric-store.ts';
import type { ThreadTools } from './base/observe/thread-tools.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import type { Remote } from './base/runtime/threads.ts';
import { QueueGate } from './bucket/queue-gate.ts';
import { QueueWatch } from './bucket/queue-watch.ts';
import { ShipLoop } from './bucket/ship-loop.ts';
import { CutLoop } from './head/cut-loop.ts';
import type { EnginePool } from './head/engine-pool.ts';
import type { OpenedCut } from './head/engine-service.ts';
import type { JobService, JobSettings } from './job-thread.ts';
import type { Stage } from './stage.ts';

export interface JobStageOptions {
  readonly runtime: Pick<Runtime, 'threads' | 'timers'>;
  readonly tools: ThreadTools;
  readonly settings: JobSettings;
  readonly engines: EnginePool;
  /** Options that a reload may change. */
  readonly current: () => Pick<ServeConfig, 'shipperQueueMaxBytes' | 'tsdbRetentionMs'>;
  /** Called to have the thread's metrics read. */
  readonly onMetrics: (read: () => Promise<MetricSnapshot>) => void;
  /** The thread ended by itself. */
  readonly onDeath: (error: Error | undefined) => void;
}

/** See the head of the file. */
export class JobStage implements Stage {
  readonly name = 'jobs';
  /** Shut while too much waits for the store. */
  readonly gate: QueueGate;
  readonly #options: JobStageOptions;
  readonly #cuts: CutLoop<OpenedCut>;
  readonly #ships: ShipLoop;
  readonly #queueWatch: QueueWatch;
  #jobs: Remote<JobService> | undefined;
  #isStopping = false;

  constructor(options: JobStageOptions) {
    this.#options = options;
    const { current, engines, runtime, tools } = options;
    const { logger, metrics } = tools;
    const { timers } = runtime;
    this.gate = new QueueGate({ maxBytes: () => current().shipperQueueMaxBytes, metrics, logger });
    const ask = async () => ({
      queue: await this.thread().call('queue', null),
      headChunks: await engines.headChunks(),
    });
    this.#queueWatch = new QueueWatch({ ask, gate: this.gate, timers, logger });
    this.#ships = this.#makeShipLoop();
    this.#cuts = new CutLoop<OpenedCut>({
      engines: engines.cutEngines(),
      cut: ({ job }) => this.#cut(job),
      onBlocks: () => this.#ships.soon(),
      timers,
      logger,
    });
  }

  async start(): Promise<void> {
    const { onDeath, onMetrics, runtime, settings } = this.#options;
    const jobs = await runtime.threads.start<JobService>('job-thread', settings);
    this.#jobs = jobs;
    // Without it nothing would be cut or uploaded any more, and the heads would only grow.
    void jobs.ended.then((error) => {
      if (!this.#isStopping) onDeath(error);
    });
    onMetrics(() => jobs.call('metrics', null));
    this.#cuts.start();
    this.#ships.start();
    await this.#queueWatch.start();
  }

  ready(): boolean {
    return this.#jobs !== undefined;
  }

  async drain(): Promise<void> {
    this.#queueWatch.stop();
    await this.#cuts.drain();
    await this.#ships.drain();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#jobs?.call('close', null);
    await this.#jobs?.terminate();
  }

  /** The thread; throws `draining` while there is none. */
  thread(): Remote<JobService> {
    if (this.#jobs !== undefined) return this.#jobs;
    throw new VarveError('draining', 'The process is starting or shutting down.');
  }

  /** Looks at once how much waits for the store. */
  look(): Promise<void> {
    return this.#queueWatch.look();
  }

  /** Cuts all that the heads hold and uploads it. */
  async flush() {
    const round = await this.#cuts.round(true);
    const ship = await this.#ships.round();
    if (round.failed > 0) {
      const cut = `${round.cut} blocks were cut, ${round.failed} could not be`;
      throw new VarveError('disk_failed', `${cut}; the log says why. Nothing is lost.`);
    }
    return { blocksCut: round.cut, blocksUploaded: ship.uploaded, blocksWaiting: ship.waiting };
  }

  #makeShipLoop(): ShipLoop {
    const { current, engines, runtime, tools } = this.#options;
    return new ShipLoop({
      ship: ({ retryAll }) => {
        const retentionMs = current().tsdbRetentionMs;
        const logsAreRead = engines.ready();
        return this.thread().call('ship', { retentionMs, retryAll, logsAreRead });
      },
      onRound: () => void this.look(),
      end: async () => this.#jobs?.call('endShipping', null),
      timers: runtime.timers,
      logger: tools.logger,
    });
  }

  async #cut(job: OpenedCut['job']) {
    const block = await this.thread().call('cut', job);
    void this.look();
    return block;
  }
}
