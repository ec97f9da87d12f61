// How long blocks of each resolution are kept (DESIGN §3, Retention). Pure.

import type { RetentionPeriods } from '../compact/plan/options.ts';

const FIVE_MINUTES_MS = 300_000;

/** The policy at one moment. */
export interface Policy {
  /** The moment, Unix milliseconds. */
  readonly atMs: number;
  /** By age alone: there are no coarser layers to wait for. */
  readonly isPlain: boolean;
  /** When a block of this resolution with this max time is due; Infinity: never. */
  dueMs(resolutionMs: number, maxTimeMs: number): number;
  /** Is a range that ends there still wanted at this resolution? */
  wants(resolutionMs: number, maxTimeMs: number): boolean;
}

/** The policy of these periods at `atMs`. */
export function policyAt(periods: RetentionPeriods, isPlain: boolean, atMs: number): Policy {
  const dueMs = (resolutionMs: number, maxTimeMs: number): number => {
    const keptMs = periodOf(periods, resolutionMs);
    return keptMs === 0 ? Number.POSITIVE_INFINITY : maxTimeMs + keptMs;
  };
  return {
    atMs,
    isPlain,
    dueMs,
    // Thanos's comparison: due is what is older, not what is as old.
    wants: (resolutionMs, maxTimeMs) => dueMs(resolutionMs, maxTimeMs) >= atMs,
  };
}

function periodOf(periods: RetentionPeriods, resolutionMs: number): number {
  if (resolutionMs === 0) return periods.rawMs;
  return resolutionMs === FIVE_MINUTES_MS ? periods.fiveMinutesMs : periods.oneHourMs;
}
