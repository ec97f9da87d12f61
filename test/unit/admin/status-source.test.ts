import { expect, test } from 'vitest';
import { type StatusFacts, statusSource } from '../../../src/admin/status-source.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { load } from '../base/config/loading.ts';

const STARTED_MS = Date.UTC(2026, 0, 1);
const BUILD = { version: '1', revision: 'r', branch: 'b', buildUser: 'u', buildDate: 'd' };

function make() {
  const clock = new ManualClock(STARTED_MS);
  const state = {
    config: load({ argv: ['serve', '--tsdb.retention=36h'] }).config,
    reload: { successful: true, atMs: STARTED_MS },
  };
  const process = {
    nodeVersion: 'v24.1.0',
    hostname: 'box',
    workingDirectory: '/srv',
    cpus: 8,
    memoryLimitBytes: 1024,
  };
  const facts: StatusFacts = {
    build: BUILD,
    process,
    clock,
    startedMs: STARTED_MS,
    config: () => state.config,
    threads: () => 5,
    lastReload: () => state.reload,
    corruptions: async () => 3,
    tsdb: () => Promise.reject(new Error('not asked here')),
    walReplay: async () => ({ min: 0, max: 2, current: 1 }),
  };
  return { source: statusSource(facts), clock, state };
}

test("the build's compiler is Node.js", () => {
  expect(make().source.buildInfo()).toEqual({ ...BUILD, goVersion: 'v24.1.0' });
});

test("runtimeinfo has the process in Prometheus's words, at the time of the request", async () => {
  const { source, clock, state } = make();
  await clock.advance(90_000);
  state.reload = { successful: false, atMs: STARTED_MS + 60_000 };
  expect(await source.runtimeInfo()).toEqual({
    startTime: '2026-01-01T00:00:00.000Z',
    CWD: '/srv',
    hostname: 'box',
    serverTime: '2026-01-01T00:01:30.000Z',
    reloadConfigSuccess: false,
    lastConfigTime: '2026-01-01T00:01:00.000Z',
    corruptionCount: 3,
    goroutineCount: 5,
    GOMAXPROCS: 8,
    GOMEMLIMIT: 1024,
    GOGC: '',
    GODEBUG: '',
    storageRetention: '1d12h',
  });
});

test('flags, YAML and retention are those of the newest configuration', async () => {
  const { source, state } = make();
  expect(source.flags()['tsdb.retention']).toBe('1d12h');
  state.config = load({ argv: ['serve', '--tsdb.retention=48h'] }).config;
  expect(source.flags()['tsdb.retention']).toBe('2d');
  expect(source.configYaml()).toMatch(/retention: 2d$/m);
  expect(await source.runtimeInfo()).toMatchObject({ storageRetention: '2d' });
});
