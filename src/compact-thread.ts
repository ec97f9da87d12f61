// The entry of compaction's threads. One is the planner: it has the view, the catalogue, plans,
// leases, marks and deletions. The others are workers, which make blocks. Each has the bucket open
// for itself.

import { openBucket } from '../storage-adapters/open-bucket.ts';
import { momentMs } from './base/config/moment.ts';
import { readRelabelRules } from './base/config/relabel-document.ts';
import { Secret } from './base/config/secret.ts';
import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import { UlidMaker } from './base/model/ulid.ts';
import { type ThreadTools, threadTools } from './base/observe/thread-tools.ts';
import { nodeRuntime } from './base/runtime/node-runtime.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import { serveThread } from './base/runtime/thread-host.ts';
import { parseOwnMeta } from './block/meta/parse-own.ts';
import { catalogFile, mergesDir, varveDir } from './block/paths.ts';
import type { BlockView } from './bucket/block-view.ts';
import type { Bucket } from './bucket/bucket.ts';
import { deleteBlock, deletePartial } from './bucket/delete-block.ts';
import { leaseKey } from './bucket/layout.ts';
import { setMark } from './bucket/marks/writer.ts';
import { type OpenedStore, openStore } from './bucket/open-store.ts';
import { removeStaleUploads } from './bucket/stale-uploads.ts';
import {
  consistencyDelay,
  type FilteredView,
  filterView,
  labelSelector,
  timeRange,
} from './bucket/view/view-filters.ts';
import { ViewMaker } from './bucket/view/view-maker.ts';
import { Catalog } from './catalog/catalog.ts';
import { JobCatalog } from './catalog/job-catalog.ts';
import { ViewCatalog } from './catalog/view-catalog.ts';
import { AloneLeases } from './compact/lease/alone-leases.ts';
import { LEASE_TIMES } from './compact/lease/lease.ts';
import { Leases } from './compact/lease/leases.ts';
import { probeConditions } from './compact/lease/probe.ts';
import { ProbedLeases } from './compact/lease/probed-leases.ts';
import { mergeBlocks } from './compact/merge/merge-blocks.ts';
import type { MergeProgress, MergeTask } from './compact/merge/parts.ts';
import { mergeDir, sweepMergeDirs } from './compact/merge/work-dir.ts';
import { Planner } from './compact/run/planner.ts';
import type { JobHistory, PlannerWorld } from './compact/run/planner-world.ts';
import type { PlannerService, WorkerService, WorkResult } from './compact/run/work.ts';
import type { CompactSettings } from './compact/settings.ts';
import { mergeParts } from './merge-parts.ts';
import { estimateJob, PLAN_PARTS } from './plan-parts.ts';
import { beginReceipt } from './retention/receipts/writer.ts';

type Tools = ThreadTools & { readonly open?: typeof openBucket };

