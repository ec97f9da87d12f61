import { expect, test } from 'vitest';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { walMetrics } from '../../../src/wal/wal-metrics.ts';

test('commits are timed in seconds, failures counted and passed on', () => {
  const metrics = new MetricStore();
  const failures: unknown[] = [];
  const observer = walMetrics(metrics, 'a', (thrown) => failures.push(thrown));
  observer.synced({ durationMs: 5, bytes: 70_000, records: 3, completedPages: 2 });
  observer.failed('full');
  const values = metrics.snapshot().map(({ name, samples }) => `${name} ${samples.at(0)?.value}`);
  expect(values.filter((value) => value.startsWith('varve_tsdb_'))).toEqual([
    'varve_tsdb_wal_fsync_duration_seconds 0.005',
    'varve_tsdb_wal_page_flushes_total 2',
    'varve_tsdb_wal_writes_failed_total 1',
  ]);
  expect(failures).toEqual(['full']);
});
