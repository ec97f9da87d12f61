// A process that uploads the blocks of one directory and may kill itself: before, within or after
// the n-th call of the bucket. For test/crash/upload-kills*.test.ts, compiled.

import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import type { BucketDocument } from '../../../src/base/config/bucket-document.ts';
import { nodeRuntime } from '../../../src/base/runtime/node-runtime.ts';
import type { Bucket, PutSource } from '../../../src/bucket/bucket.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { Shipper, type ShipperDir } from '../../../src/bucket/shipper.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { UploadCatalog } from '../../../src/catalog/upload-catalog.ts';
import { openBucket } from '../../../storage-adapters/open-bucket.ts';
import { MemoryLogger } from '../memory-logger.ts';

/** When the process kills itself. `within` a put means: after its first piece. */
export interface KillPoint {
  /** Calls of the bucket, counted from 1. */
  readonly call: number;
  readonly phase: 'before' | 'within' | 'after';
}

/** What the process is started with, as JSON. */
export interface UploadOrder {
  readonly bucket: BucketDocument;
  /** Holds `blocks/<ULID>/…` and `.varve/catalog.db`. */
  readonly dir: string;
  readonly blocks: readonly {
    readonly ulid: string;
    readonly files: readonly string[];
    readonly minTimeMs: number;
  }[];
  /** Undefined: it runs to its end, if nobody else kills it. */
  readonly killAt: KillPoint | undefined;
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** The bucket, whose calls may be the last thing that happens. */
function deadly(inner: Bucket, at: KillPoint | undefined): Bucket {
  let calls = 0;
  const isNow = (phase: KillPoint['phase']): boolean => calls === at?.call && phase === at.phase;
  const call = async <T>(run: () => Promise<T>): Promise<T> => {
    calls++;
    if (isNow('before')) die();
    const result = await run();
    if (isNow('after') || isNow('within')) die();
    return result;
  };
  async function* stream<T>(items: AsyncIterable<T>): AsyncIterable<T> {
    calls++;
    if (isNow('before')) die();
    for await (const item of items) {
      yield item;
      if (isNow('within')) die();
    }
    if (isNow('after') || isNow('within')) die();
  }
  const dying = (source: PutSource): PutSource => ({
    sizeBytes: source.sizeBytes,
    async *read(offset, length) {
      for await (const piece of source.read(offset, length)) {
        yield piece;
        if (isNow('within')) die();
      }
    },
  });
  const bucket: Bucket = {
    name: inner.name,
    get: (key, range, options) => stream(inner.get(key, range, options)),
    attributes: (key, options) => call(() => inner.attributes(key, options)),
    exists: (key, options) => call(() => inner.exists(key, options)),
    list: (prefix, options) => stream(inner.list(prefix, options)),
    listNames: (prefix, options) => stream(inner.listNames(prefix, options)),
    put: (key, source, options) => call(() => inner.put(key, dying(source), options)),
    delete: (key, options) => call(() => inner.delete(key, options)),
    listUnfinished: (prefix, options) => stream(inner.listUnfinished(prefix, options)),
    removeUnfinished: (prefix, options) => call(() => inner.removeUnfinished(prefix, options)),
    observedBy: () => bucket,
    close: () => inner.close(),
  };
  return bucket;
}

const order = JSON.parse(process.argv[2] ?? '') as UploadOrder;
const runtime = nodeRuntime();
const { disk } = runtime;
const logger = new MemoryLogger();
const dir = `${order.dir}/blocks`;
const blocks = order.blocks.map(({ ulid, files, minTimeMs }): LocalBlock => {
  const at = `${dir}/${ulid}`;
  const noted = files.map((name) => {
    const bytes = disk.readFile(`${at}/${name}`);
    return { name, sizeBytes: bytes.length, crc32c: crc32c(bytes) };
  });
  const times = { minTimeMs, maxTimeMs: minTimeMs + 1 };
  const metaBytes = disk.readFile(`${at}/meta.json`);
  const rest = { coversLog: false, isForeign: false, metaBytes };
  return { ulid, dir: at, files: noted, ...times, ...rest };
});
const nothing = (): void => undefined;
const shipperDir: ShipperDir = { dir, blocks, remove: nothing, check: nothing, setAside: nothing };
const catalog = new Catalog({ ...runtime, logger, path: `${order.dir}/.varve/catalog.db` });
const shipper = new Shipper({
  ...runtime,
  bucket: deadly(await openBucket(order.bucket, { ...runtime, logger }), order.killAt),
  logger,
  log: new UploadCatalog(catalog),
});
const report = await shipper.round([shipperDir], { nowMs: 0, retentionMs: 0 });
catalog.close();
if (report.failed > 0 || report.waiting > 0)
  process.stderr.write(`${JSON.stringify({ report, log: logger.records })}\n`);
process.exit(report.failed + report.waiting);
