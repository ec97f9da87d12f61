// The jobs' entry: a thread that cuts blocks, uploads them and lets old local copies go. It uses
// blocking file calls, so that the engine thread never has to.

import { openBucket } from '../storage-adapters/open-bucket.ts';
import type { StoreRequests } from './admin/store-routes.ts';
import type { BucketDocument } from './base/config/bucket-document.ts';
import { asVarveError, type VarveError } from './base/errors/varve-error.ts';
import {
  blockLabels,
  type StreamIdentity,
  type StreamLabelRules,
} from './base/model/stream-labels.ts';
import { UlidMaker } from './base/model/ulid.ts';
import { LimitedLog } from './base/observe/limited-log.ts';
import type { Logger } from './base/observe/logger.ts';
import type { MetricSnapshot, MetricStore } from './base/observe/metric-store.ts';
import type { LoggerOptions } from './base/observe/node-logger.ts';
import { type ThreadTools, threadTools } from './base/observe/thread-tools.ts';
import { nodeRuntime } from './base/runtime/node-runtime.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import { serveThread } from './base/runtime/thread-host.ts';
import { BlockWriter } from './block/block-writer.ts';
import { readAll } from './block/check-whole.ts';
import { ListedBlocks } from './block/listed-blocks.ts';
import { type KnownBlock, listLocalBlocks, removeLocalBlock } from './block/local-blocks.ts';
import { blockDir, catalogFile, originFile, quarantineDir, walDir } from './block/paths.ts';
import { blockAccess } from './block/select-source.ts';
import { isDamage, setBlockAside } from './block/set-aside.ts';
import { listStreams } from './block/streams-on-disk.ts';
import type { Bucket } from './bucket/bucket.ts';
import type { StoreLimits } from './bucket/limited-bucket.ts';
import { openStore } from './bucket/open-store.ts';
import type { QueueOnDisk } from './bucket/queue-gate.ts';
import type { ShipOutcome } from './bucket/ship-block.ts';
import { Shipper, type ShipperDir, type ShipReport } from './bucket/shipper.ts';
import { type ExplainedBlock, UploadQueue } from './bucket/upload-queue.ts';
import { Catalog } from './catalog/catalog.ts';
import { UploadCatalog, type UploadEntry } from './catalog/upload-catalog.ts';
import { writeCut } from './head/cut.ts';
import type { CutBlock, CutJob } from './head/cut-job.ts';
import type { OpenedRead } from './head/engine-service.ts';
import { ReadLease } from './head/read-lease.ts';
import { HeadSource } from './head/read-source.ts';
import { openStreams } from './query/open-streams.ts';
import type { SelectOrder } from './query/reader.ts';
import { SelectService } from './query/select-service.ts';
import type { SeriesBatch } from './query/series-batch.ts';
import { listWal } from './wal/directory.ts';

/** At the end of the process an upload under way has this time to become whole. */
const UPLOAD_GRACE_MS = 20_000;

/** The same damaged directory is named again after this time. */
const DAMAGED_LOG_PERIOD_MS = 3_600_000;

/** What a job thread is started with; cloned into it. */
export interface JobSettings {
  readonly tsdbPath: string;
  readonly labels: StreamLabelRules;
  /** Undefined: nothing is uploaded. */
  readonly bucket: BucketDocument | undefined;
  /** What the bucket may be asked for at once. */
  readonly storeLimits: StoreLimits;
  /** Uploads at one time. */
  readonly uploads: number;
  readonly logger: Pick<LoggerOptions, 'level' | 'format'>;
}

/** What a shipping round goes by. */
export interface ShipRound {
  readonly retentionMs: number;
  /** Also what was refused lately. */
  readonly retryAll: boolean;
  /** The engines have read the logs: what the blocks cover of them is known. */
  readonly logsAreRead: boolean;
}

/** What there is to see of uploads. */
export interface UploadsView {
  readonly queue: QueueOnDisk;
  /** The oldest that wait. */
  readonly waiting: readonly ExplainedBlock[];
  /** The newest. */
  readonly uploads: readonly UploadEntry[];
}

