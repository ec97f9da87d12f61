// From the configuration of compaction to what its threads are started with. Pure.

import type { BucketDocument } from '../base/config/bucket-document.ts';
import type { CompactionConfig } from '../base/config/catalogue.ts';
import type { Moment } from '../base/config/moment.ts';
import type { LoggerOptions } from '../base/observe/node-logger.ts';
import type { Random } from '../base/runtime/random.ts';
import type { StoreLimits } from '../bucket/limited-bucket.ts';
import {
  INDEX_BYTES_MAX,
  INDEX_TABLE_BYTES_MAX,
  LEVEL_RANGES_MS,
  MERGE_SOURCES_MAX,
  PARTIAL_AGE_MS,
  type PlanOptions,
} from './plan/options.ts';

/** A range of so many blocks is made at once: 24 of two hours are in 2 d, of each replica. */
export const DIRECT_BLOCKS_MAX = 64;

/** No two processes draw the same. */
const HOLDER_RANDOM_BYTES = 8;

/** What every thread of compaction is started with; cloned into it. */
export interface CompactSettings {
  /** The planner is one thread, workers are as many as jobs may run at once. */
  readonly part: 'planner' | 'worker';
  readonly bucket: BucketDocument;
  readonly limits: StoreLimits;
  readonly workDir: string;
  /** Names this process in leases and receipts: never that of another one. */
  readonly holder: string;
  readonly plan: PlanOptions;
  readonly selection: Selection;
  /** Nothing is written, neither into the bucket nor to the disk. */
  readonly isDry: boolean;
  readonly logger: Pick<LoggerOptions, 'level' | 'format' | 'before'>;
}

/** Which blocks there are for plans. */
export interface Selection {
  readonly consistencyDelayMs: number;
  readonly minTime: Moment;
  readonly maxTime: Moment;
  /** Relabelling rules as YAML, and where they stand. */
  readonly rules: { readonly name: string; readonly text: string } | undefined;
}

/** The options of plans. */
export function planOptions(config: CompactionConfig): PlanOptions {
  return {
    replicaLabels: config.replicaLabels,
    deduplication: config.deduplicationFunc === 'penalty' ? 'penalty' : 'merge',
    retention: {
      rawMs: config.retentionRawMs,
      fiveMinutesMs: config.retention5mMs,
      oneHourMs: config.retention1hMs,
    },
    isDownsamplingDisabled: config.isDownsamplingDisabled,
    deleteDelayMs: config.deleteDelayMs,
    levelRangesMs: LEVEL_RANGES_MS.slice(0, config.compactionLevelMax),
    directMergeBlocksMax: DIRECT_BLOCKS_MAX,
    mergeSourcesMax: MERGE_SOURCES_MAX,
    indexBytesMax: Math.min(INDEX_BYTES_MAX, config.indexBytesMax),
    indexTableBytesMax: INDEX_TABLE_BYTES_MAX,
    partialAgeMs: Math.max(PARTIAL_AGE_MS, config.consistencyDelayMs),
  };
}

/** Which blocks there are for plans. */
export function selectionOf(config: CompactionConfig): Selection {
  const { consistencyDelayMs, minTime, maxTime, selector } = config;
  const rules = selector && { name: selector.name, text: selector.text.reveal() };
  return { consistencyDelayMs, minTime, maxTime, rules };
}

/** What a process adds to the configuration. */
export interface CompactProcess
  extends Pick<CompactSettings, 'bucket' | 'limits' | 'isDry' | 'logger'> {
  readonly hostname: string;
  readonly random: Random;
}

/** What the planner's thread is started with. */
export function compactSettings(
  config: CompactionConfig,
  { hostname, random, ...process }: CompactProcess,
): CompactSettings {
  const digits = Buffer.from(random.bytes(HOLDER_RANDOM_BYTES)).toString('hex');
  return {
    ...process,
    part: 'planner',
    workDir: config.workDir,
    holder: `${hostname}-${digits}`,
    plan: planOptions(config),
    selection: selectionOf(config),
  };
}
