// Metrics of compaction, a part of the catalogue: under Thanos's names where it has the very same
// value (thanos cmd/thanos/compact.go and downsample.go, pkg/compact/compact.go,
// pkg/block/fetcher.go).

import { alsoAs, counter, gauge, type MetricEntry } from './metric-entry.ts';

const RESOLUTION = ['resolution'] as const;

/** By name. `resolution` is that of the sources, in milliseconds. */
export const COMPACT_METRICS = {
  varve_compact_halted: gauge(
    'Always 0: a bad block is set aside, and everything else goes on.',
    [],
    { merge: 'max', ...alsoAs('thanos_compact_halted') },
  ),
  varve_compact_iterations_total: counter(
    'Looks at the bucket after which all that could be done was done.',
    [],
    alsoAs('thanos_compact_iterations_total'),
  ),
  varve_compact_round_failures_total: counter(
    'Looks at the bucket that failed: the store did not answer, mostly.',
  ),
  varve_blocks_meta_synced: gauge('Blocks of the bucket at the last look, by state.', ['state'], {
    merge: 'max',
    ...alsoAs('thanos_blocks_meta_synced'),
  }),
  varve_compact_group_compactions_total: counter(
    'Merges that made a block.',
    RESOLUTION,
    alsoAs('thanos_compact_group_compactions_total'),
  ),
  varve_compact_group_compaction_runs_started_total: counter(
    'Merges begun.',
    RESOLUTION,
    alsoAs('thanos_compact_group_compaction_runs_started_total'),
  ),
  varve_compact_group_compaction_runs_completed_total: counter(
    'Merges that ended in order, also those that made nothing.',
    RESOLUTION,
    alsoAs('thanos_compact_group_compaction_runs_completed_total'),
  ),
  varve_compact_group_compactions_failures_total: counter(
    'Merges that failed, or found a source that was set aside.',
    RESOLUTION,
    alsoAs('thanos_compact_group_compactions_failures_total'),
  ),
  varve_compact_group_vertical_compactions_total: counter(
    'Merges of blocks that overlap which made a block.',
    RESOLUTION,
    alsoAs('thanos_compact_group_vertical_compactions_total'),
  ),
  varve_compact_downsample_total: counter(
    'Blocks that were to be downsampled.',
    RESOLUTION,
    alsoAs('thanos_compact_downsample_total'),
  ),
  varve_compact_downsample_failures_total: counter(
    'Blocks whose downsampling failed.',
    RESOLUTION,
    alsoAs('thanos_compact_downsample_failures_total'),
  ),
  varve_compact_todo_compactions: gauge('Merges in the plan.', [], {
    merge: 'max',
    ...alsoAs('thanos_compact_todo_compactions'),
  }),
  varve_compact_todo_compaction_blocks: gauge('Blocks that the merges in the plan take.', [], {
    merge: 'max',
    ...alsoAs('thanos_compact_todo_compaction_blocks'),
  }),
  varve_compact_todo_downsample_blocks: gauge('Blocks in the plan to be downsampled.', [], {
    merge: 'max',
    ...alsoAs('thanos_compact_todo_downsample_blocks'),
  }),
  varve_compact_todo_deletion_blocks: gauge('Blocks that retention will mark for deletion.', [], {
    merge: 'max',
    ...alsoAs('thanos_compact_todo_deletion_blocks'),
  }),
  varve_compact_blocks_marked_total: counter(
    "Marks set beside blocks, by the mark's file and reason.",
    ['marker', 'reason'],
    alsoAs('thanos_compact_blocks_marked_total'),
  ),
  varve_compact_blocks_cleaned_total: counter(
    'Blocks and leftovers of uploads deleted.',
    [],
    alsoAs('thanos_compact_blocks_cleaned_total'),
  ),
  varve_compact_block_cleanup_failures_total: counter(
    'Deletions of blocks and leftovers that failed.',
    [],
    alsoAs('thanos_compact_block_cleanup_failures_total'),
  ),
  varve_compact_block_cleanup_loops_total: counter(
    'Rounds of marks, deletions and sweeps.',
    [],
    alsoAs('thanos_compact_block_cleanup_loops_total'),
  ),
  varve_compact_aborted_partial_uploads_deletion_attempts_total: counter(
    'Leftovers of uploads whose deletion was begun.',
    [],
    alsoAs('thanos_compact_aborted_partial_uploads_deletion_attempts_total'),
  ),
  varve_compact_overdue_blocks: gauge(
    'Blocks past their retention that stay because what is to follow them is not there yet.',
    [],
    { merge: 'max' },
  ),
  varve_compact_jobs_waiting_for_disk: gauge(
    'Jobs that need more of the local disk than there is or may be taken.',
    [],
    { merge: 'max' },
  ),
  varve_compact_leases_lost_total: counter(
    'Leases on groups that another process took while this one worked on the group.',
  ),
} as const satisfies Record<`varve_${string}`, MetricEntry>;
