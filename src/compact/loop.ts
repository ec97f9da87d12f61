// The loop of compaction, on the main thread, where it waits for answers only: look and plan, small
// jobs, blocks to be made, again and again; until nothing is left to do, or for ever.
//
// Invariant: no failure ends it but that of the planner's thread. What fails is tried again later.

import { asVarveError } from '../base/errors/varve-error.ts';
import { LimitedLog } from '../base/observe/limited-log.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { MetricStore } from '../base/observe/metric-store.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { Remote } from '../base/runtime/threads.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';
import { JobQueue } from './run/job-queue.ts';
import { Later } from './run/later.ts';
import { type JobProgress, progressLine, progressOf } from './run/progress.ts';
import type { MakingJob, PlannerService, Round } from './run/work.ts';
import type { WorkerSlot } from './run/worker-slot.ts';

/** A round begins no job after this time, so that retention comes to its turn in a backlog too. */
const ROUND_MS = 1_800_000;
/** Groups of others are asked for again after this time: the killed lose theirs. */
const BUSY_MS = 20_000;
/** So often without anything being done: then the rest is left to whoever works on it. */
const BUSY_TRIES = 15;
/** After a look at the bucket that failed, one that runs once tries it again. */
const ROUND_TRIES = 3;
const FAILED_ROUND_MS = 30_000;
/** That jobs wait for the disk is said again after this time. */
const DISK_LOG_MS = 3_600_000;

/** What the loop works with. */
export interface LoopWorld {
  readonly planner: Pick<Remote<PlannerService>, 'call'>;
  readonly workers: readonly WorkerSlot[];
  /** 0: what is free. */
  readonly maxDiskBytes: number;
  /** Goes on for ever, with this pause when nothing is left to do; undefined: ends then. */
  readonly waitIntervalMs: number | undefined;
  /** 0: never. */
  readonly progressIntervalMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: MetricStore;
}

/** What a round came to. */
interface RoundEnd {
  /** Something changed, so the next plan is another one. */
  readonly done: number;
  /** Jobs of groups that another process works on. */
  readonly busy: number;
  readonly smallFailed: number;
}

