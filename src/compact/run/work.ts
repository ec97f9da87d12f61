// What the main thread, the planner's and the workers' tell each other. Types only, plain data.

import type { ErrorCode } from '../../base/errors/catalogue.ts';
import type { MetricSnapshot } from '../../base/observe/metric-store.ts';
import type { LedgerSnapshot } from '../../bucket/request-ledger.ts';
import type { MergeOutcome } from '../merge/outcome.ts';
import type { MergeProgress, MergeTask } from '../merge/parts.ts';
import type { PlanDocument } from '../plan/print.ts';
import type { CompactJob, DownsampleJob } from '../planned-job.ts';

/** A job that makes a block. */
export type MakingJob = CompactJob | DownsampleJob;

/** What a round of the loop goes by. */
export interface Round {
  /** Blocks to be made, in the plan's order. */
  readonly making: readonly MakingJob[];
  /** Marks, deletions and sweeps that the plan has. */
  readonly small: number;
  /** Where workers write. */
  readonly freeBytes: number;
}

/** May the job be done now? */
export type Begun =
  | { readonly kind: 'go'; readonly task: MergeTask }
  /** Another process works on the group, or was killed while it did. */
  | { readonly kind: 'busy' }
  /** The plan that was made under the lease does not have it. */
  | { readonly kind: 'gone' };

/** What came of a job. */
export type JobEnd =
  | 'made'
  /** Nothing was left of the sources. */
  | 'empty'
  /** A source got a no-compact or no-downsample mark. */
  | 'set-aside'
  /** It is tried again later. */
  | 'failed'
  /** The process was told to end. */
  | 'given-up';

/** A job and what came of it, for the history. Times are Unix milliseconds. */
export interface JobRecord {
  readonly job: MakingJob;
  readonly begunMs: number;
  readonly endedMs: number;
  readonly end: JobEnd;
  /** One sentence: what was made, or what was wrong. */
  readonly what: string;
  /** Of what was made. */
  readonly ulid?: string;
  readonly sizeBytes?: number;
  readonly numSamples?: number;
  readonly readBytes?: number;
  readonly writtenBytes?: number;
  readonly diskBytesMax?: number;
}

/** What a worker came to, or why it came to nothing. */
export type WorkResult =
  | { readonly kind: 'outcome'; readonly outcome: MergeOutcome }
  | { readonly kind: 'failure'; readonly code: ErrorCode; readonly message: string };

/** What came of marks, deletions and sweeps. */
export interface TidyReport {
  readonly marked: number;
  readonly deleted: number;
  readonly swept: number;
  readonly failed: number;
  /** Of groups that another process works on. */
  readonly left: number;
}

/** What can be asked of the planner's thread. */
export type PlannerService = {
  /** Looks at the bucket and plans. */
  round(_: null): Promise<Round>;
  /** The last plan; makes one when there is none. */
  plan(_: null): Promise<PlanDocument>;
  /** Does the plan's marks, deletions and sweeps. */
  tidy(_: null): Promise<TidyReport>;
  /** Takes the lease on the job's group, unless it is held, and plans it again. */
  begin(job: MakingJob): Promise<Begun>;
  /** Resolves with true when the lease on the group is lost, with false when it is left. */
  untilLost(group: string): Promise<boolean>;
  /** Verifies what was made, marks what it stands in for; notes it. */
  finish(end: { readonly job: MakingJob; readonly result: WorkResult }): Promise<JobEnd>;
  /** Gives the lease back. */
  leave(group: string): Promise<void>;
  /** The newest jobs that have ended. */
  history(wanted: { readonly limit: number }): Promise<readonly JobRecord[]>;
  metrics(_: null): Promise<MetricSnapshot>;
  requests(_: null): Promise<LedgerSnapshot>;
  close(_: null): Promise<void>;
};

/** What can be asked of a worker's thread. */
export type WorkerService = {
  /** Makes a block; one at a time. */
  make(task: MergeTask): Promise<WorkResult>;
  /** Of the one under way. */
  progress(_: null): Promise<MergeProgress | undefined>;
  /** Gives up the one under way. */
  abort(why: { readonly message: string }): Promise<void>;
  metrics(_: null): Promise<MetricSnapshot>;
  requests(_: null): Promise<LedgerSnapshot>;
  close(_: null): Promise<void>;
};
