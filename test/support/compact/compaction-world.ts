// Compaction with all its threads as plain calls, over a bucket in memory that a test can look into,
// fill with reference blocks, and break.

import { readdirSync, readFileSync } from 'node:fs';
import type { CompactionConfig } from '../../../src/base/config/catalogue.ts';
import { parseCommandLine } from '../../../src/base/config/command-line.ts';
import { loadCompactConfig } from '../../../src/base/config/load-config.ts';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { Compaction, type CompactionOptions } from '../../../src/compact/compaction.ts';
import { LEVEL_RANGES_MS, type PlanOptions } from '../../../src/compact/plan/options.ts';
import type { CompactSettings } from '../../../src/compact/settings.ts';
import { makeCompact } from '../../../src/compact-thread.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../each-object.ts';
import { ManualClock } from '../manual-clock.ts';
import type { MemoryDisk } from '../memory-disk.ts';
import { MemoryLogger } from '../memory-logger.ts';
import { type MemoryRuntime, memoryRuntime } from '../memory-runtime.ts';
import { OPTIONS } from './plan-blocks.ts';

const BLOCKS = 'test/golden/data/blocks';
/** Behind the newest sample of the reference blocks. */
export const NOW_MS = Date.UTC(2026, 10, 25);

/** Four of replica r2, side by side: a whole range of 8 h. */
export const FOUR: readonly string[] = [
  '01M832NMCBMHG82BHKZJX0ASR2',
  '01M832NMCN3NKKKTSD5ECMKE7C',
  '01M832NMCXVBE3P5Q3YZXC2WZ9',
  '01M832NMDD3QBEWPPPKY8ASPQ8',
];
/** Later ones of the same replica, so that nothing may come into that range any more. */
export const LATER: readonly string[] = [
  '01M832NMF6HNV11PMA7X1SQM04',
  '01M832NMH4DFWQDMT3EH0V8R34',
];

/** What a test may want otherwise. */
export interface CompactionGiven {
  readonly plan?: Partial<PlanOptions>;
  readonly run?: Partial<CompactionOptions>;
  readonly settings?: Partial<CompactSettings>;
  /** What the compactor has for the bucket: to fail some calls. */
  readonly broken?: (bucket: Bucket) => Bucket;
  /** Of the process; an empty one of its own by default. */
  readonly disk?: MemoryDisk;
}

/** See the head of the file. */
export class CompactionWorld {
  readonly clock = new ManualClock(NOW_MS);
  readonly bucket: Bucket = new MemoryBucket(this.clock);
  readonly logger = new MemoryLogger();
  readonly metrics = new MetricStore();
  runtime: MemoryRuntime = memoryRuntime({ clock: this.clock });
  #holders = 0;

  /** Puts reference blocks of `raw` into the bucket. */
  async put(ulids: readonly string[], set = 'raw'): Promise<void> {
    for (const ulid of ulids) {
      const dir = `${BLOCKS}/${set}/${ulid}`;
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = `${entry.parentPath}/${entry.name}`;
        await this.putFile(`${ulid}/${path.slice(dir.length + 1)}`, readFileSync(path));
      }
    }
  }

  async putFile(key: string, bytes: Uint8Array): Promise<void> {
    await this.bucket.put(key, bytesSource(bytes));
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of eachObject(this.bucket.list(prefix))) keys.push(key);
    return keys;
  }

  async json(key: string): Promise<Readonly<Record<string, unknown>>> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.bucket.get(key)) pieces.push(piece);
    return JSON.parse(Buffer.concat(pieces).toString()) as Readonly<Record<string, unknown>>;
  }

  /** Blocks without a deletion mark. */
  async standing(): Promise<readonly string[]> {
    const keys = await this.keys();
    const blocks = keys.filter((key) => key.endsWith('/meta.json')).map((key) => key.slice(0, 26));
    return blocks.filter((ulid) => !keys.includes(`${ulid}/deletion-mark.json`));
  }

  /** A process of its own on the bucket. */
  start(given: CompactionGiven = {}): Promise<Compaction> {
    return Compaction.start({
      ...this.stageOptions(given),
      compactConcurrency: 1,
      downsampleConcurrency: 1,
      maxDiskBytes: 0,
      waitIntervalMs: undefined,
      progressIntervalMs: 0,
      ...given.run,
    });
  }

  /** The world of another process, and the configuration that its flags would give. */
  stageOptions(given: CompactionGiven = {}) {
    const bucket = given.broken?.(this.bucket) ?? this.bucket;
    const { logger, metrics } = this;
    const runtime = memoryRuntime({
      clock: this.clock,
      seed: ++this.#holders,
      ...(given.disk === undefined ? {} : { disk: given.disk }),
      services: {
        'compact-thread': (settings: CompactSettings) =>
          makeCompact(settings, runtime, { logger, metrics, open: async () => bucket }),
      },
    });
    this.runtime = runtime;
    const onDeath = (error: Error | undefined): void => {
      throw error ?? new Error('the planner ended');
    };
    const config = configOf();
    return { runtime, settings: this.#settings(given), config, logger, metrics, onDeath };
  }

  /** One run from its start to its end; how many jobs failed. */
  async run(given: CompactionGiven = {}): Promise<number> {
    const compaction = await this.start(given);
    const failed = await compaction.run();
    await compaction.close();
    return failed;
  }

  /** The value of a metric; undefined when there is none. */
  metric(name: string, labels: readonly string[] = []): number | undefined {
    const found = this.metrics.snapshot().find((one) => one.name === name);
    return found?.samples.find((one) => one.labels.join() === labels.join())?.value;
  }

  #settings(given: CompactionGiven): CompactSettings {
    return {
      part: 'planner',
      bucket: { type: 'FILESYSTEM', prefix: '', config: { directory: '/bucket' } },
      limits: { concurrencyMax: 8, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 },
      workDir: '/work',
      holder: `test-${this.#holders}`,
      plan: { ...OPTIONS, levelRangesMs: LEVEL_RANGES_MS, replicaLabels: [], ...given.plan },
      selection: {
        consistencyDelayMs: 0,
        minTime: { kind: 'at', timeMs: 0, written: '' },
        maxTime: { kind: 'at', timeMs: 1e15, written: '' },
        rules: undefined,
      },
      isDry: false,
      logger: { level: 'debug', format: 'logfmt' },
      ...given.settings,
    };
  }
}

/** As without flags. */
function configOf(): CompactionConfig {
  const bucket = 'type: FILESYSTEM\nconfig:\n  directory: /bucket\n';
  const invocation = parseCommandLine(['compact', `--objstore.config=${bucket}`], 'test');
  if (invocation.kind !== 'compact') throw new Error(`not compact: ${invocation.kind}`);
  const world = { env: {}, readFile: () => new Uint8Array() };
  return loadCompactConfig(invocation.given, world).config.compaction;
}
