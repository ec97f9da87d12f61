// What all parts of a plan go by, and what other stages supply. Types only.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { DownsampleOptions, Downsampling } from '../../downsample/plan.ts';
import type { DueBlock, RetentionVerdict } from '../../retention/plan.ts';
import type { Policy } from '../../retention/policy.ts';
import type { Family } from './families.ts';
import type { DeletionOptions } from './marked.ts';
import type { EstimateJob, PlanOptions, RetentionPeriods } from './options.ts';

/** A block to downsample, as src/downsample names it. */
export type DownsamplingRow = Downsampling;

/** The functions of src/retention and src/downsample that a plan is made of. */
export interface PlanParts {
  readonly policyAt: (periods: RetentionPeriods, isPlain: boolean, atMs: number) => Policy;
  readonly planRetention: (family: Family, policy: Policy) => readonly DueBlock[];
  readonly judge: (block: ViewedBlock, family: Family, policy: Policy) => RetentionVerdict;
  readonly planDueDownsampling: (
    family: Family,
    options: DownsampleOptions,
  ) => readonly Downsampling[];
  readonly planDownsampling: (
    family: Family,
    options: DownsampleOptions,
  ) => readonly Downsampling[];
}

/** What a family is planned by. */
export interface PlanContext {
  /** The time that plans believe, Unix milliseconds. */
  readonly atMs: number;
  readonly policy: Policy;
  readonly options: PlanOptions;
  readonly deletion: DeletionOptions;
  readonly dueAheadMs: number;
  readonly estimate: EstimateJob;
  readonly parts: PlanParts;
}
