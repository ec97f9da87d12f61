// One simulated machine with the whole way of a sample on it: engine, jobs, cut loop, shipping to a
// bucket directory; and the ways in which it ends: drained, killed, or without power, between two
// steps or at any single disk operation.

import { MetricStore } from '../../src/base/observe/metric-store.ts';
import type { Remote } from '../../src/base/runtime/threads.ts';
import { makeEngine } from '../../src/engine-thread.ts';
import type { CutJob } from '../../src/head/cut-job.ts';
import { CutLoop, type CutRound } from '../../src/head/cut-loop.ts';
import { EnginePool } from '../../src/head/engine-pool.ts';
import type { EngineSettings, OpenedCut, OpenedRead } from '../../src/head/engine-service.ts';
import { type JobService, type JobSettings, makeJobs } from '../../src/job-thread.ts';
import { Reader, type Selection } from '../../src/query/reader.ts';
import type { SelectQuery } from '../../src/query/source.ts';
import { SEGMENT_BYTES_MAX } from '../../src/wal/format.ts';
import type { WriteOutcome } from '../../src/write/outcome.ts';
import { DEFAULT_WIRE_LIMITS } from '../../src/write/wire/limits.ts';
import type { Fault } from './disk-faults.ts';
import { type End, MachineLife } from './machine-life.ts';
import type { ManualClock } from './manual-clock.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { MemoryLogger } from './memory-logger.ts';
import { memoryRuntime } from './memory-runtime.ts';
import type { SeededRandom } from './seeded-random.ts';
import { textOf } from './stored-samples.ts';

export const TSDB = '/data/tsdb';
export const BUCKET = '/data/bucket';

export interface MachineOptions {
  readonly disk: MemoryDisk;
  readonly clock: ManualClock;
  readonly seed: number;
  readonly blockLabels: readonly string[];
  readonly retentionMs: number;
  readonly walCompression: boolean;
  /** Told of every block that is about to be written, by its range and log position. */
  readonly onCut: (cut: CutNote) => void;
}

/** What makes a cut's block known again after a crash. */
export interface CutNote {
  readonly kind: 'scheduled' | 'flush' | 'late';
  /** `block labels minTimeMs maxTimeMs segment:offset`. */
  readonly key: string;
}

/** What a cut is known by. */
export function cutNoteOf({ labels, minTimeMs, maxTimeMs, position, snapshot }: CutJob): CutNote {
  const stream = textOf(labels.map(({ name, value }) => [name, value]));
  const place = `${position.segment}:${position.offset}`;
  const key = `${stream} ${minTimeMs} ${maxTimeMs} ${place}`;
  return { kind: snapshot.range.kind, key };
}

