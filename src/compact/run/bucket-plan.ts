// The newest view and its plan. Whoever needs a plan that is newer than a lease asks for a fresh
// one; those who wait at the same time get the same.
//
// Invariant: `fresh` gives a plan whose view was begun after the call.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { HiddenBlock } from '../../bucket/view/view-filters.ts';
import { familiesOf, layersOf } from '../plan/families.ts';
import { CLOCK_AHEAD_MS } from '../plan/options.ts';
import { planBucket } from '../plan/plan.ts';
import type { CompactPlan, KeptBlock } from '../planned-job.ts';
import { notePlan } from './plan-metrics.ts';
import type { PlannerWorld } from './planner-world.ts';

/** A plan with what it was made from. */
export interface PlannedView {
  readonly plan: CompactPlan;
  /** Blocks that the plan saw, those that it deletes though they are broken too, by ULID. */
  readonly blocks: ReadonlyMap<string, ViewedBlock>;
  /** The key of each block's group. */
  readonly groups: ReadonlyMap<string, string>;
  readonly partial: ReadonlyMap<string, PartialBlock>;
}

type PartialBlock = Parameters<PlannerWorld['changes']['deletePartial']>[0];

/** See the head of the file. */
export class BucketPlan {
  readonly #world: PlannerWorld;
  #newest: PlannedView | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #waiting: Promise<PlannedView> | undefined;
  #storeMs: number | undefined;

  constructor(world: PlannerWorld) {
    this.#world = world;
  }

  get newest(): PlannedView | undefined {
    return this.#newest;
  }

  /** A time that the store has put on something: plans believe the clock only near such times. */
  noteStoreTime(timeMs: number | undefined): void {
    if (timeMs === undefined) return;
    this.#storeMs = Math.max(this.#storeMs ?? Number.NEGATIVE_INFINITY, timeMs);
  }

  /** The time that deletions believe: the clock's, but not far ahead of the store's (plan.ts). */
  get believedMs(): number {
    const nowMs = this.#world.clock.nowMs();
    return Math.min(nowMs, (this.#storeMs ?? nowMs) + CLOCK_AHEAD_MS);
  }

  /** Looks and plans. Throws what the listing throws. */
  fresh(): Promise<PlannedView> {
    if (this.#waiting !== undefined) return this.#waiting;
    const next = this.#running.then(() => {
      this.#waiting = undefined;
      return this.#make();
    });
    this.#waiting = next;
    // The next one runs whatever came of this one, which its own callers are told.
    this.#running = next.catch(() => undefined);
    return next;
  }

  async #make(): Promise<PlannedView> {
    const { takeView, narrow, options, estimate, parts, clock, metrics } = this.#world;
    const whole = await takeView();
    // What is hidden from plans, too, has come at a time by the store: a fresh upload, mostly.
    for (const { uploadedMs } of whole.blocks) this.noteStoreTime(uploadedMs);
    const { view, hidden } = narrow(whole);
    const made = planBucket({
      view,
      nowMs: clock.nowMs(),
      storeMs: this.#storeMs,
      options,
      estimate,
      parts,
    });
    const kept = [...made.kept, ...hidden.map(keptHidden)].sort(byUlid);
    const plan = { ...made, kept };
    notePlan(metrics, { whole, hidden, plan });
    const doomed = view.broken.filter(({ marks }) => marks.deletion !== undefined);
    const planned = {
      plan,
      blocks: new Map([...view.blocks, ...doomed].map((block) => [block.ulid, block])),
      groups: groupsOf(view.blocks, options.replicaLabels),
      partial: new Map(view.partial.map((listing) => [listing.ulid, listing])),
    };
    this.#newest = planned;
    return planned;
  }
}

function groupsOf(
  blocks: readonly ViewedBlock[],
  replicaLabels: readonly string[],
): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const family of familiesOf(blocks, replicaLabels))
    for (const layer of layersOf(family))
      for (const { ulid } of layer.blocks) groups.set(ulid, layer.group.key);
  return groups;
}

function keptHidden({ ulid, reason, why }: HiddenBlock): KeptBlock {
  return { ulid, reason, why, isOverdue: false };
}

function byUlid(a: KeptBlock, b: KeptBlock): number {
  return a.ulid < b.ulid ? -1 : 1;
}
