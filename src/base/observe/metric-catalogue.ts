// Every metric there is, declared once. docs/operating/metrics.md is made from this table.
//
// Compatible names are those under which Prometheus (tsdb/head.go, tsdb/wlog), Thanos
// (pkg/shipper, pkg/extprom/http, pkg/receive with its `tenant` label) and thanos-io/objstore
// expose the very same value; `--no-metrics.compatible-names` leaves them out.

import { COMPACT_METRICS } from './compact-metrics.ts';
import { alsoAs, counter, gauge, histogram, type MetricEntry } from './metric-entry.ts';

const HTTP_LABELS = ['code', 'handler', 'method'] as const;
const BUCKET_LABELS = ['operation', 'bucket'] as const;
const REQUEST_LABELS = ['purpose', 'class', 'operation', 'bucket'] as const;
const TENANT = ['tenant'] as const;

// From a memory-only answer to the request's time limit.
const HTTP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
// Powers of four from 256 B to 64 MiB, the largest decompressed body.
const SIZE_BYTES = [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
// From an NVMe drive's sync to a disk in trouble.
const FSYNC_SECONDS = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 2, 10];
const CUT_SECONDS = [0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800];
// Powers of two from 32 KiB to 1 GiB (objstore.go).
const OBJECT_BYTES = Array.from({ length: 16 }, (_, power) => 32_768 * 2 ** power);
const STORE_SECONDS = [0.001, 0.01, 0.1, 0.3, 0.6, 1, 3, 6, 9, 20, 30, 60, 90, 120];

