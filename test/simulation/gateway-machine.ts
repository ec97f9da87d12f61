// One simulated machine that runs a whole gateway, from its HTTP handlers to the bucket, and the
// ways in which it goes down: drained, killed, or without power, between two steps or before any
// single disk operation.

import { makeArchive } from '../../src/archive-thread.ts';
import type { ServeConfig } from '../../src/base/config/catalogue.ts';
import { parseCommandLine } from '../../src/base/config/command-line.ts';
import { loadConfig } from '../../src/base/config/load-config.ts';
import { ConfigReloader } from '../../src/base/config/reload-config.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { MetricStore } from '../../src/base/observe/metric-store.ts';
import type { Runtime } from '../../src/base/runtime/runtime.ts';
import { makeEngine } from '../../src/engine-thread.ts';
import { Gateway } from '../../src/gateway.ts';
import type { EngineSettings } from '../../src/head/engine-service.ts';
import { type JobService, type JobSettings, makeJobs } from '../../src/job-thread.ts';
import type { ArchiveSettings } from '../../src/wal/archive/archive-service.ts';
import { PAGE_BYTES } from '../../src/wal/format.ts';
import type { Fault } from '../support/disk-faults.ts';
import { type CutNote, cutNoteOf } from '../support/engine-machine.ts';
import { type End, MachineLife } from '../support/machine-life.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { MemoryDisk } from '../support/memory-disk.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { memoryRuntime } from '../support/memory-runtime.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { LifeTimers } from './life-timers.ts';
import type { SimulatedStore } from './simulated-store.ts';

export const TSDB = '/data/tsdb';
export const BUCKET = '/data/bucket';

/** What a machine runs, through all its lives. */
export interface Setup {
  readonly config: ServeConfig;
  readonly reloader: ConfigReloader;
}

/** What one life begins with. */
export interface LifeOptions {
  readonly setup: Setup;
  readonly disk: MemoryDisk;
  readonly clock: ManualClock;
  readonly seed: number;
  /** See LifeTimers. */
  readonly stretch: number;
  /** Undefined: the bucket is a directory on the same disk. */
  readonly store: SimulatedStore | undefined;
  /** Told of every block that is about to be written. */
  readonly onCut: (cut: CutNote) => void;
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const BUCKET_YML = `type: FILESYSTEM\nconfig:\n  directory: ${BUCKET}\n`;
const BUILD = { version: 'simulated', revision: '', branch: '', buildUser: '', buildDate: '' };
const FACTS = {
  nodeVersion: 'simulated',
  hostname: 'simulated',
  workingDirectory: '/',
  cpus: 2,
  memoryLimitBytes: 2 ** 32,
};
/** Small, so that what happens between two of them happens often. */
const TUNING = { walSegmentBytesMax: 2 * PAGE_BYTES, tuning: { seriesPerSlice: 2 } };

/** Reads the command line that a history gives its gateway. */
export function setupOf(flags: readonly string[]): Setup {
  const fixed = [
    `--tsdb.path=${TSDB}`,
    '--web.enable-lifecycle',
    `--objstore.config=${BUCKET_YML}`,
  ];
  const invocation = parseCommandLine(['receive', ...fixed, ...flags], 'simulated');
  if (invocation.kind !== 'gateway') throw new Error(`not a gateway: ${invocation.kind}`);
  const { role, given } = invocation;
  const world = {
    env: {},
    readFile: (path: string): Uint8Array => {
      throw new VarveError('not_found', `${path} is not there`);
    },
  };
  const { config } = loadConfig(role, given, world);
  return { config, reloader: new ConfigReloader(config, given, world) };
}

export class GatewayMachine {
  readonly logger = new MemoryLogger();
  readonly gateway: Gateway;
  readonly #options: LifeOptions;
  readonly #timers: LifeTimers;
  readonly #life: MachineLife;

  constructor(options: LifeOptions) {
    this.#options = options;
    const { disk, clock, seed, setup } = options;
    this.#timers = new LifeTimers(clock, options.stretch);
    this.#life = new MachineLife(disk, () => this.#timers.end());
    const services = {
      'engine-thread': (settings: EngineSettings) =>
        makeEngine({ ...settings, ...TUNING }, runtime, this.#tools()),
      'job-thread': (settings: JobSettings) => this.#makeJobs(settings, runtime),
      'archive-thread': (settings: ArchiveSettings) =>
        makeArchive(settings, runtime, { ...this.#tools(), ...this.#open() }),
    };
    const runtime: Runtime = {
      ...memoryRuntime({ disk, clock, seed, services }),
      timers: this.#timers,
    };
    this.gateway = new Gateway(setup.config, {
      runtime,
      tools: this.#tools(),
      build: BUILD,
      reloader: setup.reloader,
      process: FACTS,
      listen: async (_server, address) => address,
    });
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

  /** One HTTP request to the address that takes everything. */
  async ask(
    method: 'GET' | 'POST',
    url: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: Uint8Array } = {},
  ): Promise<Answer> {
    const { app } = this.gateway.adminServer;
    const payload = body === undefined ? {} : { payload: Buffer.from(body) };
    const answer = await app.inject({ method, url, headers, ...payload });
    return { status: answer.statusCode, headers: answer.headers, text: answer.payload };
  }

  order(fault: Fault): void {
    this.#life.order(fault);
  }

  /** Looks at the disk without meeting a fault or bringing an end nearer. */
  undisturbed<T>(look: (disk: MemoryDisk) => T): T {
    const { disk } = this.#options;
    const { hit } = disk.faults;
    disk.faults.hit = () => undefined;
    try {
      return look(disk);
    } finally {
      disk.faults.hit = hit;
    }
  }

  /** No fault is ordered any more, nor an end. */
  clearFaults(): void {
    this.#life.clearFaults();
    this.#options.disk.capacityBytes = Number.POSITIVE_INFINITY;
  }

  goDown(end: End, random: SeededRandom | undefined): void {
    this.#life.goDown(end, random);
  }

  /** Lets the machine go down before the `nth` disk operation from now on. */
  goDownAtOperation(nth: number, end: End, random: SeededRandom | undefined): void {
    this.#life.goDownAtOperation(nth, end, random);
  }

  async #makeJobs(settings: JobSettings, runtime: Runtime): Promise<JobService> {
    const { onCut } = this.#options;
    const jobs = await makeJobs(settings, runtime, { ...this.#tools(), ...this.#open() });
    return {
      ...jobs,
      cut: (job) => {
        onCut(cutNoteOf(job));
        return jobs.cut(job);
      },
    };
  }

  /** The machine's way to its object store, if that is not a directory. */
  #open() {
    const { store } = this.#options;
    const isAlive = (): boolean => this.isUp;
    return store === undefined ? {} : { open: async () => store.connect(isAlive) };
  }

  #tools() {
    return { logger: this.logger, metrics: new MetricStore() };
  }
}
