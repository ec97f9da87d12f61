// What histories did, in numbers that add up.

export interface HistoryCounts {
  histories: number;
  /** Simulated hours. */
  hours: number;
  steps: number;
  /** Processes that were started. */
  lives: number;
  /** Faults that were ordered of the disk, and requests that went wrong at the store. */
  faults: number;
  /** Write requests, retries included. */
  requests: number;
  /** Different samples that were acknowledged. */
  acknowledged: number;
  /** Comparisons of all blocks with all that was acknowledged. */
  checks: number;
  /** Reads that were compared with what was acknowledged. */
  reads: number;
  cuts: number;
  uploads: number;
}

/** Nothing done yet. */
export function noCounts(): HistoryCounts {
  const none = { histories: 0, hours: 0, steps: 0, lives: 0, faults: 0, requests: 0 };
  return { ...none, acknowledged: 0, checks: 0, reads: 0, cuts: 0, uploads: 0 };
}

/** Adds `more` to `total`. */
export function addCounts(total: HistoryCounts, more: HistoryCounts): void {
  for (const name of Object.keys(total) as (keyof HistoryCounts)[]) total[name] += more[name];
}
