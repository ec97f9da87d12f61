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
  /** True when the lease is lost, false when the group is left. */
  readonly isLost: Promise<boolean>;
  /** The group is left. */
  readonly left: () => void;
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
    held.left();
    await this.#release(held.lease);
  }

  /** Resolves with true when the lease is lost, with false when the group is left. */
  async untilLost(group: string): Promise<boolean> {
    return this.#held.get(group)?.isLost ?? false;
  }

  #begin(lease: HeldLease, { plan }: PlannedView, stopKeeping: (() => void) | undefined): void {
    const { group } = lease;
    const jobs = plan.jobs.flatMap((job) =>
      'group' in job && job.group.key === group ? [job.id] : [],
    );
    // One for all jobs of the group, of which there may be hundreds.
    let left = (): void => undefined;
    const isLost = new Promise<boolean>((resolve) => {
      left = () => resolve(false);
      const tell = (): void => {
        this.#world.metrics.counter('varve_compact_leases_lost_total', {}).add();
        this.#world.logger.warn('lease lost: what was done under it is in vain', { group });
        resolve(true);
      };
      if (lease.lost.aborted) tell();
      else lease.lost.addEventListener('abort', tell, { once: true });
    });
    this.#held.set(group, {
      lease,
      jobs: new Set(jobs),
      stopKeeping: stopKeeping ?? (() => undefined),
      isLost,
      left,
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
