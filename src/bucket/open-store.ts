// The configured object store with all that stands around its adapter. From the inside out:
//
//   adapter    one request and no second one; tells each to its observer
//   prefix     `prefix` of bucket.yml before every key
//   timed      ends what does not move
//   limited    so many at once, so many bytes a second: of each try, and not while one waits
//   retrying   makes it again, within tries, time and budget
//   metered    what came of it, under Thanos's names: as there, retries are within
//
// Nobody gets the bucket itself, only a view for a purpose: so the ledger counts every request.

import type { BucketDocument } from '../base/config/bucket-document.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { MetricStore } from '../base/observe/metric-store.ts';
import type { Runtime } from '../base/runtime/runtime.ts';
import type { Bucket } from './bucket.ts';
import { LimitedBucket, SharedLimits, type StoreLimits } from './limited-bucket.ts';
import { MeteredBucket } from './metered-bucket.ts';
import { withPrefix } from './prefixed-bucket.ts';
import { type LedgerSnapshot, RequestLedger, type StorePurpose } from './request-ledger.ts';
import { type RetryLimits, RetryPolicy } from './retry-policy.ts';
import { RetryingBucket } from './retrying-bucket.ts';
import { storeMetrics } from './store-metrics.ts';
import { retryLimits, storeTimeouts } from './store-tuning.ts';
import { type StoreTimeouts, TimedBucket } from './timed-bucket.ts';

/** The doors that a store needs. */
export type StoreWorld = Pick<Runtime, 'clock' | 'timers' | 'random' | 'disk'>;

/** What an adapter gets. */
export type AdapterWorld = StoreWorld & { readonly logger: Logger };

/** What a store is made with, beside its description. */
export interface StoreTools {
  readonly logger: Logger;
  readonly metrics: MetricStore;
  /** Opens the adapter: `storage-adapters/open-bucket.ts`, or a simulation's own. */
  readonly open: (document: BucketDocument, world: AdapterWorld) => Promise<Bucket>;
  readonly limits: StoreLimits;
  /** Other than those of `bucket.yml` and the defaults; for tests. */
  readonly retries?: RetryLimits;
  readonly timeouts?: StoreTimeouts;
}

/** An open object store. */
export interface OpenedStore {
  /** As in `Bucket`. */
  readonly name: string;
  /** The bucket; its requests are counted under `purpose`. Never closed by itself. */
  bucketFor(purpose: StorePurpose): Bucket;
  /** What was asked of the store until now. */
  requests(): LedgerSnapshot;
  /** Ends what waits for another try, and closes the adapter. */
  close(): Promise<void>;
}

/** Opens it. Errors are those of the adapter's opening: `bad_config`, mostly. */
export async function openStore(
  document: BucketDocument,
  world: StoreWorld,
  tools: StoreTools,
): Promise<OpenedStore> {
  const { clock, timers, random } = world;
  const { logger } = tools;
  const inner = withPrefix(await tools.open(document, { ...world, logger }), document.prefix);
  const { name } = inner;
  const observe = storeMetrics(tools.metrics, name, clock);
  const timed = new TimedBucket(inner, timers, tools.timeouts ?? storeTimeouts(document));
  const limited = new LimitedBucket(timed, new SharedLimits(tools.limits, { clock, timers }));
  const doors = { clock, timers, random, observe: observe.retries };
  const policy = new RetryPolicy(tools.retries ?? retryLimits(document), doors);
  const retrying = new RetryingBucket(limited, policy);
  const bucket = new MeteredBucket(retrying, clock, observe.operations);
  const ledger = new RequestLedger(clock, observe.requests);
  const views = new Map<StorePurpose, Bucket>();
  return {
    name,
    bucketFor: (purpose) => {
      const view = views.get(purpose) ?? ledger.bucketFor(bucket, purpose);
      views.set(purpose, view);
      return view;
    },
    requests: () => ledger.snapshot(),
    close: () => bucket.close(),
  };
}