/** Makes the service of one of the threads; the simulation calls this with its own runtime. */
export async function makeCompact(
  settings: CompactSettings,
  runtime: Runtime,
  tools: Tools,
): Promise<PlannerService | WorkerService> {
  const { logger, metrics, open = openBucket } = tools;
  const { limits } = settings;
  const store = await openStore(settings.bucket, runtime, { logger, metrics, open, limits });
  try {
    if (settings.part === 'worker') return workerService(settings, runtime, { tools, store });
    return plannerService(settings, runtime, { tools, store });
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

interface Opened {
  readonly tools: Tools;
  readonly store: OpenedStore;
}

function plannerService(
  settings: CompactSettings,
  runtime: Runtime,
  { tools, store }: Opened,
): PlannerService {
  const catalog = openCatalog(settings, runtime, tools);
  if (!settings.isDry) sweepMergeDirs(runtime.disk, mergesDir(settings.workDir));
  const planner = new Planner(plannerWorld(settings, runtime, { tools, store, catalog }));
  return {
    round: () => planner.round(),
    plan: () => planner.document(),
    tidy: () => planner.tidy(),
    begin: (job) => planner.begin(job),
    untilLost: (group) => planner.untilLost(group),
    finish: (end) => planner.finish(end),
    leave: (group) => planner.leave(group),
    history: async ({ limit }) => planner.history(limit),
    metrics: async () => tools.metrics.snapshot(),
    requests: async () => store.requests(),
    close: async () => {
      await planner.close();
      catalog?.close();
      await store.close();
    },
  };
}

/** Undefined for a plan that is only printed. */
function openCatalog(
  { isDry, workDir }: CompactSettings,
  { databases, disk, clock }: Runtime,
  { logger }: Tools,
): Catalog | undefined {
  if (isDry) return undefined;
  disk.makeDir(varveDir(workDir));
  return new Catalog({ databases, disk, clock, logger, path: catalogFile(workDir) });
}

function plannerWorld(
  settings: CompactSettings,
  runtime: Runtime,
  { tools, store, catalog }: Opened & { readonly catalog: Catalog | undefined },
): PlannerWorld {
  const { holder, isDry, plan, workDir } = settings;
  const { clock, disk, random } = runtime;
  const leases = openLeases(settings, runtime, { tools, store });
  const maker = new ViewMaker({
    bucket: store.bucketFor('list'),
    parseMeta: parseOwnMeta,
    cache: catalog && new ViewCatalog(catalog),
    clock,
  });
  const changing = store.bucketFor('retention');
  const ulids = new UlidMaker(clock, random);
  return {
    takeView: () => maker.take(),
    look: (ulid) => maker.takeOne(ulid),
    narrow: narrowing(settings, runtime),
    options: plan,
    estimate: estimateJob,
    parts: PLAN_PARTS,
    leases,
    leaseTimeMs: async (group) =>
      (await leases.areConditional())
        ? (await changing.attributes(leaseKey(group))).modifiedMs
        : undefined,
    changes: {
      setMark: async (name, mark) => {
        const isConditional = await leases.areConditional();
        return setMark(changing, { name, mark }, { isConditional });
      },
      deleteBlock: (ulid) => deleteBlock(changing, ulid),
      deletePartial: (seen) => deletePartial(changing, seen),
      removeStaleUploads: (beforeMs) => removeStaleUploads(changing, beforeMs),
      beginReceipt: (blocks) => beginReceipt({ bucket: changing, clock, ulids, holder }, blocks),
    },
    history: catalog === undefined ? NO_HISTORY : new JobCatalog(catalog),
    freeBytes: () => (isDry ? Number.POSITIVE_INFINITY : disk.freeBytes(varveDir(workDir))),
    clock,
    ulids,
    logger: tools.logger,
    metrics: tools.metrics,
  };
}

const NO_HISTORY: JobHistory = { add: () => undefined, newest: () => [] };

/** A plan that is only printed begins no job: nothing is asked of the leases. */
function openLeases(
  { holder, isDry }: CompactSettings,
  { clock, random, timers }: Runtime,
  { tools, store }: Opened,
): ProbedLeases {
  const bucket: Bucket = store.bucketFor('compact');
  return new ProbedLeases({
    probe: async () =>
      isDry ? { areKept: false, why: 'nothing is written' } : probeConditions(bucket, random),
    leases: new Leases({ bucket, clock, timers, times: LEASE_TIMES }, holder),
    alone: new AloneLeases(),
    onAlone: (why) => {
      if (!isDry) tools.logger.warn(why);
    },
  });
}

/** The filters, at the time of each view. */
function narrowing(
  { selection }: CompactSettings,
  { clock }: Runtime,
): (view: BlockView) => FilteredView {
  const { consistencyDelayMs, minTime, maxTime, rules } = selection;
  const relabelling =
    rules &&
    readRelabelRules({ name: rules.name, text: new Secret(rules.text), fillEnvironment: false });
  return (view) => {
    const nowMs = clock.nowMs();
    return filterView(view, [
      ...(relabelling === undefined ? [] : [labelSelector(relabelling)]),
      timeRange(momentMs(minTime, nowMs), momentMs(maxTime, nowMs)),
      consistencyDelay(consistencyDelayMs, nowMs),
    ]);
  };
}

function workerService(
  { workDir }: CompactSettings,
  { disk, timers }: Runtime,
  { tools, store }: Opened,
): WorkerService {
  let progress: MergeProgress | undefined;
  let stop = new AbortController();
  const merge = async (task: MergeTask): Promise<WorkResult> => {
    const purpose = task.fromResolutionMs === undefined ? 'compact' : 'downsample';
    const { signal } = stop;
    try {
      const parts = mergeParts(task, {
        bucket: store.bucketFor(purpose),
        disk,
        workDir: mergeDir(mergesDir(workDir), task.ulid),
        signal,
        onProgress: (told) => {
          progress = told;
        },
        pause: () => timers.yieldNow(),
      });
      return { kind: 'outcome', outcome: await mergeBlocks(task, parts) };
    } catch (thrown) {
      const { code, message } = asVarveError(signal.aborted ? signal.reason : thrown);
      return { kind: 'failure', code, message };
    }
  };
  return {
    make: async (task) => {
      stop = new AbortController();
      progress = undefined;
      try {
        return await merge(task);
      } finally {
        progress = undefined;
      }
    },
    progress: async () => progress,
    abort: async ({ message }) => stop.abort(new VarveError('draining', message)),
    metrics: async () => tools.metrics.snapshot(),
    requests: async () => store.requests(),
    close: () => store.close(),
  };
}

await serveThread<CompactSettings>('compact-thread', (settings) => {
  const runtime = nodeRuntime();
  const name = settings.part === 'planner' ? 'compact' : 'compact-worker';
  return makeCompact(settings, runtime, threadTools(name, settings.logger, runtime.clock));
});
