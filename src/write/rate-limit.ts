// The ingestion rate of each tenant: a token bucket of samples that may run into debt.
//
// How many samples a body holds is known only when it has been decoded, so a request is let in
// while its tenant has tokens left and pays afterwards. Over time the rate is exact; a burst is
// over by one request at most. Invariant: a bucket that is full is the same as no bucket.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Clock } from '../base/runtime/clock.ts';

/** Tenants remembered at once; full buckets are forgotten first. */
const BUCKETS_MAX = 10_000;

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Samples a second and tenant; 0 is no limit. */
  readonly samplesPerSecond: number;
  /** Samples that may come at once after a quiet time. */
  readonly burstSamples: number;
  /** Answer 429, which makes a default Prometheus drop the batch, instead of 503. */
  readonly dropWhenOver: boolean;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Lets a request in. @throws VarveError `rate_limited` or `rate_limited_drop` */
  check(tenant: string): void {
    if (this.#options.samplesPerSecond === 0) return;
    const tokens = this.#bucket(tenant).tokens;
    if (tokens > 0) return;
    const waitSeconds = Math.ceil(-tokens / this.#options.samplesPerSecond) + 1;
    throw new VarveError(
      this.#options.dropWhenOver ? 'rate_limited_drop' : 'rate_limited',
      `The tenant is over its rate of ${this.#options.samplesPerSecond} samples a second.`,
      { retryAfterSeconds: waitSeconds },
    );
  }

  /** Takes what a request turned out to hold. */
  pay(tenant: string, samples: number): void {
    if (this.#options.samplesPerSecond === 0 || samples === 0) return;
    this.#bucket(tenant).tokens -= samples;
  }

  #bucket(tenant: string): Bucket {
    const { clock, samplesPerSecond, burstSamples } = this.#options;
    const nowMs = clock.monotonicMs();
    let bucket = this.#buckets.get(tenant);
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_MAX) this.#forgetFull(nowMs);
      bucket = { tokens: burstSamples, atMs: nowMs };
      this.#buckets.set(tenant, bucket);
    }
    const earned = ((nowMs - bucket.atMs) / 1000) * samplesPerSecond;
    bucket.tokens = Math.min(burstSamples, bucket.tokens + earned);
    bucket.atMs = nowMs;
    return bucket;
  }

  #forgetFull(nowMs: number): void {
    const { samplesPerSecond, burstSamples } = this.#options;
    for (const [tenant, bucket] of this.#buckets) {
      const earned = ((nowMs - bucket.atMs) / 1000) * samplesPerSecond;
      if (bucket.tokens + earned >= burstSamples) this.#buckets.delete(tenant);
    }
    // Nobody is full: forget the oldest, which gives that tenant one burst too many.
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= BUCKETS_MAX && !oldest.done) this.#buckets.delete(oldest.value);
  }
}
