// When a call to the store that failed is made again, and after how long.
//
// Again: what may go well the next time (`store_unavailable`, `store_throttled`), never what was
// answered (there is no such object, no access, a condition does not hold, a wrong parameter). Not
// more often than a call's tries, its time and the bucket's budget allow. A wait is drawn anew each
// time between half of it and all of it, twice as long from try to try, and never shorter than
// what the store asks for.

import type { ErrorCode } from '../base/errors/catalogue.ts';
import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Clock } from '../base/runtime/clock.ts';
import { linkedAbort } from '../base/runtime/linked-abort.ts';
import type { Random } from '../base/runtime/random.ts';
import type { Timers } from '../base/runtime/timers.ts';
import { RetryBudget, type RetryBudgetLimits } from './retry-budget.ts';

/** What retries are limited by. */
export interface RetryLimits {
  /** Tries of one call that bring nothing, the first included. */
  readonly triesMax: number;
  /** The same of a read (`get`, `get_range`); `triesMax` by default. */
  readonly readTriesMax?: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** No try begins later than this after the first failure. */
  readonly giveUpAfterMs: number;
  readonly budget: RetryBudgetLimits;
}

/**
 * Tries and first wait are those of Thanos's S3 client (minio-go: 10, 200 ms). A call is over
 * within half a minute, or some more when the store stalls: its caller tries again later by itself.
 */
export const RETRY_LIMITS: RetryLimits = {
  triesMax: 10,
  firstWaitMs: 200,
  longestWaitMs: 5_000,
  giveUpAfterMs: 120_000,
  budget: { capacity: 100, perSuccess: 0.2, perSecond: 1 / 6 },
};

/** Told of each failure that another try follows, or none because the budget is used up. */
export type RetryObserver = (
  operation: string,
  code: ErrorCode,
  outcome: 'again' | 'denied',
) => void;

/** What a policy needs of the world. */
export interface RetryWorld {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observe: RetryObserver;
}

/** What a call says of itself. */
export interface RetriedCall {
  /** As in the metrics. */
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
  /** `damaged_object` is tried again this often: bytes that changed on the way may pass now. */
  readonly damagedRetries?: number;
}

/** The retries of one bucket, however many views of it there are. */
export class RetryPolicy {
  readonly limits: RetryLimits;
  readonly world: RetryWorld;
  readonly budget: RetryBudget;
  readonly #closing = new AbortController();

  constructor(limits: RetryLimits, world: RetryWorld) {
    this.limits = limits;
    this.world = world;
    this.budget = new RetryBudget(limits.budget, world.clock);
  }

  begin(call: RetriedCall): Tries {
    return new Tries(this, this.#closing.signal, call);
  }

  /** Whoever waits for another try fails now. */
  close(): void {
    this.#closing.abort(new VarveError('draining', 'the object store is being closed'));
  }
}

/** The tries of one call. */
export class Tries {
  readonly #policy: RetryPolicy;
  readonly #closing: AbortSignal;
  readonly #call: RetriedCall;
  /** In a row, without anything gained. */
  #failed = 0;
  #firstFailureMs = 0;
  #damagedLeft: number;

  constructor(policy: RetryPolicy, closing: AbortSignal, call: RetriedCall) {
    this.#policy = policy;
    this.#closing = closing;
    this.#call = call;
    this.#damagedLeft = call.damagedRetries ?? 0;
  }

  /** The call went well. */
  succeeded(): void {
    this.#policy.budget.earn();
  }

  /** Something was gained that the next try need not bring again: the count begins anew. */
  progressed(): void {
    this.#failed = 0;
  }

  /** Resolves when it is time for the next try; throws `thrown` when there is none. */
  async again(thrown: unknown): Promise<void> {
    const { limits, budget, world } = this.#policy;
    const { operation, signal } = this.#call;
    const error = asVarveError(thrown);
    if (signal?.aborted === true || this.#closing.aborted || !this.#mayPass(error)) throw thrown;
    const nowMs = world.clock.monotonicMs();
    if (this.#failed++ === 0) this.#firstFailureMs = nowMs;
    const waitMs = this.#waitMs(error);
    const isLate = nowMs + waitMs - this.#firstFailureMs > limits.giveUpAfterMs;
    if (this.#failed >= this.#triesMax() || isLate) throw thrown;
    const outcome = budget.take() ? 'again' : 'denied';
    world.observe(operation, error.code, outcome);
    if (outcome === 'denied') throw thrown;
    const either = linkedAbort(signal, this.#closing);
    try {
      await world.timers.sleep(waitMs, either.signal);
    } finally {
      either.unlink();
    }
  }

  #triesMax(): number {
    const { triesMax, readTriesMax = triesMax } = this.#policy.limits;
    return this.#call.operation.startsWith('get') ? readTriesMax : triesMax;
  }

  #mayPass({ code }: VarveError): boolean {
    if (code === 'damaged_object') return this.#damagedLeft-- > 0;
    return code === 'store_unavailable' || code === 'store_throttled';
  }

  #waitMs({ retryAfterSeconds }: VarveError): number {
    const { limits, world } = this.#policy;
    const longest = Math.min(limits.longestWaitMs, limits.firstWaitMs * 2 ** (this.#failed - 1));
    const ownMs = Math.floor((longest * (1 + world.random.fraction())) / 2);
    // Those who were told the same time do not come back at the same moment.
    return retryAfterSeconds === undefined ? ownMs : Math.ceil(ownMs + 1000 * retryAfterSeconds);
  }
}
