// Rounds over a planner that is a few lines here, so that each of its answers can be held back.

import { expect, test } from 'vitest';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { CompactLoop } from '../../../src/compact/loop.ts';
import type { MergeTask } from '../../../src/compact/merge/parts.ts';
import type { MakingJob, PlannerService, Round } from '../../../src/compact/run/work.ts';
import { WorkerSlot } from '../../../src/compact/run/worker-slot.ts';
import { type WorkerThread, WorkerThreads } from '../../../src/compact/run/worker-threads.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const SOON_MS = 60_000;

function job(id: string, group: string, kind: MakingJob['kind']): MakingJob {
  const cost = { readBytes: 1, writtenBytes: 1, requests: 1, diskBytes: 1 };
  const base = { id, cost, minTimeMs: 0, maxTimeMs: 1, why: '', sources: [id] };
  const key = { group: { key: group, labels: [], resolutionMs: 0 } };
  return kind === 'compact'
    ? { ...base, ...key, kind, level: 2, deduplication: 'merge' }
    : { ...base, ...key, kind, resolutionMs: 300_000 };
}

/** A promise and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('a worker that gives a lease back while the job it waits for ends goes on', async () => {
  const clock = new ManualClock();
  const jobs = [job('a1', 'a', 'compact'), job('b1', 'b', 'downsample')];
  jobs.push(job('a2', 'a', 'downsample'));
  const made: string[] = [];
  const merged = gate();
  const left = gate();
  const rounds: readonly Round['making'][] = [jobs, []];
  let round = 0;
  const planner = {
    round: async () => ({ making: rounds[round++] ?? [], small: 0, freeBytes: 100 }),
    begin: async (begun: MakingJob) => ({ kind: 'go', task: { ulid: begun.id } }),
    finish: async ({ job: { id } }: { job: MakingJob }) => {
      made.push(id);
      return 'made';
    },
    untilLost: () => new Promise<boolean>(() => undefined),
    leave: async (group: string) => {
      // Before `b` is given back, the merge that a2 waits for ends, and its worker has nothing more.
      if (group !== 'b') return;
      merged.open();
      await left.opened;
    },
  } as unknown as PlannerService;
  const call = async (method: keyof PlannerService, argument: never): Promise<unknown> =>
    planner[method](argument);
  const thread = {
    call: async (_method: string, task: MergeTask) => {
      if (task.ulid === 'a1') await merged.opened;
      return { kind: 'outcome' };
    },
    ended: new Promise(() => undefined),
  } as unknown as WorkerThread;
  const threads = new WorkerThreads(async () => thread);
  const loop = new CompactLoop({
    planner: { call: call as never },
    workers: [new WorkerSlot('compact', threads), new WorkerSlot('downsample', threads)],
    maxDiskBytes: 0,
    waitIntervalMs: undefined,
    progressIntervalMs: 0,
    clock,
    timers: clock,
    logger: new MemoryLogger(),
    metrics: new MetricStore(),
  });
  const ended = loop.run();
  await clock.advance(SOON_MS);
  left.open();
  await clock.advance(SOON_MS);
  expect(made).toEqual(['b1', 'a1', 'a2']);
  expect(await ended).toBe(0);
});
