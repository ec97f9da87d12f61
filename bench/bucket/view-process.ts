// The process under measurement of block-view.ts: opens the store and the catalogue, takes views and
// plans one after the other, and prints what each cost as a line of JSON.
//
// `node view-process.js '<bucket.yml>' CATALOGUE VIEWS [due]`; `due` plans with a retention that every
// block is due for, which makes a job of each.

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { readBucketDocument } from '../../src/base/config/bucket-document.ts';
import { Secret } from '../../src/base/config/secret.ts';
import { MetricStore } from '../../src/base/observe/metric-store.ts';
import { nodeRuntime } from '../../src/base/runtime/node-runtime.ts';
import { parseOwnMeta } from '../../src/block/meta/parse-own.ts';
import { openStore } from '../../src/bucket/open-store.ts';
import { ViewMaker } from '../../src/bucket/view/view-maker.ts';
import { Catalog } from '../../src/catalog/catalog.ts';
import { ViewCatalog } from '../../src/catalog/view-catalog.ts';
import {
  INDEX_BYTES_MAX,
  INDEX_TABLE_BYTES_MAX,
  LEVEL_RANGES_MS,
  MERGE_SOURCES_MAX,
  PARTIAL_AGE_MS,
} from '../../src/compact/plan/options.ts';
import { planBucket } from '../../src/compact/plan/plan.ts';
import { DIRECT_BLOCKS_MAX } from '../../src/compact/settings.ts';
import { estimateJob, PLAN_PARTS } from '../../src/plan-parts.ts';
import { openBucket } from '../../storage-adapters/open-bucket.ts';

/** What one view cost. */
export interface ViewCost {
  readonly blocks: number;
  readonly faults: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Of these, the plan's. */
  readonly planCpuSeconds: number;
  readonly jobs: number;
  readonly lists: number;
  readonly reads: number;
  /** Of the whole process until now. */
  readonly peakBytes: number;
}

const DAY_MS = 86_400_000;
const [config = '', path = '', views = '1', due = ''] = process.argv.slice(2);
/** The defaults of `varve compact`, but for retention. */
const PLANNED = {
  estimate: estimateJob,
  parts: PLAN_PARTS,
  options: {
    replicaLabels: [],
    deduplication: 'merge',
    retention: { rawMs: due === 'due' ? DAY_MS : 0, fiveMinutesMs: 0, oneHourMs: 0 },
    isDownsamplingDisabled: false,
    deleteDelayMs: 2 * DAY_MS,
    levelRangesMs: LEVEL_RANGES_MS,
    directMergeBlocksMax: DIRECT_BLOCKS_MAX,
    mergeSourcesMax: MERGE_SOURCES_MAX,
    indexBytesMax: INDEX_BYTES_MAX,
    indexTableBytesMax: INDEX_TABLE_BYTES_MAX,
    partialAgeMs: PARTIAL_AGE_MS,
  },
} as const;

const say = (message: string): void => console.error(message);
const logger = { debug: say, info: say, warn: say, error: say, child: () => logger };

const runtime = nodeRuntime();
const { clock, databases, disk } = runtime;
const metrics = new MetricStore();
const limits = { concurrencyMax: 64, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 };
const source = { name: 'bucket.yml', text: new Secret(config), fillEnvironment: false };
const document = readBucketDocument(source, process.env);
const store = await openStore(document, runtime, { logger, metrics, open: openBucket, limits });
const catalog = new Catalog({ databases, disk, clock, logger, path });
const bucket = store.bucketFor('compact');
const parseMeta = parseOwnMeta;
const maker = new ViewMaker({ bucket, parseMeta, cache: new ViewCatalog(catalog), clock });

const requests = (kind: string): number =>
  store
    .requests()
    .totals.filter((row) => row.class === kind)
    .reduce((sum, row) => sum + row.requests, 0);

for (let view = 0; view < Number(views); view++) {
  const before = { ms: performance.now(), cpu: process.cpuUsage() };
  const asked = { lists: requests('list'), reads: requests('read') };
  const taken = await maker.take();
  const beforePlan = process.cpuUsage();
  const nowMs = clock.nowMs();
  const { jobs } = planBucket({ view: taken, nowMs, storeMs: nowMs, ...PLANNED });
  const { user, system } = process.cpuUsage(before.cpu);
  const plan = process.cpuUsage(beforePlan);
  const { blocks, faults } = taken;
  const cost: ViewCost = {
    blocks: blocks.length,
    faults: faults.length,
    wallSeconds: (performance.now() - before.ms) / 1000,
    cpuSeconds: (user + system) / 1e6,
    planCpuSeconds: (plan.user + plan.system) / 1e6,
    jobs: jobs.length,
    lists: requests('list') - asked.lists,
    reads: requests('read') - asked.reads,
    peakBytes:
      1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]),
  };
  console.log(JSON.stringify(cost));
}
catalog.close();
await store.close();
