import { expect, it } from 'vitest';
import {
  type ArchiveStageOptions,
  makeArchiveStage,
} from '../../../../src/wal/archive/archive-stage.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';
import { memoryRuntime } from '../../../support/memory-runtime.ts';

const SETTINGS: NonNullable<ArchiveStageOptions['settings']> = {
  tsdbPath: '/tsdb',
  labels: { external: [], tenantLabelName: 'tenant_id' },
  bucket: { type: 'FILESYSTEM', prefix: '', config: { directory: '/bucket' } },
  limits: { concurrencyMax: 0, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 },
  intervalMs: 1000,
  name: undefined,
  logger: { level: 'error', format: 'logfmt' },
};

function staged(options: Partial<ArchiveStageOptions> = {}) {
  const calls: string[] = [];
  const call = (name: string) => async () => {
    calls.push(name);
    return { more: false };
  };
  const service = {
    restore: call('restore'),
    archive: call('archive'),
    metrics: call('metrics'),
    close: call('close'),
  };
  const runtime = memoryRuntime({ services: { 'archive-thread': () => service } });
  const deaths: unknown[] = [];
  const stage = makeArchiveStage({
    runtime,
    tsdbPath: '/tsdb',
    settings: SETTINGS,
    restore: false,
    synced: async () => [],
    logger: new MemoryLogger(),
    onMetrics: () => undefined,
    onRequests: () => undefined,
    onDeath: (error) => deaths.push(error),
    ...options,
  });
  return { calls, deaths, runtime, stage };
}

it('restores before it archives, drains with a last round, and closes the bucket', async () => {
  const { calls, deaths, runtime, stage } = staged({ restore: true });
  await stage.start();
  expect(stage.ready()).toBe(true);
  await runtime.clock.advance(1000);
  await stage.drain();
  await stage.stop();
  expect(calls).toEqual(['restore', 'archive', 'archive', 'close']);
  expect(deaths).toEqual([]);
});

it('starts no thread when nothing is to be archived', async () => {
  const { calls, runtime, stage } = staged({ settings: { ...SETTINGS, intervalMs: 0 } });
  await stage.start();
  await stage.drain();
  await stage.stop();
  expect(calls).toEqual([]);
  expect(runtime.threads.remotes).toEqual([]);
});

it('does not start on a directory whose restore was cut off', async () => {
  const { runtime, stage } = staged({ settings: undefined });
  runtime.disk.makeDir('/tsdb/.varve');
  runtime.disk.replaceFile('/tsdb/.varve/restore.json', Buffer.from('{}'));
  await expect(stage.start()).rejects.toMatchObject({ code: 'bad_config' });
});

it('a thread that ends by itself is told', async () => {
  const { deaths, runtime, stage } = staged();
  await stage.start();
  runtime.threads.remotes[0]?.end(new Error('gone'));
  await runtime.clock.advance(0);
  expect(deaths).toHaveLength(1);
});
