// Takes leases on groups: where there is none, where the last one was released, and where one was
// abandoned. Nobody's time of day is compared with another's: a lease is abandoned when a process
// has seen the very same write for longer than the duration that stands in it, by its own monotonic
// clock (as clients of DynamoDB's and Kubernetes' leases do).
//
// Invariant: a lease is overwritten only over the version that was watched, so of several who find
// it abandoned one gets it. Leases are never deleted.

import type { CallOptions } from '../../bucket/bucket.ts';
import type { LeaseRecord } from './format.ts';
import { Lease, type LeaseWorld, momentOf } from './lease.ts';
import { type ReadLease, readLease, writeLease } from './lease-store.ts';

/** So many groups are watched at once; the ones watched longest ago are forgotten first. */
const WATCHED_MAX = 100_000;

/** A lease that was taken; what is said of `Lease` holds of each. */
export type HeldLease = Pick<
  Lease,
  'group' | 'token' | 'lost' | 'isHeld' | 'assertHeld' | 'keep' | 'renew' | 'release'
>;

/** Who can take leases. */
export interface GroupLeases {
  /**
   * Takes the lease on a group; undefined when another has it, or may have it (then this call has
   * begun to watch it: ask again after its duration). Throws what the store throws.
   */
  take(group: string, options?: CallOptions): Promise<HeldLease | undefined>;
}

/** When a write was first seen. */
interface Watched {
  readonly version: string;
  readonly sinceMs: number;
}

/** See the head of the file. */
export class Leases implements GroupLeases {
  readonly #world: LeaseWorld;
  readonly #holder: string;
  readonly #watched = new Map<string, Watched>();
  readonly #taken = new Map<string, Lease>();
  readonly #taking = new Set<string>();

  /** @param holder names this process and no other, ever: a host name and random digits */
  constructor(world: LeaseWorld, holder: string) {
    this.#world = world;
    this.#holder = holder;
  }

  async take(group: string, options: CallOptions = {}): Promise<Lease | undefined> {
    // Two takings at once would each find the other's write to be this process's own.
    if (this.#taken.get(group)?.isHeld === true || this.#taking.has(group)) return undefined;
    this.#taking.add(group);
    try {
      return await this.#take(group, options);
    } finally {
      this.#taking.delete(group);
    }
  }

  async #take(group: string, options: CallOptions): Promise<Lease | undefined> {
    const there = await readLease(this.#world.bucket, group, options);
    if (there !== undefined && !this.#isFree(group, there)) return undefined;
    const lease = await this.#write(group, there, options);
    if (lease !== undefined) {
      this.#taken.set(group, lease);
      this.#watched.delete(group);
    }
    return lease;
  }

  #isFree(group: string, { record, version }: ReadLease): boolean {
    if (record?.state === 'released') return true;
    // Taken by this process, but the answer was lost: nobody believes in it.
    const own = this.#taken.get(group);
    if (record?.holder === this.#holder && (own === undefined || own.isOver)) return true;
    const nowMs = this.#world.clock.monotonicMs();
    const durationMs = Math.max(record?.durationMs ?? 0, this.#world.times.durationMs);
    const watched = this.#watched.get(group);
    if (watched?.version === version) return nowMs - watched.sinceMs > durationMs;
    this.#watched.delete(group);
    this.#watched.set(group, { version, sinceMs: nowMs });
    const [oldest] = this.#watched.keys();
    if (this.#watched.size > WATCHED_MAX && oldest !== undefined) this.#watched.delete(oldest);
    return false;
  }

  async #write(
    group: string,
    there: ReadLease | undefined,
    options: CallOptions,
  ): Promise<Lease | undefined> {
    const { bucket, clock, times } = this.#world;
    const begun = momentOf(clock);
    const record: LeaseRecord = {
      group,
      holder: this.#holder,
      token: (there?.record?.token ?? 0) + 1,
      renewals: 0,
      state: 'held',
      durationMs: times.durationMs,
      writtenMs: begun.nowMs,
    };
    const version = await writeLease(bucket, record, { ...options, over: there?.version });
    if (version === undefined) return undefined;
    if (clock.monotonicMs() - begun.monotonicMs < times.durationMs / 2)
      return new Lease(this.#world, { record, version, begun });
    // So late that the version told may be another's by now: it is watched like any other's.
    return undefined;
  }
}
