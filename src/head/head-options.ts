// What a head must be told, and the defaults that DESIGN §3 gives.

import type { Clock } from '../base/runtime/clock.ts';
import type { Timers } from '../base/runtime/timers.ts';

export interface HeadOptions {
  /** Length of the windows that blocks are cut by, aligned to the epoch. */
  readonly windowMs: number;
  /** How far behind the stream's newest sample one may be. */
  readonly outOfOrderWindowMs: number;
  /** Series the head may hold; `createSeries` refuses more. */
  readonly maxSeries: number;
  /** Exemplars the head keeps; the oldest go first. 0 keeps none. */
  readonly maxExemplars: number;
  /** Metric names whose metadata the head keeps; further ones are not taken. */
  readonly maxMetadata: number;
  /** When samples arrive, blocks are stored. */
  readonly clock: Pick<Clock, 'nowMs'>;
  /** For work in slices (snapshots, forgetting): lets ingest run in between. */
  readonly timers: Pick<Timers, 'yieldNow'>;
  /** A slice of such work ends after so many series. */
  readonly seriesPerSlice: number;
}

/** What holds unless a flag says otherwise. */
export const HEAD_DEFAULTS = {
  windowMs: 2 * 3_600_000,
  outOfOrderWindowMs: 24 * 3_600_000,
  maxSeries: 10_000_000,
  maxExemplars: 100_000,
  maxMetadata: 100_000,
  seriesPerSlice: 1_000,
} as const satisfies Partial<HeadOptions>;
