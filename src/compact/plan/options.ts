// What plans go by beside the view: policies, limits, levels, and what others supply. Durations in
// milliseconds. Plain data, apart from the estimate.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { Deduplication, JobCost } from '../planned-job.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Thanos's ranges of blocks: what a head cuts, then what compaction makes of it. */
export const LEVEL_RANGES_MS: readonly number[] = [
  2 * HOUR_MS,
  8 * HOUR_MS,
  2 * DAY_MS,
  14 * DAY_MS,
];
/** What Thanos takes an index to be able to be (its blocks address series by 32 bits, 16 bytes). */
export const INDEX_BYTES_MAX = 64 * 2 ** 30;
/** Of a table in an index (symbols, postings offsets): its length has 32 bits. */
export const INDEX_TABLE_BYTES_MAX = 2 ** 32;
/** Blocks of one merge: each has an index that is open for as long as the merge lasts. */
export const MERGE_SOURCES_MAX = 128;
/** Thanos's age of an upload that was given up. */
export const PARTIAL_AGE_MS = 2 * DAY_MS;
/** So far the clock may be ahead of the store before what deletes stops believing it. */
export const CLOCK_AHEAD_MS = DAY_MS;
/** Blocks that will be due within this time are downsampled now, so that none becomes overdue. */
export const DUE_AHEAD_MS = HOUR_MS;

/** How long blocks of each resolution are kept; 0 is for ever. */
export interface RetentionPeriods {
  readonly rawMs: number;
  readonly fiveMinutesMs: number;
  readonly oneHourMs: number;
}

/** Options of a plan. */
export interface PlanOptions {
  /** Labels in which only replicas differ; their blocks are one group. */
  readonly replicaLabels: readonly string[];
  /** Of replicas; without replica labels it is always `merge`. */
  readonly deduplication: Deduplication;
  readonly retention: RetentionPeriods;
  readonly isDownsamplingDisabled: boolean;
  /** From a deletion mark to the deletion. */
  readonly deleteDelayMs: number;
  /** Aligned to the epoch, each a multiple of the one before; LEVEL_RANGES_MS. */
  readonly levelRangesMs: readonly number[];
  /**
   * A complete range of at most so many blocks is made at once, without the levels below it: each
   * sample is then written once instead of at every level, and more indexes are open. 0: never.
   */
  readonly directMergeBlocksMax: number;
  readonly mergeSourcesMax: number;
  readonly indexBytesMax: number;
  readonly indexTableBytesMax: number;
  readonly partialAgeMs: number;
}

/** What a merge or a downsampling would take and make, before it is done; never below the truth. */
export interface JobEstimate {
  readonly cost: JobCost;
  /** Of the result's index. */
  readonly indexBytes: number;
  /** Of the largest table in the result's index whose length has 32 bits. */
  readonly indexTableBytes: number;
}

/** Estimates a job on these blocks. */
export type EstimateJob = (
  kind: 'compact' | 'downsample',
  sources: readonly ViewedBlock[],
) => JobEstimate;
