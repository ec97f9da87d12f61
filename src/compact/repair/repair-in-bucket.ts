// Repairs one block of a bucket under the lease of its group, as a compactor works: makes the new
// block, reads it back whole, and only then marks the damaged one for deletion, with the reason and
// the new one's ULID in the mark.
//
// Invariant: nothing is deleted here but a new block that did not read back as it was made.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Timers } from '../../base/runtime/timers.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { GroupLeases, HeldLease } from '../lease/leases.ts';
import { groupKeyOf } from '../plan/families.ts';
import { REPAIRED_DETAILS } from '../plan/marked.ts';
import type { RepairOutcome } from './repair-block.ts';

/** So often a lease that another has is asked for; a killed process's is free after two minutes. */
const LEASE_TRIES = 30;
const LEASE_TRY_MS = 5_000;
/** Of what was wrong, in the mark. */
const WHAT_CHARS_MAX = 300;

/** What a repair in a bucket works with. */
export interface RepairWorld {
  readonly leases: GroupLeases;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  readonly replicaLabels: readonly string[];
  readonly newUlid: () => string;
  /** repair-block.ts; `signal` fires when the lease is lost, too. */
  readonly repair: (of: string, ulid: string, signal: AbortSignal) => Promise<RepairOutcome>;
  /** What is wrong with a block that was just made, all of it read back; undefined: nothing. */
  readonly wrongWith: (ulid: string) => Promise<string | undefined>;
  readonly deleteBlock: (ulid: string) => Promise<void>;
  /** Sets the deletion mark of the damaged block. */
  readonly mark: (ulid: string, reason: string, details: string) => Promise<unknown>;
  /** A renewal of the lease that failed, which is tried again. */
  readonly onRenewalFailed: (message: string) => void;
}

/** A damaged block, as `verify` saw it. */
export interface DamagedBlock {
  readonly meta: BlockMeta;
  /** The first of what is wrong with it. */
  readonly what: string;
}

/** What came of it; see RepairOutcome. */
export type Repaired = RepairOutcome | { readonly kind: 'busy' };

/** Repairs it. Rejects with what the store or the disk says. */
export async function repairInBucket(damaged: DamagedBlock, world: RepairWorld): Promise<Repaired> {
  const { labels = [], resolutionMs = 0 } = damaged.meta.thanos ?? {};
  const group = groupKeyOf({ labels, resolutionMs }, world.replicaLabels);
  const lease = await takeLease(group, world);
  if (lease === undefined) return { kind: 'busy' };
  const stopKeeping = lease.keep((thrown) => world.onRenewalFailed(asVarveError(thrown).message));
  try {
    return await underLease(damaged, lease, world);
  } finally {
    stopKeeping();
    await lease.release();
  }
}

async function underLease(
  { meta, what }: DamagedBlock,
  lease: HeldLease,
  world: RepairWorld,
): Promise<Repaired> {
  const ulid = world.newUlid();
  const signal = AbortSignal.any([world.signal, lease.lost]);
  const outcome = await world.repair(meta.ulid, ulid, signal);
  if (outcome.kind !== 'made') return outcome;
  const wrong = await world.wrongWith(ulid);
  if (wrong !== undefined) {
    await world.deleteBlock(ulid);
    return { kind: 'refused', what: `the new block did not read back as it was made: ${wrong}` };
  }
  lease.assertHeld();
  const details = `${REPAIRED_DETAILS}${ulid}: ${what}`.slice(0, WHAT_CHARS_MAX);
  await world.mark(meta.ulid, 'repaired', details);
  return outcome;
}

async function takeLease(
  group: string,
  { leases, signal, timers }: RepairWorld,
): Promise<HeldLease | undefined> {
  for (let left = LEASE_TRIES; ; left--) {
    const lease = await leases.take(group);
    if (lease !== undefined || left === 0) return lease;
    await timers.sleep(LEASE_TRY_MS, signal);
  }
}
