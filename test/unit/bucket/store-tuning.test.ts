import { describe, expect, it, test } from 'vitest';
import {
  type BucketDocument,
  readBucketDocument,
} from '../../../src/base/config/bucket-document.ts';
import { Secret } from '../../../src/base/config/secret.ts';
import { RETRY_LIMITS } from '../../../src/bucket/retry-policy.ts';
import { retryLimits, storeLimits, storeTimeouts } from '../../../src/bucket/store-tuning.ts';
import { STORE_TIMEOUTS } from '../../../src/bucket/timed-bucket.ts';

/** A document of another type, as its reader gives it: more keys than a directory has. */
function documentWith(tuning: Readonly<Record<string, unknown>>): BucketDocument {
  const config = { directory: '/b', ...tuning };
  return { type: 'FILESYSTEM', prefix: '', config };
}

describe('what bucket.yml says of retries and times', () => {
  it.each([
    ['says nothing', {}],
    ['leaves them to the default', { maxRetries: 0, retryDelayMs: 0, tryTimeoutMs: 0 }],
    ['has no value', { maxRetries: undefined, http: { responseHeaderTimeoutMs: 0 } }],
  ])('is the default where it %s', (_what, tuning) => {
    expect(retryLimits(documentWith(tuning))).toEqual(RETRY_LIMITS);
    expect(storeTimeouts(documentWith(tuning))).toEqual(STORE_TIMEOUTS);
  });

  it('is honoured', () => {
    const tuning = { maxRetries: 3, retryDelayMs: 8000, maxRetryDelayMs: 7000 };
    const { triesMax, firstWaitMs, longestWaitMs } = retryLimits(documentWith(tuning));
    expect([triesMax, firstWaitMs, longestWaitMs]).toEqual([3, 8000, 8000]);
    const http = { responseHeaderTimeoutMs: 5000 };
    expect(storeTimeouts(documentWith({ http }))).toEqual({ callMs: 5000, stallMs: 5000 });
    const timed = documentWith({ http, tryTimeoutMs: 9000 });
    expect(storeTimeouts(timed)).toEqual({ callMs: 9000, stallMs: 5000 });
  });
});

it.each([
  ['S3', 'max_retries: 1', 1],
  ['GCS', 'max_retries: 1', 1],
  ['AZURE', 'max_retries: 1', 2],
  ['AZURE', 'pipeline_config: {max_tries: 3}', 4],
  ['AZURE', 'reader_config: {max_retry_requests: 1}', RETRY_LIMITS.triesMax, 2],
  ['AZURE', 'max_retries: 4, reader_config: {max_retry_requests: 1}', 5, 2],
])('of %s, %s is %i tries in all, as in Thanos', (type, line, triesMax, ofReads = triesMax) => {
  const account = type === 'AZURE' ? 'storage_account: a, container: c' : 'bucket: b';
  const endpoint = type === 'S3' ? ', endpoint: s3.test' : '';
  const text = `type: ${type}\nconfig: {${account}${endpoint}, ${line}}`;
  const source = { name: 'bucket.yml', text: new Secret(text), fillEnvironment: false };
  const limits = retryLimits(readBucketDocument(source, {}));
  expect([limits.triesMax, limits.readTriesMax ?? limits.triesMax]).toEqual([triesMax, ofReads]);
});

test('the flags of the limits are those of the limits', () => {
  const flags = {
    objstoreMaxConcurrency: 3,
    objstoreUploadBandwidth: 4,
    objstoreDownloadBandwidth: 5,
  };
  const limits = { concurrencyMax: 3, uploadBytesPerSecond: 4, downloadBytesPerSecond: 5 };
  expect(storeLimits(flags)).toEqual(limits);
});
