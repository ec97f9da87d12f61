// What became of a request's samples, put into metrics.

import type { MetricStore } from '../base/observe/metric-store.ts';
import type { WriteOutcome } from './outcome.ts';

/** Counts what was written and what was refused. */
export function countOutcome(metrics: MetricStore, tenant: string, outcome: WriteOutcome): void {
  const { samples, histograms, exemplars } = outcome.written;
  const count = (kind: string, amount: number): void => {
    if (amount > 0) metrics.counter('varve_receive_samples_total', { tenant, kind }).add(amount);
  };
  count('float', samples);
  count('histogram', histograms);
  count('exemplar', exemplars);
  for (const { reason, count: refused } of outcome.refused) {
    metrics.counter('varve_receive_samples_refused_total', { tenant, reason }).add(refused);
  }
}
