// The planner: looks, plans, takes leases, settles what workers came to, marks and deletes. It runs
// in a thread of its own, and remembers nothing between rounds but caches (docs/design/0008).

import { asVarveError } from '../../base/errors/varve-error.ts';
import { labelsText } from '../../base/model/labels.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { MergeTask } from '../merge/parts.ts';
import { type PlanDocument, planDocument } from '../plan/print.ts';
import { BucketPlan } from './bucket-plan.ts';
import { CarryOut, type SmallJob } from './carry-out.ts';
import { HeldGroups } from './held-groups.ts';
import { JobMetrics } from './job-metrics.ts';
import type { PlannerWorld } from './planner-world.ts';
import { type Settled, settle } from './settle.ts';
import type { Begun, JobEnd, JobRecord, MakingJob, Round, TidyReport, WorkResult } from './work.ts';

/** Groups whose small jobs are done under one look at the bucket. */
const GROUPS_AT_ONCE = 32;
/** The lease under which leftovers of no group are swept. */
const SWEEP_GROUP = 'sweep';
/** The lease that is written to learn the store's time. */
const CLOCK_GROUP = 'clock';
/** What was begun to be uploaded and left is looked for again after so long. */
const STALE_UPLOADS_MS = 3_600_000;
/** The store is asked for its time again after so long. */
const STORE_TIME_MS = 3_600_000;

/** A job that was begun: its sources as the plan saw them. */
interface Running {
  readonly begunMs: number;
  readonly sources: readonly ViewedBlock[];
}

/** See the head of the file. */
export class Planner {
  readonly #world: PlannerWorld;
  readonly #plan: BucketPlan;
  readonly #groups: HeldGroups;
  readonly #carryOut: CarryOut;
  readonly #metrics: JobMetrics;
  readonly #running = new Map<string, Running>();
  #storeAskedMs = Number.NEGATIVE_INFINITY;
  #uploadsSweptMs = Number.NEGATIVE_INFINITY;

  constructor(world: PlannerWorld) {
    this.#world = world;
    this.#plan = new BucketPlan(world);
    this.#groups = new HeldGroups(world, this.#plan);
    this.#carryOut = new CarryOut(world);
    this.#metrics = new JobMetrics(world.metrics);
  }

  /** Looks at the bucket and plans. Throws what the store throws. */
  async round(): Promise<Round> {
    await this.#askStoreTime();
    const { plan } = await this.#plan.fresh();
    await this.#sweepUploads(); // after a look: what has just been uploaded tells the time
    const making = plan.jobs.filter((job) => job.kind === 'compact' || job.kind === 'downsample');
    return {
      making,
      small: plan.jobs.length - making.length,
      freeBytes: this.#world.freeBytes(),
    };
  }

  /** The newest plan, for people. */
  async document(): Promise<PlanDocument> {
    const { plan } = this.#plan.newest ?? (await this.#plan.fresh());
    return planDocument(plan);
  }

  /** Does marks, deletions and sweeps, a lease for each group. */
  async tidy(): Promise<TidyReport> {
    const report = { marked: 0, deleted: 0, swept: 0, failed: 0, left: 0 };
    const planned = this.#plan.newest;
    if (planned === undefined) return report;
    const groupOf = ({ kind, ulid }: SmallJob): string =>
      kind === 'sweep' ? SWEEP_GROUP : (planned.groups.get(ulid) ?? SWEEP_GROUP);
    const small = planned.plan.jobs.filter((job): job is SmallJob => !('group' in job));
    const groups = [...new Set(small.map(groupOf))];
    for (let from = 0; from < groups.length; from += GROUPS_AT_ONCE) {
      const some = groups.slice(from, from + GROUPS_AT_ONCE);
      const done = await this.#tidyGroups(some);
      for (const key of ['marked', 'deleted', 'swept', 'failed', 'left'] as const)
        report[key] += done[key];
    }
    this.#world.metrics.counter('varve_compact_block_cleanup_loops_total', {}).add();
    return report;
  }

