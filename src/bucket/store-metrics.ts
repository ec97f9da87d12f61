// What /metrics tells of the object store: operations as Thanos counts them, requests as the store
// bills them, and retries.

import type { MetricStore } from '../base/observe/metric-store.ts';
import type { Clock } from '../base/runtime/clock.ts';
import { BUCKET_OPERATIONS, type OperationObserver } from './metered-bucket.ts';
import type { PurposeObserver } from './request-ledger.ts';
import type { RetryObserver } from './retry-policy.ts';

/** Where the three kinds are told of one bucket. */
export interface StoreMetrics {
  readonly operations: OperationObserver;
  readonly requests: PurposeObserver;
  readonly retries: RetryObserver;
}

/** Operations that move bytes of objects (objstore.go has sizes of no other). */
const MOVING = new Set<string>(['get', 'get_range', 'upload']);

/** Makes them for one bucket; its operations are shown from the start, as in Thanos. */
export function storeMetrics(metrics: MetricStore, bucket: string, clock: Clock): StoreMetrics {
  for (const operation of BUCKET_OPERATIONS) {
    const labels = { operation, bucket };
    metrics.counter('varve_objstore_bucket_operations_total', labels);
    metrics.counter('varve_objstore_bucket_operation_failures_total', labels);
    metrics.counter('varve_objstore_bucket_operation_fetched_bytes_total', labels);
    metrics.histogram('varve_objstore_bucket_operation_duration_seconds', labels);
    if (!MOVING.has(operation)) continue;
    metrics.histogram('varve_objstore_bucket_operation_transferred_bytes', labels);
  }
  return {
    operations: operationMetrics(metrics, bucket, clock),
    requests: (purpose, request) => {
      const labels = { purpose, class: request.class, bucket };
      const named = { ...labels, operation: request.operation };
      metrics.counter('varve_objstore_requests_total', named).add();
      if (!request.ok) metrics.counter('varve_objstore_request_failures_total', named).add();
      const sent = metrics.counter('varve_objstore_request_sent_bytes_total', labels);
      sent.add(request.sentBytes);
      const received = metrics.counter('varve_objstore_request_received_bytes_total', labels);
      received.add(request.receivedBytes);
    },
    retries: (operation, code, outcome) => {
      const labels = { operation, code, outcome, bucket };
      metrics.counter('varve_objstore_bucket_retries_total', labels).add();
    },
  };
}

function operationMetrics(metrics: MetricStore, bucket: string, clock: Clock): OperationObserver {
  return ({ operation, seconds, outcome, bytes }) => {
    const labels = { operation, bucket };
    metrics.counter('varve_objstore_bucket_operations_total', labels).add();
    if (operation === 'get' || operation === 'get_range') {
      metrics.counter('varve_objstore_bucket_operation_fetched_bytes_total', labels).add(bytes);
    }
    if (outcome === 'failed') {
      metrics.counter('varve_objstore_bucket_operation_failures_total', labels).add();
    }
    if (outcome === 'failed' || outcome === 'left') return;
    metrics.histogram('varve_objstore_bucket_operation_duration_seconds', labels).observe(seconds);
    if (outcome !== 'done' || !MOVING.has(operation)) return;
    metrics.histogram('varve_objstore_bucket_operation_transferred_bytes', labels).observe(bytes);
    if (operation !== 'upload') return;
    metrics
      .gauge('varve_objstore_bucket_last_successful_upload_time', { bucket })
      .set(clock.nowMs() / 1000);
  };
}
