// The figures of heads and logs, put into the metrics of their tenants before each scrape.

import type { MetricStore } from '../base/observe/metric-store.ts';
import type { Head } from './head.ts';

/** A stream's head, and the segment that its log writes to. */
export interface ShownHead {
  readonly tenant: string;
  readonly head: Head;
  readonly walSegment: number;
}

/** Sets the gauges and totals of every tenant; a tenant's streams are shown as one. */
export function showHeads(metrics: MetricStore, shown: readonly ShownHead[]): void {
  const byTenant = new Map<string, ShownHead[]>();
  for (const one of shown) byTenant.set(one.tenant, [...(byTenant.get(one.tenant) ?? []), one]);
  for (const [tenant, heads] of byTenant) {
    const labels = { tenant };
    const sum = (of: (head: Head) => number): number =>
      heads.reduce((total, { head }) => total + of(head), 0);
    metrics.gauge('varve_tsdb_head_series', labels).set(sum((head) => head.seriesCount));
    metrics.gauge('varve_tsdb_head_chunks', labels).set(sum((head) => head.chunkCount));
    metrics
      .counter('varve_tsdb_head_series_created_total', labels)
      .setTotal(sum((head) => head.createdCount));
    metrics
      .counter('varve_tsdb_head_series_removed_total', labels)
      .setTotal(sum((head) => head.createdCount - head.seriesCount));
    const ranges = heads.map(({ head }) => head.timeRange);
    const minTimeMs = Math.min(...ranges.map((range) => range.minTimeMs));
    const maxTimeMs = Math.max(...ranges.map((range) => range.maxTimeMs));
    if (Number.isFinite(minTimeMs) && Number.isFinite(maxTimeMs)) {
      metrics.gauge('varve_tsdb_head_min_time_seconds', labels).set(minTimeMs / 1000);
      metrics.gauge('varve_tsdb_head_max_time_seconds', labels).set(maxTimeMs / 1000);
    }
    const segment = Math.max(...heads.map(({ walSegment }) => walSegment));
    metrics.gauge('varve_tsdb_wal_segment_current', labels).set(segment);
  }
}
