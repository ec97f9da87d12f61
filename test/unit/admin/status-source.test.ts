import { expect, it } from 'vitest';
import { type StatusFacts, statusSource } from '../../../src/admin/status-source.ts';
import type { ServeConfig } from '../../../src/base/config/catalogue.ts';

it('puts what the gateway knows into Prometheus’s words', async () => {
  const facts = {
    build: { version: '1.2' },
    process: {
      nodeVersion: 'v20',
      hostname: 'h',
      workingDirectory: '/w',
      cpus: 2,
      memoryLimitBytes: 9,
    },
    clock: { nowMs: () => 2000, monotonicMs: () => 0 },
    startedMs: 1000,
    config: () => ({ tsdbRetentionMs: 15 * 86_400_000 }) as ServeConfig,
    threads: () => 3,
    lastReload: () => ({ successful: false, atMs: 1500 }),
    corruptions: async () => 4,
  } as unknown as StatusFacts;
  const source = statusSource(facts);
  expect(source.buildInfo()).toMatchObject({ version: '1.2', goVersion: 'v20' });
  expect(await source.runtimeInfo()).toMatchObject({
    startTime: '1970-01-01T00:00:01.000Z',
    serverTime: '1970-01-01T00:00:02.000Z',
    lastConfigTime: '1970-01-01T00:00:01.500Z',
    reloadConfigSuccess: false,
    corruptionCount: 4,
    goroutineCount: 3,
    GOMAXPROCS: 2,
    GOMEMLIMIT: 9,
    storageRetention: '15d',
  });
});
