// The jobs' entry: a thread that cuts blocks, uploads them and lets old local copies go. It uses
// blocking file calls, so that the engine thread never has to.

import { openBucket } from '../storage-adapters/open-bucket.ts';
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
import { type KnownBlock, listLocalBlocks, removeLocalBlock } from './block/local-blocks.ts';
import { blockDir, originFile, quarantineDir, walDir } from './block/paths.ts';
import { blockAccess } from './block/select-source.ts';
import { isDamage, setBlockAside } from './block/set-aside.ts';
import { listStreams } from './block/streams-on-disk.ts';
import type { Bucket } from './bucket/bucket.ts';
import { MeteredBucket } from './bucket/metered-bucket.ts';
import { withPrefix } from './bucket/prefixed-bucket.ts';
import { type ShipperDir, type ShipReport, shipOnce } from './bucket/shipper.ts';
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

/** The same damaged directory is named again after this time. */
const DAMAGED_LOG_PERIOD_MS = 3_600_000;

/** What a job thread is started with; cloned into it. */
export interface JobSettings {
  readonly tsdbPath: string;
  readonly labels: StreamLabelRules;
  /** Undefined: nothing is uploaded. */
  readonly bucket: BucketDocument | undefined;
  readonly logger: Pick<LoggerOptions, 'level' | 'format'>;
}

/** What a shipping round goes by. */
export interface ShipRound {
  readonly retentionMs: number;
}

/** What can be asked of a job thread. */
export type JobService = {
  /** Writes, syncs, verifies and names the block; undefined when the snapshot held no samples. */
  cut(job: CutJob): Promise<CutBlock | undefined>;
  /** One round of uploads and of local retention over all streams. */
  ship(round: ShipRound): Promise<ShipReport>;
  /** Opens the blocks that go with a read of the heads; the number for the calls below. */
  selectOpen(order: SelectOrder<OpenedRead>): Promise<number>;
  selectNext(id: number): Promise<SeriesBatch>;
  selectClose(id: number): Promise<void>;
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
  const bucket = await openMetered(settings.bucket, runtime, { logger, metrics, open });
  const jobs = new Jobs(settings, runtime, { logger, metrics, bucket });
  return {
    cut: async (job) => jobs.cut(job),
    ship: (round) => jobs.ship(round),
    selectOpen: async (order) => jobs.selectOpen(order),
    selectNext: async (id) => jobs.selects.next(id),
    selectClose: async (id) => jobs.selects.close(id),
    metrics: async () => metrics.snapshot(),
    close: async () => {
      jobs.selects.closeAll();
      await bucket?.close();
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
  readonly selects: SelectService;

  constructor(settings: JobSettings, runtime: Runtime, tools: JobTools) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#tools = tools;
    this.#ulids = new UlidMaker(runtime.clock, runtime.random);
    this.selects = new SelectService(runtime.timers);
    this.#damagedLog = new LimitedLog(tools.logger, runtime.clock, DAMAGED_LOG_PERIOD_MS);
  }

  cut(job: CutJob): CutBlock | undefined {
    const { clock, disk } = this.#runtime;
    const startedMs = clock.monotonicMs();
    const { dir, minTimeMs, maxTimeMs, labels, position, tenant } = job;
    const ulid = this.#ulids.next();
    const writer = new BlockWriter({ disk, dir, ulid });
    let series = 0;
    let samples = 0;
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
    return { ulid, sizeBytes, samples, series };
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
      return openStreams(streams, query, { ...blockAccess(disk, warn), warnings });
    });
  }

  async ship({ retentionMs }: ShipRound): Promise<ShipReport> {
    const { clock, disk } = this.#runtime;
    const { logger, bucket, metrics } = this.#tools;
    const total = { uploaded: 0, bytesSent: 0, found: 0, failed: 0, removed: 0, waiting: 0 };
    for (const { name, dir, identity } of this.#streams()) {
      // Not Varve's yet: the engine has not looked at what was there before.
      if (disk.stat(originFile(dir)) === undefined) continue;
      const tenant = { tenant: identity.tenant };
      metrics.counter('varve_shipper_dir_syncs_total', tenant).add();
      try {
        const one = this.#shipperDir(name, dir, identity);
        const retention = { nowMs: clock.nowMs(), retentionMs };
        const report = await shipOnce({ bucket, disk, logger }, [one], retention);
        for (const key of Object.keys(total) as (keyof ShipReport)[]) total[key] += report[key];
        metrics.counter('varve_shipper_uploads_total', tenant).add(report.uploaded);
        metrics.counter('varve_shipper_upload_failures_total', tenant).add(report.failed);
        metrics.gauge('varve_shipper_blocks_waiting', tenant).set(report.waiting);
      } catch (thrown) {
        // One stream's directory that the disk does not give keeps no other from being shipped.
        total.failed++;
        metrics.counter('varve_shipper_upload_failures_total', tenant).add();
        const { code, message } = asVarveError(thrown);
        logger.error('stream not shipped, tried again', { dir, code, error: message });
      }
    }
    return total;
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
      if (isDamage(error)) setAside(path.slice(path.lastIndexOf('/') + 1), error);
      else this.#onDamaged(path, error);
    };
    const known = this.#known.get(dir) ?? new Map<string, KnownBlock>();
    this.#known.set(dir, known);
    const blocks = listLocalBlocks({ disk, dir, labels, firstSegment, known, onDamaged });
    return {
      dir,
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

async function openMetered(
  config: BucketDocument | undefined,
  runtime: Runtime,
  { logger, metrics, open }: ThreadTools & { readonly open: OpenBucket },
): Promise<Bucket | undefined> {
  if (config === undefined) return undefined;
  const bucket = withPrefix(await open(config, { ...runtime, logger }), config.prefix);
  return new MeteredBucket(bucket, runtime.clock, (operation, seconds, outcome) => {
    const labels = { operation, bucket: bucket.name };
    metrics.counter('varve_objstore_bucket_operations_total', labels).add();
    if (outcome === 'failed') {
      metrics.counter('varve_objstore_bucket_operation_failures_total', labels).add();
      return;
    }
    metrics.histogram('varve_objstore_bucket_operation_duration_seconds', labels).observe(seconds);
    if (operation !== 'upload' || outcome !== 'done') return;
    metrics
      .gauge('varve_objstore_bucket_last_successful_upload_time', { bucket: bucket.name })
      .set(runtime.clock.nowMs() / 1000);
  });
}

await serveThread<JobSettings>('job-thread', (settings) => {
  const runtime = nodeRuntime();
  return makeJobs(settings, runtime, threadTools('jobs', settings.logger, runtime.clock));
});
