// The process under measurement of block-view.ts: opens the store and the catalogue, takes views one
// after the other, and prints what each cost as a line of JSON.
//
// `node view-process.js '<bucket.yml>' CATALOGUE VIEWS`

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
import { openBucket } from '../../storage-adapters/open-bucket.ts';

/** What one view cost. */
export interface ViewCost {
  readonly blocks: number;
  readonly faults: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly lists: number;
  readonly reads: number;
  /** Of the whole process until now. */
  readonly peakBytes: number;
}

const say = (message: string): void => console.error(message);
const logger = { debug: say, info: say, warn: say, error: say, child: () => logger };

const [config = '', path = '', views = '1'] = process.argv.slice(2);
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
  const { blocks, faults } = await maker.take();
  const { user, system } = process.cpuUsage(before.cpu);
  const cost: ViewCost = {
    blocks: blocks.length,
    faults: faults.length,
    wallSeconds: (performance.now() - before.ms) / 1000,
    cpuSeconds: (user + system) / 1e6,
    lists: requests('list') - asked.lists,
    reads: requests('read') - asked.reads,
    peakBytes:
      1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]),
  };
  console.log(JSON.stringify(cost));
}
catalog.close();
await store.close();
