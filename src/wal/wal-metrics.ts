// What a log does, put into metrics.

import type { MetricStore } from '../base/observe/metric-store.ts';
import type { WalObserver } from './wal-log.ts';

/** Counts a tenant's group commits; failures go to `onFailure` as well, for the operator's log. */
export function walMetrics(
  metrics: MetricStore,
  tenant: string,
  onFailure: (thrown: unknown) => void,
): WalObserver {
  const labels = { tenant };
  const seconds = metrics.histogram('varve_tsdb_wal_fsync_duration_seconds', labels);
  const pages = metrics.counter('varve_tsdb_wal_page_flushes_total', labels);
  const failures = metrics.counter('varve_tsdb_wal_writes_failed_total', labels);
  return {
    synced: ({ durationMs, completedPages }) => {
      seconds.observe(durationMs / 1000);
      pages.add(completedPages);
    },
    failed: (thrown) => {
      failures.add();
      onFailure(thrown);
    },
  };
}