export class EngineMachine {
  readonly logger = new MemoryLogger();
  readonly #options: MachineOptions;
  readonly #pool: EnginePool;
  readonly #cuts: CutLoop<OpenedCut>;
  readonly #reader: Reader<OpenedRead>;
  #jobs: Remote<JobService> | undefined;
  readonly #life: MachineLife;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#life = new MachineLife(options.disk);
    const { disk, clock, seed, onCut } = options;
    const runtime = memoryRuntime({
      disk,
      clock,
      seed,
      services: {
        'engine-thread': (settings: EngineSettings) => makeEngine(settings, runtime, this.#tools()),
        'job-thread': (settings: JobSettings) => makeJobs(settings, runtime, this.#tools()),
      },
    });
    this.#pool = new EnginePool({
      threads: runtime.threads,
      settings: (index) => engineSettings(options, index),
      engines: 1,
      onMetrics: () => undefined,
      onDeath: () => undefined,
    });
    this.#cuts = new CutLoop<OpenedCut>({
      engines: this.#pool.cutEngines(),
      cut: ({ job }) => {
        onCut(cutNoteOf(job));
        return this.#job().call('cut', job);
      },
      onBlocks: () => undefined,
      timers: clock,
      logger: this.logger,
    });
    this.#reader = new Reader(this.#pool, {
      selectOpen: (order) => this.#job().call('selectOpen', order),
      selectNext: (id) => this.#job().call('selectNext', id),
      selectClose: (id) => this.#job().call('selectClose', id),
    });
    this.#startJobs = async () => {
      this.#jobs = await runtime.threads.start<JobService>('job-thread', jobSettings());
    };
  }

  readonly #startJobs: () => Promise<void>;

  async start(): Promise<void> {
    await this.#startJobs();
    await this.#pool.start();
  }

  /** Resolves when the machine has gone down. */
  get died(): Promise<void> {
    return this.#life.died;
  }

  get isUp(): boolean {
    return this.#life.isUp;
  }

  /** What survived; only when the machine is down. */
  get remains(): MemoryDisk {
    return this.#life.remains;
  }

  write(tenant: string, body: ArrayBuffer): Promise<WriteOutcome> {
    return this.writeAs(1, tenant, body);
  }

  /** @param version of remote write */
  writeAs(version: 1 | 2, tenant: string, body: ArrayBuffer): Promise<WriteOutcome> {
    return this.#pool.write({ tenant, version, body });
  }

  /** What the machine sees of its disk. */
  get disk(): MemoryDisk {
    return this.#options.disk;
  }

  cutRound(flush: boolean): Promise<CutRound> {
    return this.#cuts.round(flush);
  }

  select(tenant: string, query: SelectQuery): Selection {
    return this.#reader.select({ tenant, query });
  }

  ship() {
    const { retentionMs } = this.#options;
    return this.#job().call('ship', { retentionMs, retryAll: true, logsAreRead: true });
  }

  /** The orderly end; then the disk is as a stopped process leaves it. */
  async drain(): Promise<void> {
    await this.#cuts.drain();
    await this.#pool.drain();
    await this.#job().call('close', null);
    await this.#pool.stop();
    this.goDown('kill', undefined);
  }

  order(fault: Fault): void {
    this.#life.order(fault);
  }

  /** No fault is ordered any more, nor an end. */
  clearFaults(): void {
    this.#life.clearFaults();
  }

  set capacityBytes(bytes: number) {
    this.#options.disk.capacityBytes = bytes;
  }

  goDown(end: End, random: SeededRandom | undefined): void {
    this.#life.goDown(end, random);
  }

  /** Lets the machine go down before the `nth` disk operation from now on. */
  goDownAtOperation(nth: number, end: End, random: SeededRandom | undefined): void {
    this.#life.goDownAtOperation(nth, end, random);
  }

  #job(): Remote<JobService> {
    if (this.#jobs === undefined) throw new Error('not started');
    return this.#jobs;
  }

  #tools() {
    return { logger: this.logger, metrics: new MetricStore() };
  }
}

function engineSettings(options: MachineOptions, index: number): EngineSettings {
  return {
    tsdbPath: TSDB,
    logId: 'log of the machine',
    index,
    engines: 1,
    labels: { external: [], tenantLabelName: 'tenant_id' },
    blockLabels: options.blockLabels,
    walCompression: options.walCompression,
    walSegmentBytesMax: SEGMENT_BYTES_MAX,
    outOfOrderWindowMs: 24 * 3_600_000,
    maxExemplars: 100,
    limits: {
      wire: DEFAULT_WIRE_LIMITS,
      labels: { labelsMax: 128, nameBytesMax: 1024, valueBytesMax: 8192 },
      aheadMs: 600_000,
      streamsPerTenant: 64,
      tenants: 100,
      seriesPerTenant: 100_000,
      cacheBytes: 1024 * 1024,
    },
    logger: { level: 'error', format: 'logfmt' },
  };
}

function jobSettings(): JobSettings {
  return {
    tsdbPath: TSDB,
    labels: { external: [], tenantLabelName: 'tenant_id' },
    bucket: { type: 'FILESYSTEM', prefix: '', config: { directory: BUCKET } },
    storeLimits: { concurrencyMax: 0, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 },
    uploads: 1,
    logger: { level: 'error', format: 'logfmt' },
  };
}
