// Jobs as metrics under Thanos's names (thanos pkg/compact/compact.go, cmd/thanos/downsample.go).
// Its label `resolution` is that of the sources, in milliseconds.

import type { MetricStore } from '../../base/observe/metric-store.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { JobRecord, MakingJob } from './work.ts';

/** See the head of the file. */
export class JobMetrics {
  readonly #metrics: MetricStore;

  constructor(metrics: MetricStore) {
    this.#metrics = metrics;
    // It never halts, and whoever watches Thanos's compactor looks at this one.
    metrics.gauge('varve_compact_halted', {}).set(0);
  }

  begun(job: MakingJob): void {
    const labels = resolutionOf(job);
    if (job.kind === 'compact')
      this.#metrics.counter('varve_compact_group_compaction_runs_started_total', labels).add();
  }

  ended({ job, end }: JobRecord, sources: readonly ViewedBlock[]): void {
    const labels = resolutionOf(job);
    const isFailed = end === 'failed' || end === 'set-aside';
    if (job.kind === 'downsample') {
      this.#metrics.counter('varve_compact_downsample_total', labels).add();
      if (isFailed) this.#metrics.counter('varve_compact_downsample_failures_total', labels).add();
      return;
    }
    if (isFailed) {
      this.#metrics.counter('varve_compact_group_compactions_failures_total', labels).add();
      return;
    }
    this.#metrics.counter('varve_compact_group_compaction_runs_completed_total', labels).add();
    if (end !== 'made') return;
    this.#metrics.counter('varve_compact_group_compactions_total', labels).add();
    if (doOverlap(sources))
      this.#metrics.counter('varve_compact_group_vertical_compactions_total', labels).add();
  }
}

function resolutionOf({ group }: MakingJob): { resolution: string } {
  return { resolution: String(group.resolutionMs) };
}

function doOverlap(sources: readonly ViewedBlock[]): boolean {
  let endMs = Number.NEGATIVE_INFINITY;
  for (const { minTimeMs, maxTimeMs } of sources.toSorted((a, b) => a.minTimeMs - b.minTimeMs)) {
    if (minTimeMs < endMs) return true;
    endMs = Math.max(endMs, maxTimeMs);
  }
  return false;
}
