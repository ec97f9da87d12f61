// The plan of a bucket: a pure function of view, options and time (docs/design/0008-compactor.md).
// The same view in any order gives the same plan; one that has been carried out is not made again.
//
// The time that plans believe is the clock's, but at most a day ahead of the newest time that the
// store has put on anything. A clock that jumps ahead would else let retention take everything.
// Invariant: every ULID of the view is in a job or among `kept`.

import { timeText } from '../../base/model/time-text.ts';
import { newestMs } from '../../bucket/block-record.ts';
import type { BlockView } from '../../bucket/block-view.ts';
import type { CompactPlan, KeptBlock, PlannedJob, SweepJob } from '../planned-job.ts';
import { familiesOf, isKnownResolution } from './families.ts';
import { type FamilyPlan, planFamily, type RankedMerge } from './family-plan.ts';
import { planSweep } from './marked.ts';
import { CLOCK_AHEAD_MS, DUE_AHEAD_MS, type EstimateJob, type PlanOptions } from './options.ts';
import type { PlanContext, PlanParts } from './plan-context.ts';

/** What a plan is made from. */
export interface PlanInput {
  readonly view: BlockView;
  /** The clock's, Unix milliseconds. */
  readonly nowMs: number;
  /**
   * The newest time by the store that is known from elsewhere (a lease that was just written);
   * without it a bucket into which nothing is written keeps what becomes due later.
   */
  readonly storeMs: number | undefined;
  readonly options: PlanOptions;
  readonly estimate: EstimateJob;
  readonly parts: PlanParts;
}

/** Makes the plan. */
export function planBucket(input: PlanInput): CompactPlan {
  const { view, nowMs, options } = input;
  const atMs = Math.min(nowMs, storeTimeMs(input) + CLOCK_AHEAD_MS);
  const context = contextOf(input, atMs);
  // One that is broken is in no part of the plan but this: its mark is heeded.
  const marked = view.broken.filter(
    ({ marks, resolutionMs }) => marks.deletion !== undefined && isKnownResolution(resolutionMs),
  );
  const families = familiesOf([...view.blocks, ...marked], options.replicaLabels);
  const plans = families.map((family) => planFamily(family, context));
  const sweeps = view.partial.map((listing) => planSweep(listing, context.deletion));
  const kept = [
    ...plans.flatMap((plan) => plan.kept),
    ...sweeps.filter((found): found is KeptBlock => !('kind' in found)),
    ...keptFaults(view, new Set(marked.map(({ ulid }) => ulid))),
  ];
  return {
    viewMs: view.takenMs,
    plannedMs: nowMs,
    jobs: inOrder(
      plans,
      sweeps.filter((found): found is SweepJob => 'kind' in found),
    ),
    kept: kept.sort((a, b) => (a.ulid < b.ulid ? -1 : 1)),
    notes: notesOf(input, atMs),
  };
}

function contextOf({ options, estimate, parts }: PlanInput, atMs: number): PlanContext {
  const { retention, isDownsamplingDisabled, deleteDelayMs, partialAgeMs } = options;
  return {
    atMs,
    policy: parts.policyAt(retention, isDownsamplingDisabled, atMs),
    options,
    deletion: { atMs, deleteDelayMs, partialAgeMs },
    dueAheadMs: DUE_AHEAD_MS,
    estimate,
    parts,
  };
}

/** The newest time by the store; infinite when it has put one on nothing. */
function storeTimeMs({ view, storeMs }: PlanInput): number {
  let newest = storeMs ?? Number.NEGATIVE_INFINITY;
  for (const { uploadedMs } of view.blocks) newest = Math.max(newest, uploadedMs);
  for (const listing of view.partial) newest = Math.max(newest, newestMs(listing));
  return newest === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : newest;
}

/** What frees first, what retention waits for next, then merges from small to large. */
function inOrder(plans: readonly FamilyPlan[], sweeps: readonly SweepJob[]): PlannedJob[] {
  const deletions = plans.flatMap((plan) => plan.deletions);
  const dues = plans.flatMap((plan) => plan.dueDownsamples);
  const merges = plans.flatMap((plan) => plan.merges);
  const downsamples = plans.flatMap((plan) => plan.downsamples);
  return [
    ...deletions.sort((a, b) => a.markedMs - b.markedMs || (a.ulid < b.ulid ? -1 : 1)),
    ...[...sweeps].sort((a, b) => (a.ulid < b.ulid ? -1 : 1)),
    ...plans.flatMap((plan) => plan.marks).sort((a, b) => (a.ulid < b.ulid ? -1 : 1)),
    ...dues.sort((a, b) => b.resolutionMs - a.resolutionMs || byTime(a, b)),
    ...merges.sort(byRank).map(({ job }) => job),
    ...downsamples.sort(byTime),
  ];
}

function byRank(a: RankedMerge, b: RankedMerge): number {
  return a.rangeMs - b.rangeMs || byTime(a.job, b.job);
}

function byTime(
  a: { readonly minTimeMs: number; readonly id: string },
  b: { readonly minTimeMs: number; readonly id: string },
): number {
  return a.minTimeMs - b.minTimeMs || (a.id < b.id ? -1 : 1);
}

function keptFaults({ blocks, faults }: BlockView, marked: ReadonlySet<string>): KeptBlock[] {
  const unknown = blocks
    .filter(({ resolutionMs }) => !isKnownResolution(resolutionMs))
    .map(({ ulid, resolutionMs }) => {
      const why = `has windows of ${resolutionMs} ms, which nobody makes`;
      return { ulid, reason: 'unknown-resolution', why, isOverdue: false };
    });
  const faulty = faults
    .filter(({ ulid }) => !marked.has(ulid))
    .map(({ ulid, what }) => ({ ulid, reason: 'fault', why: what, isOverdue: false }));
  return [...unknown, ...faulty];
}

function notesOf({ nowMs, options }: PlanInput, atMs: number): string[] {
  const notes: string[] = [];
  if (atMs < nowMs)
    notes.push(
      'the clock is more than a day ahead of the store; ' +
        `blocks and marks are taken for as old as at ${timeText(atMs)}`,
    );
  if (options.isDownsamplingDisabled)
    notes.push('downsampling is disabled: retention goes by age alone');
  return notes;
}