  async #tidyGroups(groups: readonly string[]): Promise<TidyReport> {
    const { taken, planned } = await this.#groups.take(groups);
    const left = groups.length - taken.length;
    if (planned === undefined) return { marked: 0, deleted: 0, swept: 0, failed: 0, left };
    try {
      const ours = new Set(taken);
      const jobs = planned.plan.jobs.filter((job): job is SmallJob => {
        if ('group' in job) return false;
        const group = job.kind === 'sweep' ? SWEEP_GROUP : planned.groups.get(job.ulid);
        return ours.has(group ?? SWEEP_GROUP);
      });
      return { ...(await this.#carryOut.run(jobs, planned)), left };
    } finally {
      for (const group of taken) await this.#groups.leave(group);
    }
  }

  /** See PlannerService. */
  async begin(job: MakingJob): Promise<Begun> {
    const { key } = job.group;
    if (this.#groups.get(key)?.lease.isHeld === false) await this.#groups.leave(key);
    if (this.#groups.get(key) === undefined) await this.#groups.take([key]);
    const held = this.#groups.get(key);
    if (held === undefined) return { kind: 'busy' };
    const { blocks } = this.#plan.newest ?? { blocks: new Map<string, ViewedBlock>() };
    const sources = job.sources.flatMap((ulid) => blocks.get(ulid) ?? []);
    const isPlanned = held.jobs.delete(job.id);
    if (!isPlanned || sources.length !== job.sources.length) return { kind: 'gone' };
    this.#running.set(job.id, { begunMs: this.#world.clock.nowMs(), sources });
    this.#metrics.begun(job);
    const { why, cost, group } = job;
    const what = { job: job.id, group: group.key, labels: labelsText(group.labels) };
    const facts = { ...what, sources: job.sources.length, readBytes: cost.readBytes, why };
    this.#world.logger.info(`${job.kind} begins`, facts);
    return { kind: 'go', task: taskOf(job, sources, this.#world.ulids.next()) };
  }

  untilLost(group: string): Promise<boolean> {
    return this.#groups.untilLost(group);
  }

  async leave(group: string): Promise<void> {
    await this.#groups.leave(group);
  }

  /** See PlannerService. */
  async finish({
    job,
    result,
  }: {
    readonly job: MakingJob;
    readonly result: WorkResult;
  }): Promise<JobEnd> {
    const running = this.#running.get(job.id);
    this.#running.delete(job.id);
    const settled = await this.#settled(job, result, running?.sources ?? []);
    const endedMs = this.#world.clock.nowMs();
    const record: JobRecord = {
      ...{ job, begunMs: running?.begunMs ?? endedMs, endedMs },
      ...{ end: settled.end, what: settled.what },
      ...figuresOf(result),
    };
    this.#world.history.add(record);
    this.#metrics.ended(record, running?.sources ?? []);
    this.#say(record);
    return settled.end;
  }

  /** The newest jobs. */
  history(limit: number): readonly JobRecord[] {
    return this.#world.history.newest(limit);
  }

  /** Gives all leases back. */
  async close(): Promise<void> {
    for (const group of this.#groups.keys) await this.#groups.leave(group);
  }

  async #settled(
    job: MakingJob,
    result: WorkResult,
    sources: readonly ViewedBlock[],
  ): Promise<Settled> {
    if (result.kind === 'failure') {
      const end = result.code === 'draining' ? 'given-up' : 'failed';
      return { end, what: result.message };
    }
    const { key } = job.group;
    try {
      return await settle(job, result.outcome, {
        look: this.#world.look,
        assertHeld: () => this.#groups.get(key)?.lease.assertHeld(),
        mark: (mark) => this.#carryOut.mark(mark),
        sources,
      });
    } catch (thrown) {
      return { end: 'failed', what: asVarveError(thrown).message };
    }
  }

  #say({ job, end, what, begunMs, endedMs }: JobRecord): void {
    const facts = { job: job.id, group: job.group.key, what, seconds: (endedMs - begunMs) / 1000 };
    const { logger } = this.#world;
    if (end === 'made' || end === 'empty') logger.info(`${job.kind} done`, facts);
    else logger.warn(`${job.kind} ${end}`, facts);
  }

  /**
   * What a killed process left of an object, and a folder without any, is in no listing: so plans
   * do not see it, and it is taken away here when it is as old as what they sweep.
   */
  async #sweepUploads(): Promise<void> {
    const { changes, clock, leases, logger, metrics, options } = this.#world;
    if (clock.monotonicMs() - this.#uploadsSweptMs < STALE_UPLOADS_MS) return;
    try {
      const lease = await leases.take(SWEEP_GROUP);
      if (lease === undefined) return;
      const beforeMs = this.#plan.believedMs - options.partialAgeMs;
      const removed = await changes.removeStaleUploads(beforeMs).finally(() => lease.release());
      this.#uploadsSweptMs = clock.monotonicMs();
      if (removed === 0) return;
      metrics
        .counter('varve_compact_aborted_partial_uploads_deletion_attempts_total', {})
        .add(removed);
      logger.info('unfinished uploads removed', { removed });
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      logger.warn('unfinished uploads not removed, tried again', { code, error: message });
    }
  }

  /** A bucket into which nothing is written says nothing of the time: then a lease is written. */
  async #askStoreTime(): Promise<void> {
    const { clock, leases, leaseTimeMs, logger } = this.#world;
    if (clock.monotonicMs() - this.#storeAskedMs < STORE_TIME_MS) return;
    this.#storeAskedMs = clock.monotonicMs();
    try {
      const lease = await leases.take(CLOCK_GROUP);
      this.#plan.noteStoreTime(await leaseTimeMs(CLOCK_GROUP));
      await lease?.release();
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      logger.warn('the store does not tell its time', { code, error: message });
    }
  }
}

function taskOf(job: MakingJob, sources: readonly ViewedBlock[], ulid: string): MergeTask {
  const { minTimeMs, maxTimeMs, resolutionMs } = { resolutionMs: job.group.resolutionMs, ...job };
  const task = { sources: job.sources, ulid, resolutionMs, minTimeMs, maxTimeMs };
  if (job.kind === 'compact') {
    const { level, deduplication, group } = job;
    return { ...task, labels: group.labels, level, deduplication };
  }
  const [source] = sources;
  const { labels, level } = source ?? { labels: job.group.labels, level: 1 };
  const fromResolutionMs = job.group.resolutionMs;
  return { ...task, labels, level, fromResolutionMs, deduplication: 'merge' };
}

function figuresOf(result: WorkResult): Partial<JobRecord> {
  if (result.kind === 'failure') return {};
  const { outcome } = result;
  if (outcome.kind === 'empty') return outcome.figures;
  if (outcome.kind !== 'made') return {};
  const { ulid, sizeBytes, numSamples, figures } = outcome;
  return { ulid, sizeBytes, numSamples, ...figures };
}