/** See the head of the file. */
export class CompactLoop {
  readonly #world: LoopWorld;
  readonly #later: Later;
  readonly #diskLog: LimitedLog;
  readonly #stop = new AbortController();
  #queue: JobQueue | undefined;
  #cancelProgress: Cancel = () => undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(world: LoopWorld) {
    this.#world = world;
    this.#later = new Later(world.clock);
    this.#diskLog = new LimitedLog(world.logger, world.clock, DISK_LOG_MS);
  }

  /**
   * Runs until nothing is left to do, or until `stop`.
   * @returns how many jobs failed and did not succeed since
   */
  run(): Promise<number> {
    const { progressIntervalMs, timers } = this.#world;
    if (progressIntervalMs > 0)
      this.#cancelProgress = timers.every(progressIntervalMs, () => this.#sayProgress());
    const run = this.#rounds().finally(() => this.#cancelProgress());
    // `stop` only waits for its end; the caller of `run` is told of a failure.
    this.#running = run.catch(() => undefined);
    return run;
  }

  /** Gives up the jobs under way, and ends. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#queue?.end();
    await Promise.all(this.#world.workers.map((slot) => slot.stop('the process was told to end')));
    await this.#running;
  }

  /** The jobs under way. */
  async jobs(): Promise<readonly JobProgress[]> {
    const all = this.#world.workers.map(async (slot) => {
      const { running } = slot;
      if (running === undefined) return [];
      return [progressOf(running, await slot.progress(), this.#world.clock.monotonicMs())];
    });
    return (await Promise.all(all)).flat();
  }

  async #rounds(): Promise<number> {
    const { waitIntervalMs } = this.#world;
    let triesLeft = BUSY_TRIES;
    let roundsLeft = ROUND_TRIES;
    while (!this.#isStopped) {
      const end = await this.#round();
      if (end === undefined) {
        if (waitIntervalMs === undefined && --roundsLeft === 0) return this.#later.size + 1;
        await this.#sleep(waitIntervalMs ?? FAILED_ROUND_MS);
        continue;
      }
      roundsLeft = ROUND_TRIES;
      if (end.done > 0) {
        triesLeft = BUSY_TRIES;
        continue;
      }
      this.#world.metrics.counter('varve_compact_iterations_total', {}).add();
      if (waitIntervalMs !== undefined) {
        await this.#sleep(waitIntervalMs);
        continue;
      }
      if (end.busy === 0 || triesLeft-- === 0) return this.#later.size + end.smallFailed;
      await this.#sleep(BUSY_MS);
    }
    return this.#later.size;
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Undefined when the bucket could not be looked at. */
  async #round(): Promise<RoundEnd | undefined> {
    const { logger, metrics, planner } = this.#world;
    try {
      const round = await planner.call('round', null);
      const small =
        round.small === 0 || this.#isStopped ? undefined : await planner.call('tidy', null);
      const made = await this.#make(round);
      const { marked = 0, deleted = 0, swept = 0, failed = 0, left = 0 } = small ?? {};
      return {
        done: made.done + marked + deleted + swept,
        busy: made.busy + left,
        smallFailed: failed,
      };
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      if (code === 'thread_ended') throw thrown;
      metrics.counter('varve_compact_round_failures_total', {}).add();
      logger.error('the bucket could not be looked at, tried again', { code, error: message });
      return undefined;
    }
  }

  async #make({ making, freeBytes }: Round): Promise<{ done: number; busy: number }> {
    const { clock, maxDiskBytes, metrics, timers, workers } = this.#world;
    this.#later.keepOnly(new Set(making.map(({ id }) => id)));
    const due = making.filter(({ id }) => this.#later.isDue(id));
    const diskBytes = maxDiskBytes === 0 ? freeBytes : Math.min(maxDiskBytes, freeBytes);
    const queue = new JobQueue(due, diskBytes);
    this.#queue = queue;
    this.#sayTooLarge(queue.tooLarge, diskBytes);
    metrics.gauge('varve_compact_jobs_waiting_for_disk', {}).set(queue.tooLarge.length);
    if (this.#isStopped) queue.end();
    const counts = { done: 0, busy: 0 };
    const cancel = timers.after(ROUND_MS, () => queue.end());
    const beganMs = clock.monotonicMs();
    await Promise.all(workers.map((slot) => this.#work(slot, queue, counts)));
    cancel();
    // What a round that was cut short left is something to be done at once.
    if (clock.monotonicMs() - beganMs >= ROUND_MS) counts.done++;
    return counts;
  }

  /** One worker's part of a round: jobs of one group keep its lease. */
  async #work(
    slot: WorkerSlot,
    queue: JobQueue,
    counts: { done: number; busy: number },
  ): Promise<void> {
    const { planner } = this.#world;
    let group: string | undefined;
    const leave = async (): Promise<void> => {
      if (group !== undefined) await planner.call('leave', group);
      group = undefined;
    };
    for (;;) {
      const next = queue.next(slot.kind);
      if (next.kind === 'none') break;
      if (next.kind === 'wait') {
        await leave();
        await next.change;
        continue;
      }
      const { job } = next;
      try {
        if (group !== job.group.key) await leave();
        group = job.group.key;
        await this.#job(job, slot, { queue, counts });
      } catch (thrown) {
        this.#notBegun(job, queue, thrown);
      } finally {
        queue.done(job);
      }
    }
    await leave();
  }

  async #job(
    job: MakingJob,
    slot: WorkerSlot,
    { queue, counts }: { queue: JobQueue; counts: { done: number; busy: number } },
  ): Promise<void> {
    const { clock, planner } = this.#world;
    const { key } = job.group;
    const begun = await planner.call('begin', job);
    if (begun.kind === 'gone') return;
    if (begun.kind === 'busy') {
      counts.busy += 1 + queue.drop(key);
      return;
    }
    slot.running = { job, sinceMs: clock.monotonicMs() };
    void this.#abortWhenLost(slot, job);
    const result = await slot.make(begun.task);
    slot.running = undefined;
    const end = await planner.call('finish', { job, result });
    if (end === 'failed') this.#later.failed(job.id);
    else this.#later.succeeded(job.id);
    if (end !== 'failed' && end !== 'given-up') counts.done++;
  }

  /** The store did not answer, mostly: the group's turn comes in a later round. */
  #notBegun(job: MakingJob, queue: JobQueue, thrown: unknown): void {
    const { code, message } = asVarveError(thrown);
    if (code === 'thread_ended') {
      queue.end();
      throw thrown;
    }
    this.#later.failed(job.id);
    queue.drop(job.group.key);
    const facts = { job: job.id, group: job.group.key, code, error: message };
    this.#world.logger.warn(`${job.kind} could not begin, tried again`, facts);
  }

  /** Work under a lease that is lost is in vain. */
  async #abortWhenLost(slot: WorkerSlot, job: MakingJob): Promise<void> {
    try {
      const isLost = await this.#world.planner.call('untilLost', job.group.key);
      if (isLost && slot.running?.job === job) await slot.abort('the lease on its group was lost');
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      this.#world.logger.debug('nobody tells of the lease', { code, error: message });
    }
  }

  #sayTooLarge(jobs: readonly MakingJob[], diskBytes: number): void {
    for (const { id, kind, cost, group } of jobs) {
      const facts = { job: id, group: group.key, needsBytes: cost.diskBytes, diskBytes };
      this.#diskLog.warn(
        id,
        `${kind} waits: it needs more of the local disk than it may take`,
        facts,
      );
    }
  }

  async #sayProgress(): Promise<void> {
    for (const one of await this.jobs()) this.#world.logger.info('at work', progressLine(one));
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await this.#world.timers.sleep(ms, this.#stop.signal);
    } catch (thrown) {
      if (!this.#isStopped) throw thrown;
    }
  }
}
