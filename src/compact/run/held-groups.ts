// The groups that this process works on: a lease each, kept by timers, and the jobs that the plan
// made under it has.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { HeldLease } from '../lease/leases.ts';
import type { BucketPlan, PlannedView } from './bucket-plan.ts';
import type { PlannerWorld } from './planner-world.ts';

/** A group under a lease. */
export interface HeldGroup {
  readonly lease: HeldLease;
  /** Ids of jobs of the plan that was made under the lease, and not begun yet. */
  readonly jobs: Set<string>;
  readonly stopKeeping: () => void;
  /** Fires when the group is left. */
  readonly leaving: AbortController;
}

/** See the head of the file. */
export class HeldGroups {
  readonly #world: PlannerWorld;
  readonly #plan: BucketPlan;
  readonly #held = new Map<string, HeldGroup>();

  constructor(world: PlannerWorld, plan: BucketPlan) {
    this.#world = world;
    this.#plan = plan;
  }

  get keys(): readonly string[] {
    return [...this.#held.keys()];
  }

  get(group: string): HeldGroup | undefined {
    return this.#held.get(group);
  }

  /**
   * Takes the leases that can be had, then looks at the bucket once. Of groups that were held
   * already nothing changes.
   * @returns the groups that were taken now, and the plan; no plan when none was
   */
  async take(groups: readonly string[]): Promise<{ taken: string[]; planned?: PlannedView }> {
    const leases: HeldLease[] = [];
    const keeping = new Map<string, () => void>();
    try {
      for (const group of groups) {
        if (this.#held.has(group)) continue;
        const lease = await this.#world.leases.take(group);
        if (lease === undefined) continue;
        leases.push(lease);
        keeping.set(
          group,
          lease.keep((thrown) => this.#renewalFailed(group, thrown)),
        );
      }
      const [first] = leases;
      if (first === undefined) return { taken: [] };
      this.#plan.noteStoreTime(await this.#world.leaseTimeMs(first.group));
      const planned = await this.#plan.fresh();
      for (const lease of leases) this.#begin(lease, planned, keeping.get(lease.group));
      return { taken: leases.map(({ group }) => group), planned };
    } catch (thrown) {
      for (const lease of leases) {
        keeping.get(lease.group)?.();
        await this.#release(lease);
      }
      throw thrown;
    }
  }

  /** Gives the lease back; harmless when there is none. */
  async leave(group: string): Promise<void> {
    const held = this.#held.get(group);
    if (held === undefined) return;
    this.#held.delete(group);
    held.stopKeeping();
    held.leaving.abort();
    await this.#release(held.lease);
  }

  /** Resolves with true when the lease is lost, with false when the group is left. */
  async untilLost(group: string): Promise<boolean> {
    const held = this.#held.get(group);
    if (held === undefined) return false;
    const { lost } = held.lease;
    if (lost.aborted) return true;
    return new Promise((resolve) => {
      lost.addEventListener('abort', () => resolve(true), { once: true });
      held.leaving.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
  }

  #begin(lease: HeldLease, { plan }: PlannedView, stopKeeping: (() => void) | undefined): void {
    const { group } = lease;
    const jobs = plan.jobs.flatMap((job) =>
      'group' in job && job.group.key === group ? [job.id] : [],
    );
    lease.lost.addEventListener('abort', () => {
      this.#world.metrics.counter('varve_compact_leases_lost_total', {}).add();
      this.#world.logger.warn('lease lost: what was done under it is in vain', { group });
    });
    this.#held.set(group, {
      lease,
      jobs: new Set(jobs),
      stopKeeping: stopKeeping ?? (() => undefined),
      leaving: new AbortController(),
    });
  }

  #renewalFailed(group: string, thrown: unknown): void {
    const { code, message } = asVarveError(thrown);
    this.#world.logger.warn('lease not renewed, tried again', { group, code, error: message });
  }

  /** A lease that cannot be given back ends by itself: others wait a little longer. */
  async #release(lease: HeldLease): Promise<void> {
    try {
      await lease.release();
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      const { group } = lease;
      this.#world.logger.warn('lease not given back', { group, code, error: message });
    }
  }
}
