// What a job thread does where the disk stands in its way; test/e2e/interchange.test.ts has the rest.

import { expect, test } from 'vitest';
import { MetricStore } from '../../src/base/observe/metric-store.ts';
import { makeJobs } from '../../src/job-thread.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { memoryRuntime } from '../support/memory-runtime.ts';

const STREAM = '/tsdb/a';
const ULID = '01M832KAJWMK22126GMWCXRFNA';

test('a damaged block that cannot be set aside does not keep its stream from being shipped', async () => {
  const runtime = memoryRuntime();
  const { disk } = runtime;
  disk.makeDir(`${STREAM}/wal`);
  disk.makeDir(`${STREAM}/${ULID}`);
  disk.replaceFile(`${STREAM}/origin.json`, Buffer.from('{}'));
  disk.replaceFile(`${STREAM}/${ULID}/meta.json`, Buffer.from('{'));
  disk.faults.add({ operation: 'rename', path: new RegExp(ULID), code: 'disk_failed' });
  const logger = new MemoryLogger();
  const jobs = await makeJobs(
    {
      tsdbPath: '/tsdb',
      labels: { external: [], tenantLabelName: 'tenant_id' },
      bucket: undefined,
      storeLimits: { concurrencyMax: 0, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 },
      uploads: 1,
      logger: { level: 'error', format: 'logfmt' },
    },
    runtime,
    { logger, metrics: new MetricStore() },
  );
  const round = { retentionMs: 0, retryAll: false, logsAreRead: true };
  expect(await jobs.ship(round)).toMatchObject({ failed: 0 });
  expect(disk.stat(`${STREAM}/${ULID}`)).toBeDefined();
  expect(logger.records.map(({ message }) => message)).toEqual([
    'not taken for a block or stream, left as it is',
  ]);
  // The disk works again.
  expect(await jobs.ship(round)).toMatchObject({ failed: 0 });
  expect(disk.stat(`${STREAM}/${ULID}`)).toBeUndefined();
  await jobs.close(null);
});
