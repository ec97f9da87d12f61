// What a plan consists of: jobs, and what is left alone and why. Types only, all of them plain data
// that can be cloned between threads and printed as JSON.

import type { Labels } from '../base/model/labels.ts';

/** Blocks that compaction may merge: same labels (replica labels removed) and resolution. */
export interface CompactionGroup {
  /** Names the group in leases, metrics and logs: `<resolution in ms>@<hash of the labels>`. */
  readonly key: string;
  readonly labels: Labels;
  readonly resolutionMs: number;
}

/** What a job costs, estimated before it starts; never below what it turns out to need. */
export interface JobCost {
  /** Bytes of the source blocks that are read. */
  readonly readBytes: number;
  /** Bytes of the result, at most. */
  readonly writtenBytes: number;
  /** Requests to the store. */
  readonly requests: number;
  /** Local disk at its highest. */
  readonly diskBytes: number;
}

/** A job that makes a block from others. */
interface MakingJob {
  /** The same view and options give the same id: kind, group and sources. */
  readonly id: string;
  readonly group: CompactionGroup;
  /** ULIDs, by min time, then ULID. */
  readonly sources: readonly string[];
  /** The result's range. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** For a person: one sentence. */
  readonly why: string;
  readonly cost: JobCost;
}

/** Merges blocks of one group into one. */
export interface CompactJob extends MakingJob {
  readonly kind: 'compact';
  /** Of the result: one above the highest of the sources. */
  readonly level: number;
  /** How samples of replicas are put together. */
  readonly deduplication: Deduplication;
}

/** `merge`: each sample once, by exact time. `penalty`: Thanos's choice between replicas. */
export type Deduplication = 'merge' | 'penalty';

/** Makes a 5m block of a raw one, or a 1h block of a 5m one. */
export interface DownsampleJob extends MakingJob {
  readonly kind: 'downsample';
  /** Of the result: 300,000 or 3,600,000. */
  readonly resolutionMs: number;
}

/** Why a block gets a deletion mark. */
export type DeletionReason = 'superseded' | 'retention' | 'delete-delay';

/** Puts a mark beside a block. */
export interface MarkJob {
  readonly kind: 'mark';
  readonly id: string;
  readonly ulid: string;
  readonly mark: 'deletion' | 'no-compact' | 'no-downsample';
  /** Of a deletion one of DeletionReason; of the others Thanos's words (`index-size-exceeding`). */
  readonly reason: string;
  /** For a person: what stands in for the block, or what is wrong with it. */
  readonly details: string;
  /** Verified blocks that hold what this one holds; empty when policy wants none. */
  readonly successors: readonly string[];
  readonly sizeBytes: number;
}

/** Deletes a block whose deletion mark is older than the delay. */
export interface DeleteJob {
  readonly kind: 'delete';
  readonly id: string;
  readonly ulid: string;
  readonly markedMs: number;
  readonly sizeBytes: number;
}

/** Deletes what an upload or a deletion left that was cut off long ago. */
export interface SweepJob {
  readonly kind: 'sweep';
  readonly id: string;
  readonly ulid: string;
  readonly newestMs: number;
  readonly sizeBytes: number;
}

export type PlannedJob = CompactJob | DownsampleJob | MarkJob | DeleteJob | SweepJob;

/** A block that is left as it is, where a person may ask why. */
export interface KeptBlock {
  readonly ulid: string;
  /** Stable words for metrics and filters: `newest`, `too-fresh`, `no-compact`, `overdue`, … */
  readonly reason: string;
  /** For a person: one sentence. */
  readonly why: string;
  /** Past its retention, and kept because its successor is not there yet. */
  readonly isOverdue: boolean;
}

/** Everything there is to do now, and what is not done. */
export interface CompactPlan {
  /** The view's time and the time of planning, Unix milliseconds. */
  readonly viewMs: number;
  readonly plannedMs: number;
  /** Of different groups they may run side by side; of one group only the first one runs. */
  readonly jobs: readonly PlannedJob[];
  readonly kept: readonly KeptBlock[];
  /** What holds for the whole plan, a sentence each: a clock that is not believed, for instance. */
  readonly notes: readonly string[];
}
