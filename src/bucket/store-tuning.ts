// What flags and bucket.yml say of limits, retries and times, whatever the type of store: adapters
// make no second try, so the keys of Thanos's clients go to what stands around them.

import type { BucketDocument } from '../base/config/bucket-document.ts';
import type { StoreHttpConfig } from '../base/config/bucket-http.ts';
import type { ServeConfig } from '../base/config/catalogue.ts';
import type { StoreLimits } from './limited-bucket.ts';
import { RETRY_LIMITS, type RetryLimits } from './retry-policy.ts';
import { STORE_TIMEOUTS, type StoreTimeouts } from './timed-bucket.ts';

/** Undefined and 0 mean the default. */
interface Tuning {
  /** `max_retries`, of AZURE `pipeline_config.max_tries`. */
  readonly maxRetries: number | undefined;
  /** `reader_config.max_retry_requests` of AZURE. */
  readonly readerMaxRetries?: number;
  /** `pipeline_config` of AZURE. */
  readonly retryDelayMs?: number;
  readonly maxRetryDelayMs?: number;
  readonly tryTimeoutMs?: number;
  readonly http?: Pick<StoreHttpConfig, 'responseHeaderTimeoutMs'>;
}

type LimitFlags = Pick<
  ServeConfig,
  'objstoreMaxConcurrency' | 'objstoreUploadBandwidth' | 'objstoreDownloadBandwidth'
>;

/** What may be asked for at once. */
export function storeLimits(config: LimitFlags): StoreLimits {
  return {
    concurrencyMax: config.objstoreMaxConcurrency,
    uploadBytesPerSecond: config.objstoreUploadBandwidth,
    downloadBytesPerSecond: config.objstoreDownloadBandwidth,
  };
}

/** How often and when a call is made again. */
export function retryLimits(document: BucketDocument): RetryLimits {
  const { maxRetries, readerMaxRetries, retryDelayMs, maxRetryDelayMs } = tuningOf(document);
  const firstWaitMs = retryDelayMs || RETRY_LIMITS.firstWaitMs;
  return {
    ...RETRY_LIMITS,
    triesMax: maxRetries ? maxRetries + uncounted(document) : RETRY_LIMITS.triesMax,
    ...(readerMaxRetries ? { readTriesMax: readerMaxRetries + uncounted(document) } : {}),
    firstWaitMs,
    longestWaitMs: Math.max(firstWaitMs, maxRetryDelayMs || RETRY_LIMITS.longestWaitMs),
  };
}

/**
 * Thanos's clients of S3 and GCS count tries in all. Azure's counts those after the first
 * (`policy.RetryOptions.MaxRetries` of azcore).
 */
function uncounted({ type }: BucketDocument): number {
  return type === 'AZURE' ? 1 : 0;
}

/** How long it may take. */
export function storeTimeouts(document: BucketDocument): StoreTimeouts {
  const { tryTimeoutMs, http } = tuningOf(document);
  const stallMs = http?.responseHeaderTimeoutMs || STORE_TIMEOUTS.stallMs;
  const callMs = tryTimeoutMs || Math.min(STORE_TIMEOUTS.callMs, stallMs);
  return { callMs, stallMs };
}

function tuningOf({ config }: BucketDocument): Tuning {
  return { maxRetries: undefined, ...config };
}