/** What can be asked of a job thread. */
export type JobService = {
  /** Writes, syncs, verifies and names the block; undefined when the snapshot held no samples. */
  cut(job: CutJob): Promise<CutBlock | undefined>;
  /** One round of uploads and of local retention over all streams. */
  ship(round: ShipRound): Promise<ShipReport>;
  /** Lets the round under way end soon; no upload is begun any more. */
  endShipping(_: null): Promise<void>;
  /** What waits for the bucket. */
  queue(_: null): Promise<QueueOnDisk>;
  /** The same, and `limit` uploads. */
  uploads(wanted: { readonly limit: number }): Promise<UploadsView>;
  /** Opens the blocks that go with a read of the heads; the number for the calls below. */
  selectOpen(order: SelectOrder<OpenedRead>): Promise<number>;
  selectNext(id: number): Promise<SeriesBatch>;
  selectClose(id: number): Promise<void>;
  /** What was asked of the object store; undefined without one. */
  storeRequests(_: null): Promise<StoreRequests | undefined>;
  metrics(_: null): Promise<MetricSnapshot>;
  /** Closes the bucket. */
  close(_: null): Promise<void>;
};

/** Opens the configured object store; a simulation has one of its own. */
export type OpenBucket = typeof openBucket;

/** Makes the service; the simulation calls this with its own runtime. */
export async function makeJobs(
  settings: JobSettings,
  runtime: Runtime,
  { logger, metrics, open = openBucket }: ThreadTools & { readonly open?: OpenBucket },
): Promise<JobService> {
  const { bucket: document, storeLimits: limits } = settings;
  const store =
    document === undefined
      ? undefined
      : await openStore(document, runtime, { logger, metrics, open, limits });
  const bucket = store?.bucketFor('ship');
  const jobs = new Jobs(settings, runtime, { logger, metrics, bucket });
  return {
    cut: async (job) => jobs.cut(job),
    ship: (round) => jobs.ship(round),
    endShipping: async () => jobs.shipper.end(UPLOAD_GRACE_MS),
    queue: async () => jobs.queueOnDisk(),
    uploads: async ({ limit }) => {
      const waiting = jobs.waiting(limit);
      return { queue: jobs.queueOnDisk(), waiting, uploads: jobs.uploads.newest(limit) };
    },
    selectOpen: async (order) => jobs.selectOpen(order),
    selectNext: async (id) => jobs.selects.next(id),
    selectClose: async (id) => jobs.selects.close(id),
    storeRequests: async () =>
      store === undefined ? undefined : { bucket: store.name, ...store.requests() },
    metrics: async () => metrics.snapshot(),
    close: async () => {
      jobs.selects.closeAll();
      jobs.catalog.close();
      await store?.close();
    },
  };
}

interface JobTools {
  readonly logger: Logger;
  readonly metrics: MetricStore;
  readonly bucket: Bucket | undefined;
}

class Jobs {
  readonly #settings: JobSettings;
  readonly #runtime: Runtime;
  readonly #tools: JobTools;
  readonly #ulids: UlidMaker;
  readonly #damagedLog: LimitedLog;
  /** By stream directory: its blocks, read once. */
  readonly #known = new Map<string, Map<string, KnownBlock>>();
  /** For reads; `#known` is the shipper's, which needs more of a block and looks at its files. */
  readonly #listed: ListedBlocks;
  readonly #queue = new UploadQueue();
  #hasListed = false;
  readonly selects: SelectService;
  readonly catalog: Catalog;
  readonly uploads: UploadCatalog;
  readonly shipper: Shipper;

  constructor(settings: JobSettings, runtime: Runtime, tools: JobTools) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#tools = tools;
    this.#ulids = new UlidMaker(runtime.clock, runtime.random);
    this.#listed = new ListedBlocks(runtime.disk);
    this.selects = new SelectService(runtime.timers);
    this.#damagedLog = new LimitedLog(tools.logger, runtime.clock, DAMAGED_LOG_PERIOD_MS);
    const { logger, metrics, bucket } = tools;
    this.catalog = new Catalog({ ...runtime, logger, path: catalogFile(settings.tsdbPath) });
    this.uploads = new UploadCatalog(this.catalog);
    this.shipper = new Shipper({
      ...runtime,
      bucket,
      logger,
      log: this.uploads,
      queue: this.#queue,
      concurrency: settings.uploads,
      onOutcome: ({ tenant = '' }, outcome) => this.#countUpload(tenant, outcome),
      onDirFailed: ({ tenant = '' }) => this.#countDirFailure(tenant),
    });
    metrics.beforeSnapshot(() => this.#showQueue());
  }

