// A lease that this process took, and may hold.
//
// Invariant: it is believed only for its duration less a margin since the beginning of the last
// write that is known to have happened, by the monotonic clock and by the time of day (Linux's
// monotonic clock stands still while a machine sleeps). Others take it only after they have watched
// that very write, unchanged, for the whole duration: so there are never two who believe, unless
// clocks run apart by more than the margin within one duration.
//
// A lease that is not believed may be believed again: a renewal that succeeds shows that nobody was
// in between. It is lost when another's write stands there.

import { VarveError } from '../../base/errors/varve-error.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { Timers } from '../../base/runtime/timers.ts';
import type { Bucket, CallOptions } from '../../bucket/bucket.ts';
import type { LeaseRecord } from './format.ts';
import { readLease, writeLease } from './lease-store.ts';

/** How long leases are, in milliseconds. */
export interface LeaseTimes {
  readonly durationMs: number;
  /** The holder stops believing this much before others may take it. */
  readonly marginMs: number;
  readonly renewEveryMs: number;
}

/** One write every 40 seconds; what a killed process held is free after two minutes. */
export const LEASE_TIMES: LeaseTimes = {
  durationMs: 120_000,
  marginMs: 30_000,
  renewEveryMs: 40_000,
};

/** What leases are kept with. */
export interface LeaseWorld {
  readonly bucket: Bucket;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly times: LeaseTimes;
}

/** A moment on both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly nowMs: number;
}

/** Now, on both clocks. */
export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonicMs(), nowMs: clock.nowMs() };
}

/** What was taken: the record as it was written, its version, and when writing began. */
export interface Taken {
  readonly record: LeaseRecord;
  readonly version: string;
  readonly begun: Moment;
}

/** See the head of the file. */
export class Lease {
  readonly #world: LeaseWorld;
  readonly #lost = new AbortController();
  #taken: Taken;
  /** A write whose outcome is not known: it may stand there. */
  #unsure: { readonly record: LeaseRecord; readonly begun: Moment } | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isReleased = false;

  constructor(world: LeaseWorld, taken: Taken) {
    this.#world = world;
    this.#taken = taken;
  }

  get group(): string {
    return this.#taken.record.group;
  }

  /** Grows from holder to holder of a group. */
  get token(): number {
    return this.#taken.record.token;
  }

  /** Fires when another has the lease: whatever is done under it is in vain. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Released or lost: it will never be believed again. */
  get isOver(): boolean {
    return this.#isReleased || this.#lost.signal.aborted;
  }

  /** May this process take itself for the only one on this group, now? */
  get isHeld(): boolean {
    if (this.isOver) return false;
    const { clock, times } = this.#world;
    const { begun } = this.#taken;
    const lastsMs = times.durationMs - times.marginMs;
    const isFresh = clock.monotonicMs() - begun.monotonicMs < lastsMs;
    return isFresh && clock.nowMs() - begun.nowMs < lastsMs;
  }

  /** For the step before something is done that only the holder may do: throws `locked`. */
  assertHeld(): void {
    if (this.isHeld) return;
    throw new VarveError('locked', `the lease on group ${this.group} is not held any more`);
  }

  /** Renews it again and again until it is lost or released. Failures are told to `onFailure`. */
  keep(onFailure: (thrown: unknown) => void): () => void {
    const { timers, times } = this.#world;
    return timers.every(times.renewEveryMs, async () => {
      try {
        await this.renew();
      } catch (thrown) {
        onFailure(thrown);
      }
    });
  }

  /** Renews it, after whatever is being written. Throws what the store throws. */
  renew(options: CallOptions = {}): Promise<void> {
    return this.#inTurn(() => this.#write('held', options));
  }

  /**
   * Gives it back, so that others need not wait. When the store does not answer they wait all the
   * same; from now on it is not believed in either case.
   */
  release(options: CallOptions = {}): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.#isReleased = true;
    return this.#inTurn(() => this.#write('released', options));
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(run);
    // The next one runs whatever came of this one, which its own caller is told.
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #write(state: LeaseRecord['state'], options: CallOptions): Promise<void> {
    if (this.#lost.signal.aborted || (this.#isReleased && state === 'held')) return;
    if (this.#unsure !== undefined) await this.#lookAgain(options);
    if (this.#lost.signal.aborted) return;
    const { bucket, clock, times } = this.#world;
    const begun = momentOf(clock);
    const { record: last, version: over } = this.#taken;
    const renewals = Math.max(last.renewals, this.#unsure?.record.renewals ?? 0) + 1;
    const record = { ...last, state, renewals, writtenMs: begun.nowMs };
    this.#unsure = { record, begun };
    const version = await writeLease(bucket, record, { ...options, over });
    // A store that tells a version tells the one that stands there when it answers: after so long
    // another may have taken the lease meanwhile.
    const isLate = clock.monotonicMs() - begun.monotonicMs >= times.durationMs / 2;
    if (version === undefined || isLate) await this.#lookAgain(options);
    else this.#settle({ record, version, begun });
  }

  /** Finds out what came of a write that was not answered. */
  async #lookAgain(options: CallOptions): Promise<void> {
    const there = await readLease(this.#world.bucket, this.group, options);
    const { record: last } = this.#taken;
    const unsure = this.#unsure;
    if (there === undefined || there.record === undefined) {
      this.#lose();
    } else if (unsure !== undefined && isSameWrite(there.record, unsure.record)) {
      this.#settle({ ...unsure, version: there.version });
    } else if (isSameWrite(there.record, last)) {
      // It has not happened, or not yet: then the next write, over the same version, decides.
      this.#taken = { ...this.#taken, version: there.version };
    } else if (isOwn(there.record, last)) {
      // An earlier write of ours that was late. When it began is not known: it is not believed.
      this.#taken = { ...this.#taken, record: there.record, version: there.version };
    } else {
      this.#lose();
    }
  }

  #settle(taken: Taken): void {
    this.#taken = taken;
    this.#unsure = undefined;
  }

  #lose(): void {
    const what = `the lease on group ${this.group} was taken by another process`;
    this.#lost.abort(new VarveError('locked', what));
  }
}

/** Of one process's one taking. */
function isOwn(a: LeaseRecord, b: LeaseRecord): boolean {
  return a.holder === b.holder && a.token === b.token;
}

function isSameWrite(a: LeaseRecord, b: LeaseRecord): boolean {
  return isOwn(a, b) && a.renewals === b.renewals;
}
