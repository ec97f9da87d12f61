// The engine threads as the main thread sees them: one tenant, one engine.
//
// Invariant: a write reaches an engine only after all engines have replayed; an engine that dies
// ends the gateway, because what its heads held can only be had back by a replay.

import type { TsdbStatus, WalReplayStatus } from '../admin/status-routes.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { engineOf } from '../base/model/engine-of.ts';
import type { MetricSnapshot } from '../base/observe/metric-store.ts';
import type { Remote, Threads } from '../base/runtime/threads.ts';
import type { ReadEngines, TenantQuery } from '../query/reader.ts';
import type { Stage } from '../stage.ts';
import type { SyncedStream } from '../wal/archive/synced-stream.ts';
import type { WriteEngine, WriteOutcome, WriteRequest } from '../write/outcome.ts';
import type { CutEngine } from './cut-loop.ts';
import type { EngineService, EngineSettings, OpenedCut, OpenedRead } from './engine-service.ts';

export interface EnginePoolOptions {
  readonly threads: Threads;
  /** Settings of the engine with that index. */
  readonly settings: (index: number) => EngineSettings;
  readonly engines: number;
  /** Called for each engine, to have its metrics read. */
  readonly onMetrics: (read: () => Promise<MetricSnapshot>) => void;
  /** An engine ended by itself. */
  readonly onDeath: (error: Error | undefined) => void;
}

export class EnginePool implements Stage, WriteEngine, ReadEngines<OpenedRead> {
  readonly name = 'replaying the WAL';
  readonly #options: EnginePoolOptions;
  readonly #engines: Remote<EngineService>[] = [];
  #ready = false;
  #stopping = false;

  constructor(options: EnginePoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { threads, settings, engines, onMetrics, onDeath } = this.#options;
    for (let index = 0; index < engines; index++) {
      const engine = await threads.start<EngineService>('engine-thread', settings(index));
      this.#engines.push(engine);
      onMetrics(() => engine.call('metrics', null));
      void engine.ended.then((error) => {
        if (!this.#stopping) onDeath(error);
      });
    }
    await Promise.all(this.#engines.map((engine) => engine.call('replay', null)));
    this.#ready = true;
  }

  ready(): boolean {
    return this.#ready;
  }

  /** Answers what is under way and closes the logs; no write may come after it. */
  async drain(): Promise<void> {
    this.#ready = false;
    await Promise.all(this.#engines.map((engine) => engine.call('drain', null)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#engines.map((engine) => engine.terminate()));
  }

  write(request: WriteRequest): Promise<WriteOutcome> {
    if (!this.#ready) {
      throw new VarveError('draining', 'The process is starting or shutting down.');
    }
    return this.#of(request.tenant).call('write', request, [request.body]);
  }

  async openRead(wanted: TenantQuery): Promise<OpenedRead> {
    if (!this.#ready) {
      throw new VarveError('draining', 'The process is starting or shutting down.');
    }
    return this.#of(wanted.tenant).call('openRead', wanted);
  }

  closeRead({ tenant, id }: { readonly tenant: string; readonly id: number }): Promise<void> {
    return this.#of(tenant).call('closeRead', { id });
  }

  /** The engines as the cut loop sees them; none are due before the replay is over. */
  cutEngines(): readonly CutEngine<OpenedCut>[] {
    return Array.from({ length: this.#options.engines }, (_, index) => {
      const engine = (): Remote<EngineService> => this.#at(index);
      return {
        dueCuts: async (flush) => (this.#ready ? engine().call('dueCuts', { flush }) : []),
        openCut: (order) => engine().call('openCut', order),
        closeCut: ({ stream, job }, stored, ulid) => {
          const { minTimeMs, maxTimeMs, position, snapshot } = job;
          const closed = { stream, snapshotId: snapshot.id, stored, ulid };
          return engine().call('closeCut', { ...closed, job: { minTimeMs, maxTimeMs, position } });
        },
      } satisfies CutEngine<OpenedCut>;
    });
  }

  /** Up to where the logs are durable; undefined before the replay and after the drain. */
  async syncedStreams(): Promise<readonly SyncedStream[] | undefined> {
    if (!this.#ready) return undefined;
    const all = this.#engines.map((engine) => engine.call('syncedStreams', null));
    return (await Promise.all(all)).flat();
  }

  tsdbStatus(tenant: string, limit: number): Promise<TsdbStatus> {
    return this.#of(tenant).call('tsdbStatus', { tenant, limit });
  }

  /** Chunks that are not in blocks yet; what is being replayed counts as it comes. */
  async headChunks(): Promise<number> {
    const all = await Promise.all(this.#engines.map((engine) => engine.call('headChunks', null)));
    return all.reduce((sum, one) => sum + one, 0);
  }

  /** Damaged places in the logs since the start. */
  async corruptions(): Promise<number> {
    const all = await Promise.all(this.#engines.map((engine) => engine.call('corruptions', null)));
    return all.reduce((sum, one) => sum + one, 0);
  }

  /** Of all engines together: the first segment, the last, and the one furthest behind. */
  async walReplay(): Promise<WalReplayStatus> {
    const all = await Promise.all(this.#engines.map((engine) => engine.call('replayStatus', null)));
    if (all.length === 0) return { min: 0, max: 0, current: 0 }; // the threads are being started
    return {
      min: Math.min(...all.map(({ min }) => min)),
      max: Math.max(...all.map(({ max }) => max)),
      current: Math.min(...all.map(({ current }) => current)),
    };
  }

  #of(tenant: string): Remote<EngineService> {
    return this.#at(engineOf(tenant, this.#options.engines));
  }

  #at(index: number): Remote<EngineService> {
    const engine = this.#engines[index];
    if (engine === undefined) {
      throw new VarveError('draining', 'The process is starting or shutting down.');
    }
    return engine;
  }
}
