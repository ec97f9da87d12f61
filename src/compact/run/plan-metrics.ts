// What a view and its plan come to, as metrics under Thanos's names (thanos pkg/block/fetcher.go,
// pkg/compact/compact.go).

import type { MetricStore } from '../../base/observe/metric-store.ts';
import type { BlockView } from '../../bucket/block-view.ts';
import type { HiddenBlock } from '../../bucket/view/view-filters.ts';
import type { CompactPlan } from '../planned-job.ts';

/** Thanos's words, each with what there is of it. */
const STATES = [
  'loaded',
  'no-meta-json',
  'corrupted-meta-json',
  'failed',
  'too-fresh',
  'time-excluded',
  'label-excluded',
  'duplicate',
  'marked-for-deletion',
  'marked-for-no-compact',
  'marked-for-no-downsample',
] as const;

/** What is told of. */
export interface PlannedBlocks {
  readonly whole: BlockView;
  readonly hidden: readonly HiddenBlock[];
  readonly plan: CompactPlan;
}

/** Sets the gauges. */
export function notePlan(metrics: MetricStore, { whole, hidden, plan }: PlannedBlocks): void {
  const { blocks, faults, partial } = whole;
  const counts = new Map<string, number>([
    ['loaded', blocks.length - hidden.length],
    ['no-meta-json', partial.length],
    ['corrupted-meta-json', faults.filter(({ isTransient }) => !isTransient).length],
    ['failed', faults.filter(({ isTransient }) => isTransient).length],
    ['marked-for-deletion', blocks.filter(({ marks }) => marks.deletion !== undefined).length],
    ['marked-for-no-compact', blocks.filter(({ marks }) => marks.noCompact !== undefined).length],
    [
      'marked-for-no-downsample',
      blocks.filter(({ marks }) => marks.noDownsample !== undefined).length,
    ],
    ['duplicate', plan.jobs.filter((job) => job.kind === 'mark' && isSuperseded(job)).length],
  ]);
  for (const { reason } of hidden) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const state of STATES)
    metrics.gauge('varve_blocks_meta_synced', { state }).set(counts.get(state) ?? 0);
  const making = plan.jobs.flatMap((job) => (job.kind === 'compact' ? [job] : []));
  const sources = making.reduce((sum, job) => sum + job.sources.length, 0);
  const of = (kind: string): number => plan.jobs.filter((job) => job.kind === kind).length;
  const deletions = plan.jobs.filter((job) => job.kind === 'mark' && job.reason === 'retention');
  metrics.gauge('varve_compact_todo_compactions', {}).set(making.length);
  metrics.gauge('varve_compact_todo_compaction_blocks', {}).set(sources);
  metrics.gauge('varve_compact_todo_downsample_blocks', {}).set(of('downsample'));
  metrics.gauge('varve_compact_todo_deletion_blocks', {}).set(deletions.length);
  const overdue = plan.kept.filter(({ isOverdue }) => isOverdue).length;
  metrics.gauge('varve_compact_overdue_blocks', {}).set(overdue);
}

function isSuperseded({ reason }: { readonly reason: string }): boolean {
  return reason === 'superseded';
}