/** Metrics by name. */
export const METRIC_CATALOGUE = {
  varve_build_info: gauge(
    'Always 1; the version and what it was built from are in the labels.',
    ['version', 'revision', 'nodeversion'],
    { merge: 'max' },
  ),
  varve_metrics_source_failures_total: counter(
    'Scrapes in which a thread did not give its metrics.',
  ),
  varve_log_messages_total: counter('Log messages by level, written or not.', ['level']),

  varve_http_requests_total: counter(
    'HTTP requests answered.',
    HTTP_LABELS,
    alsoAs('http_requests_total'),
  ),
  varve_http_request_duration_seconds: histogram(
    'Time from the head of a request to the end of its answer.',
    HTTP_SECONDS,
    HTTP_LABELS,
    alsoAs('http_request_duration_seconds'),
  ),
  varve_http_request_size_bytes: histogram(
    'Sizes of request bodies as they were sent.',
    SIZE_BYTES,
    HTTP_LABELS,
    alsoAs('http_request_size_bytes', { type: 'summary' }),
  ),
  varve_http_inflight_requests: gauge(
    'HTTP requests under way.',
    ['handler', 'method'],
    alsoAs('http_inflight_requests'),
  ),

  varve_receive_samples_total: counter(
    'Samples stored (written, synced and acknowledged), by kind.',
    ['tenant', 'kind'],
  ),
  varve_receive_samples_refused_total: counter('Samples refused, by reason.', ['tenant', 'reason']),

  varve_tsdb_head_series: gauge(
    'Series in the head.',
    TENANT,
    alsoAs('prometheus_tsdb_head_series'),
  ),
  varve_tsdb_head_chunks: gauge(
    'Chunks in the head.',
    TENANT,
    alsoAs('prometheus_tsdb_head_chunks'),
  ),
  varve_tsdb_head_series_created_total: counter(
    'Series created in the head.',
    TENANT,
    alsoAs('prometheus_tsdb_head_series_created_total'),
  ),
  varve_tsdb_head_series_removed_total: counter(
    'Series removed from the head.',
    TENANT,
    alsoAs('prometheus_tsdb_head_series_removed_total'),
  ),
  varve_tsdb_head_min_time_seconds: gauge('Oldest sample in the head, as a Unix time.', TENANT, {
    merge: 'min',
    compatible: [
      { name: 'prometheus_tsdb_head_min_time_seconds' },
      { name: 'prometheus_tsdb_head_min_time', scale: 1000 },
    ],
  }),
  varve_tsdb_head_max_time_seconds: gauge('Newest sample in the head, as a Unix time.', TENANT, {
    merge: 'max',
    compatible: [
      { name: 'prometheus_tsdb_head_max_time_seconds' },
      { name: 'prometheus_tsdb_head_max_time', scale: 1000 },
    ],
  }),

  varve_tsdb_wal_fsync_duration_seconds: histogram(
    'Duration of a sync of the write-ahead log.',
    FSYNC_SECONDS,
    TENANT,
    alsoAs('prometheus_tsdb_wal_fsync_duration_seconds', { type: 'summary' }),
  ),
  varve_tsdb_wal_corruptions_total: counter(
    'Places in the write-ahead log that could not be read and were set aside.',
    TENANT,
    alsoAs('prometheus_tsdb_wal_corruptions_total'),
  ),
  varve_tsdb_wal_truncations_total: counter(
    'Truncations of the write-ahead log attempted.',
    TENANT,
    alsoAs('prometheus_tsdb_wal_truncations_total'),
  ),
  varve_tsdb_wal_truncations_failed_total: counter(
    'Truncations of the write-ahead log that failed.',
    TENANT,
    alsoAs('prometheus_tsdb_wal_truncations_failed_total'),
  ),
  varve_tsdb_wal_segment_current: gauge('Number of the segment that is written to.', TENANT, {
    merge: 'max',
    ...alsoAs('prometheus_tsdb_wal_segment_current'),
  }),
  varve_tsdb_wal_page_flushes_total: counter(
    'Pages of the write-ahead log flushed.',
    TENANT,
    alsoAs('prometheus_tsdb_wal_page_flushes_total'),
  ),
  varve_tsdb_wal_writes_failed_total: counter(
    'Group commits of the write-ahead log that failed; their senders were answered 503.',
    TENANT,
    alsoAs('prometheus_tsdb_wal_writes_failed_total'),
  ),

  varve_tsdb_blocks_cut_total: counter('Blocks cut from the head.', TENANT),
  varve_tsdb_block_cut_failures_total: counter('Cuts that failed and are tried again.', TENANT),
  varve_tsdb_block_cut_duration_seconds: histogram(
    'Time from a snapshot of the head to the verified block.',
    CUT_SECONDS,
    TENANT,
  ),

  varve_shipper_uploads_total: counter(
    'Blocks uploaded and verified.',
    TENANT,
    alsoAs('thanos_shipper_uploads_total'),
  ),
  varve_shipper_upload_failures_total: counter(
    'Uploads of blocks that failed and are tried again.',
    TENANT,
    alsoAs('thanos_shipper_upload_failures_total'),
  ),
  varve_shipper_blocks_waiting: gauge(
    'Blocks on local disk that are not in the bucket yet.',
    TENANT,
  ),
  varve_shipper_blocks_held: gauge(
    'Of those: blocks that wait for one which was cut before them and has samples of their time.',
    TENANT,
  ),
  varve_shipper_blocks_failing: gauge(
    'Of those: blocks that fail for a reason of their own; each is tried again ever more seldom.',
    TENANT,
  ),
  varve_shipper_dir_syncs_total: counter(
    'Rounds in which local blocks were compared with the bucket.',
    TENANT,
    alsoAs('thanos_shipper_dir_syncs_total'),
  ),
  varve_sidecar_prometheus_up: gauge(
    'Whether the Prometheus beside the sidecar answered when it was last asked, 1 or 0.',
    [],
    { merge: 'min', ...alsoAs('thanos_sidecar_prometheus_up') },
  ),
  varve_sidecar_last_heartbeat_success_time_seconds: gauge(
    'When the Prometheus beside the sidecar last answered, as a Unix time.',
    [],
    { merge: 'max', ...alsoAs('thanos_sidecar_last_heartbeat_success_time_seconds') },
  ),
  varve_sidecar_blocks_vanished_total: counter(
    'Blocks that the Prometheus deleted before they were uploaded.',
  ),
  varve_sidecar_blocks_passed_over: gauge(
    'Blocks on disk that are not meant to be uploaded, by reason.',
    ['reason'],
  ),

  varve_shipper_dir_sync_failures_total: counter(
    'Such rounds in which the disk did not give a directory.',
    TENANT,
    alsoAs('thanos_shipper_dir_sync_failures_total'),
  ),
  varve_shipper_upload_compacted_done: gauge(
    'Whether all blocks that were merged of others are in the bucket, 1 or 0.',
    TENANT,
    { merge: 'min', ...alsoAs('thanos_shipper_upload_compacted_done') },
  ),
  varve_shipper_waiting_bytes: gauge('Bytes of the blocks that are not in the bucket yet.', TENANT),
  varve_shipper_oldest_waiting_block_age_seconds: gauge(
    'Time since the block was made that waits longest for the bucket; 0 when none waits.',
    TENANT,
    { merge: 'max' },
  ),
  varve_shipper_queue_full: gauge(
    'Whether writes are answered 503 because too many blocks wait for the bucket, 1 or 0.',
  ),
  varve_shipper_queue_limit_bytes: gauge(
    'Bytes of blocks that may wait for the bucket; infinite without a limit.',
  ),

  varve_wal_archive_pieces_total: counter('Pieces of the WAL archive that were stored.'),
  varve_wal_archive_bytes_total: counter('Bytes of the pieces that were stored.'),
  varve_wal_archive_failures_total: counter(
    'Rounds of the WAL archive that failed and are tried again.',
  ),
  varve_wal_archive_lag_seconds: gauge(
    'For how long some of what is synced has not been in the WAL archive; 0 when all is.',
    [],
    { merge: 'max' },
  ),
  varve_wal_archive_waiting_bytes: gauge(
    'Synced bytes of the logs that are not in the WAL archive yet, as the last round found them.',
  ),
  varve_wal_archive_held_pieces: gauge('Pieces of the WAL archive in the bucket.'),
  varve_wal_archive_held_bytes: gauge('Bytes of the WAL archive in the bucket.'),

  varve_objstore_bucket_operations_total: counter(
    'Operations on the bucket attempted.',
    BUCKET_LABELS,
    alsoAs('thanos_objstore_bucket_operations_total'),
  ),
  varve_objstore_bucket_operation_failures_total: counter(
    'Operations on the bucket that failed, other than by a missing object where one may miss.',
    BUCKET_LABELS,
    alsoAs('thanos_objstore_bucket_operation_failures_total'),
  ),
  varve_objstore_bucket_operation_duration_seconds: histogram(
    'Duration of successful operations on the bucket.',
    STORE_SECONDS,
    BUCKET_LABELS,
    alsoAs('thanos_objstore_bucket_operation_duration_seconds'),
  ),
  varve_objstore_bucket_operation_fetched_bytes_total: counter(
    'Bytes of objects read from the bucket.',
    BUCKET_LABELS,
    alsoAs('thanos_objstore_bucket_operation_fetched_bytes_total'),
  ),
  varve_objstore_bucket_operation_transferred_bytes: histogram(
    'Bytes of objects that a successful read or upload moved.',
    OBJECT_BYTES,
    BUCKET_LABELS,
    alsoAs('thanos_objstore_bucket_operation_transferred_bytes'),
  ),
  varve_objstore_bucket_last_successful_upload_time: gauge(
    'When the last upload to the bucket succeeded, as a Unix time in seconds.',
    ['bucket'],
    { merge: 'max', ...alsoAs('thanos_objstore_bucket_last_successful_upload_time') },
  ),
  varve_objstore_bucket_retries_total: counter(
    'Tries of operations on the bucket that failed and were tried again, or (outcome "denied") ' +
      'were not because the budget of retries is used up; by error code.',
    ['operation', 'code', 'outcome', 'bucket'],
  ),
  varve_objstore_requests_total: counter(
    "Requests to the object store, by what they were made for, the store's own name of them, and " +
      'the class by which stores bill them (write, list, read, delete).',
    REQUEST_LABELS,
  ),
  varve_objstore_request_failures_total: counter(
    'Requests to the object store that it did not do as asked.',
    REQUEST_LABELS,
  ),
  varve_objstore_request_sent_bytes_total: counter(
    'Bytes of objects sent to the object store, retries included.',
    ['purpose', 'class', 'bucket'],
  ),
  varve_objstore_request_received_bytes_total: counter(
    'Bytes of objects received from the object store, retries included.',
    ['purpose', 'class', 'bucket'],
  ),

  ...COMPACT_METRICS,

  varve_config_last_reload_successful: gauge(
    'Whether the last reload of the configuration succeeded, 1 or 0.',
    [],
    { merge: 'min', ...alsoAs('thanos_receive_config_last_reload_successful') },
  ),
  varve_config_last_reload_success_timestamp_seconds: gauge(
    'When the configuration was last reloaded successfully, as a Unix time.',
    [],
    { merge: 'max', ...alsoAs('thanos_receive_config_last_reload_success_timestamp_seconds') },
  ),
} as const satisfies Record<`varve_${string}`, MetricEntry>;

export type MetricName = keyof typeof METRIC_CATALOGUE;

/** Names of the metrics of one kind. */
export type NameOfKind<K extends MetricEntry['kind']> = {
  [N in MetricName]: (typeof METRIC_CATALOGUE)[N]['kind'] extends K ? N : never;
}[MetricName];

/** The labels a metric wants: each of the declared ones, and no other. */
export type LabelsOf<N extends MetricName> = Readonly<
  Record<(typeof METRIC_CATALOGUE)[N]['labels'][number], string>
>;