  cut(job: CutJob): CutBlock | undefined {
    const { clock, disk } = this.#runtime;
    const startedMs = clock.monotonicMs();
    const { dir, minTimeMs, maxTimeMs, labels, position, tenant } = job;
    const ulid = this.#ulids.next();
    const writer = new BlockWriter({ disk, dir, ulid });
    let series = 0;
    let samples = 0;
    let chunks = 0;
    let sizeBytes = 0;
    try {
      const summary = writeCut(job.snapshot, writer);
      if (summary.samples === 0) {
        writer.abandon();
        return undefined;
      }
      const description = { minTimeMs, maxTimeMs, labels, source: 'receive', wal: position };
      const block = writer.finish(description);
      series = block.meta.stats.numSeries;
      samples = block.meta.stats.numSamples;
      chunks = block.meta.stats.numChunks;
      sizeBytes = block.sizeBytes;
    } catch (thrown) {
      writer.abandon();
      throw thrown;
    }
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    this.#tools.metrics
      .histogram('varve_tsdb_block_cut_duration_seconds', { tenant })
      .observe(seconds);
    const fields = { tenant, block: ulid, series, samples, bytes: sizeBytes, seconds };
    this.#tools.logger.info('block cut and verified', fields);
    const range = { minTimeMs, maxTimeMs, cutAt: position };
    if (this.#tools.bucket !== undefined)
      this.#queue.add(dir, { ulid, tenant, sizeBytes, ...range, numChunks: chunks });
    return { ulid, sizeBytes, samples, series, chunks };
  }

  selectOpen({ read, query }: SelectOrder<OpenedRead>): number {
    const { disk } = this.#runtime;
    const lease = new ReadLease(read.lease);
    const streams = read.streams.map(({ dir, snapshot }) => ({
      dir,
      head: snapshot === undefined ? undefined : () => new HeadSource(snapshot, lease),
    }));
    return this.selects.open((warnings) => {
      const warn = (path: string, error: VarveError): void => {
        this.#onDamaged(path, error);
        warnings.add(`${path}: ${error.message}`);
      };
      return openStreams(streams, query, { ...blockAccess(disk, this.#listed, warn), warnings });
    });
  }

  async ship({ logsAreRead, retentionMs, retryAll }: ShipRound): Promise<ShipReport> {
    const { dirs, failed } = this.#listDirs();
    for (const { tenant = '' } of dirs)
      this.#tools.metrics.counter('varve_shipper_dir_syncs_total', { tenant }).add();
    const retention = { nowMs: this.#runtime.clock.nowMs(), retentionMs };
    const report = await this.shipper.round(dirs, retention, { logsAreRead, retryAll });
    return { ...report, failed: report.failed + failed };
  }

  /** Every stream's directory with its blocks. */
  #listDirs(): { readonly dirs: readonly ShipperDir[]; readonly failed: number } {
    const { disk } = this.#runtime;
    const dirs: ShipperDir[] = [];
    const known = new Set<string>();
    let failed = 0;
    for (const { name, dir, identity } of this.#streams()) {
      known.add(dir);
      // Not Varve's yet: the engine has not looked at what was there before.
      if (disk.stat(originFile(dir)) === undefined) continue;
      try {
        dirs.push(this.#shipperDir(name, dir, identity));
      } catch (thrown) {
        // One stream's directory that the disk does not give keeps no other from being shipped.
        failed++;
        this.#countDirFailure(identity.tenant);
        const { code, message } = asVarveError(thrown);
        this.#tools.logger.error('stream not shipped, tried again', { dir, code, error: message });
      }
    }
    this.#queue.keepDirs(known);
    this.#hasListed = true;
    return { dirs, failed };
  }

  queueOnDisk(): QueueOnDisk {
    const { disk } = this.#runtime;
    this.#lookOnce();
    return { ...this.#queue.status(), freeBytes: disk.freeBytes(this.#settings.tsdbPath) };
  }

  /** The oldest of what waits. */
  waiting(limit: number): readonly ExplainedBlock[] {
    this.#lookOnce();
    return this.#queue.explained(limit);
  }

  /** Before the first round nobody has looked yet. */
  #lookOnce(): void {
    if (!this.#hasListed) this.shipper.look(this.#listDirs().dirs);
  }

  #countUpload(tenant: string, outcome: ShipOutcome): void {
    const { metrics } = this.#tools;
    if (outcome === 'uploaded') metrics.counter('varve_shipper_uploads_total', { tenant }).add();
    else if (outcome !== 'found')
      metrics.counter('varve_shipper_upload_failures_total', { tenant }).add();
  }

  #countDirFailure(tenant: string): void {
    this.#tools.metrics.counter('varve_shipper_dir_sync_failures_total', { tenant }).add();
  }

  #showQueue(): void {
    const { metrics } = this.#tools;
    for (const [tenant, queue] of this.#queue.byTenant(this.#runtime.clock.nowMs())) {
      const { blocks, compacted, failing, held, sizeBytes, oldestAgeMs } = queue;
      const labels = { tenant };
      metrics.gauge('varve_shipper_blocks_waiting', labels).set(blocks);
      metrics.gauge('varve_shipper_blocks_held', labels).set(held);
      metrics.gauge('varve_shipper_blocks_failing', labels).set(failing);
      metrics.gauge('varve_shipper_waiting_bytes', labels).set(sizeBytes);
      const age = 'varve_shipper_oldest_waiting_block_age_seconds';
      metrics.gauge(age, labels).set(oldestAgeMs / 1000);
      metrics.gauge('varve_shipper_upload_compacted_done', labels).set(compacted === 0 ? 1 : 0);
    }
  }

  #streams() {
    return listStreams(this.#runtime.disk, this.#settings.tsdbPath, this.#onDamaged);
  }

  /** A stream's directory with its whole blocks. */
  #shipperDir(name: string, dir: string, identity: StreamIdentity): ShipperDir {
    const { disk } = this.#runtime;
    const { labels: rules, tsdbPath } = this.#settings;
    const labels = blockLabels(identity, rules);
    const firstSegment = listWal(disk, walDir(dir)).segments.at(0) ?? Number.POSITIVE_INFINITY;
    const setAside = (ulid: string, error: VarveError): void => {
      const quarantined = setBlockAside(
        { disk, dir, quarantineDir: quarantineDir(tsdbPath, name) },
        ulid,
      );
      if (quarantined === undefined) return;
      const message = 'damaged block set aside; what the WAL has of it is cut at the next start';
      const path = blockDir(dir, ulid);
      this.#tools.logger.error(message, { path, error: error.message, quarantined });
    };
    const onDamaged = (path: string, error: VarveError): void => {
      try {
        if (isDamage(error)) setAside(path.slice(path.lastIndexOf('/') + 1), error);
        else this.#onDamaged(path, error);
      } catch (thrown) {
        // A disk that does not let one block go keeps no other from leaving.
        this.#onDamaged(path, asVarveError(thrown));
      }
    };
    const known = this.#known.get(dir) ?? new Map<string, KnownBlock>();
    this.#known.set(dir, known);
    const blocks = listLocalBlocks({ disk, dir, labels, firstSegment, known, onDamaged });
    return {
      dir,
      tenant: identity.tenant,
      blocks,
      remove: ({ ulid }) => removeLocalBlock(disk, dir, ulid),
      // Of what Varve wrote the checksums are known, and compared while it is uploaded.
      check: (block) => {
        if (block.files.some((file) => file.crc32c === undefined)) readAll(disk, block.dir);
      },
      setAside: ({ ulid }, error) => setAside(ulid, error),
    };
  }

  readonly #onDamaged = (path: string, error: VarveError): void => {
    const message = 'not taken for a block or stream, left as it is';
    this.#damagedLog.error(path, message, { path, code: error.code, error: error.message });
  };
}

await serveThread<JobSettings>('job-thread', (settings) => {
  const runtime = nodeRuntime();
  return makeJobs(settings, runtime, threadTools('jobs', settings.logger, runtime.clock));
});
