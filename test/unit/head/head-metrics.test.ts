import { expect, test } from 'vitest';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import type { Head } from '../../../src/head/head.ts';
import { showHeads } from '../../../src/head/head-metrics.ts';

function head(seriesCount: number, createdCount: number, minTimeMs: number, maxTimeMs: number) {
  const timeRange = { minTimeMs, maxTimeMs };
  return { seriesCount, createdCount, chunkCount: seriesCount, timeRange } as unknown as Head;
}

test('the streams of a tenant are shown as one, an empty one adds no times', () => {
  const metrics = new MetricStore();
  const empty = head(0, 4, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  showHeads(metrics, [
    { tenant: 'a', head: head(2, 3, 1000, 5000), walSegment: 7 },
    { tenant: 'a', head: empty, walSegment: 9 },
    { tenant: 'b', head: empty, walSegment: 0 },
  ]);
  const values = metrics
    .snapshot()
    .filter(({ name }) => name.startsWith('varve_tsdb_'))
    .flatMap(({ name, samples }) =>
      samples.map(({ labels, value }) => `${name.slice('varve_tsdb_'.length)} ${labels} ${value}`),
    );
  expect(values.sort()).toEqual([
    'head_chunks a 2',
    'head_chunks b 0',
    'head_max_time_seconds a 5',
    'head_min_time_seconds a 1',
    'head_series a 2',
    'head_series b 0',
    'head_series_created_total a 7',
    'head_series_created_total b 4',
    'head_series_removed_total a 5',
    'head_series_removed_total b 4',
    'wal_segment_current a 9',
    'wal_segment_current b 0',
  ]);
});
