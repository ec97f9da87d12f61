// The engine's entry: the thread that owns the logs and heads of its tenants. Everything that
// changes them happens here, one thing after the other; main and job threads ask by message.
//
// Invariant: a stream takes writes only after its whole log has been replayed. A stream that cannot
// be opened is named and left alone, its writers are answered 503, and all others go on.

import type { TsdbStatus } from './admin/status-routes.ts';
import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import { engineOf } from './base/model/engine-of.ts';
import { blockLabels, type StreamIdentity } from './base/model/stream-labels.ts';
import type { Logger } from './base/observe/logger.ts';
import type { MetricStore } from './base/observe/metric-store.ts';
import { type ThreadTools, threadTools } from './base/observe/thread-tools.ts';
import { nodeRuntime } from './base/runtime/node-runtime.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import { serveThread } from './base/runtime/thread-host.ts';
import { cutRecord } from './block/cut-history.ts';
import type { TimeSpan } from './block/foreign-blocks.ts';
import { quarantineDir, walDir } from './block/paths.ts';
import { listWholeBlocks } from './block/set-aside.ts';
import { listStreams } from './block/streams-on-disk.ts';
import type { EngineStream } from './engine-stream.ts';
import { EngineMemory } from './head/engine-memory.ts';
import type {
  ClosedCut,
  CutOrder,
  EngineService,
  EngineSettings,
  OpenedCut,
  OpenedRead,
} from './head/engine-service.ts';
import { type ShownHead, showHeads } from './head/head-metrics.ts';
import { HeadReads, type StreamToRead } from './head/head-reads.ts';
import { planCuts } from './head/plan.ts';
import { headStatus, mergeStatus } from './head/tsdb-status.ts';
import { seriesFinder } from './query/find-series.ts';
import type { TenantQuery } from './query/reader.ts';
import { StreamOpener } from './stream-opener.ts';
import type { SyncedStream } from './wal/archive/synced-stream.ts';
import type { LogPosition } from './wal/log.ts';
import { truncateWal } from './wal/truncate.ts';
import { countOutcome } from './write/count-outcome.ts';
import { Ingest } from './write/ingest.ts';
import type { WriteOutcome, WriteRequest } from './write/outcome.ts';
import type { StreamParts } from './write/stream.ts';
import { Streams } from './write/streams.ts';

/** After this time a stream that could not be opened is tried again. */
const OPEN_AGAIN_AFTER_MS = 60_000;

/** Makes the service; the simulation calls this with its own runtime. */
export function makeEngine(
  settings: EngineSettings,
  runtime: Runtime,
  tools: ThreadTools,
): EngineService {
  const engine = new Engine(settings, runtime, tools);
  return {
    replay: () => engine.replay(),
    write: (request) => engine.write(request),
    dueCuts: ({ flush }) => engine.dueCuts(flush),
    openCut: (order) => engine.openCut(order),
    closeCut: (cut) => engine.closeCut(cut),
    openRead: (wanted) => engine.openRead(wanted),
    closeRead: async ({ id }) => engine.reads.close(id),
    replayStatus: async () => engine.opener.replayStatus,
    headChunks: async () => engine.headChunks(),
    corruptions: async () => engine.opener.corruptions,
    tsdbStatus: async ({ tenant, limit }) => engine.tsdbStatus(tenant, limit),
    syncedStreams: async () => engine.syncedStreams(),
    metrics: async () => engine.metrics.snapshot(),
    drain: () => engine.drain(),
  };
}

class Engine {
  readonly metrics: MetricStore;
  readonly reads: HeadReads;
  readonly opener: StreamOpener;
  readonly #settings: EngineSettings;
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  readonly #memory: EngineMemory;
  readonly #streams: Streams;
  readonly #ingest: Ingest;
  readonly #byName = new Map<string, EngineStream>();
  /** Streams on disk that could not be opened, by name. */
  readonly #notOpened = new Map<string, StreamToRead>();
  /** When streams that could not be opened are tried again; never when there are none. */
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(settings: EngineSettings, runtime: Runtime, tools: ThreadTools) {
    this.metrics = tools.metrics;
    this.#settings = settings;
    this.#runtime = runtime;
    this.#logger = tools.logger;
    this.#memory = new EngineMemory({ random: runtime.random });
    this.reads = new HeadReads({
      epochs: this.#memory.epochs,
      timers: runtime.timers,
      finder: seriesFinder,
      labels: settings.labels,
    });
    this.opener = new StreamOpener({
      settings,
      runtime,
      tools,
      memory: this.#memory,
      headsOf: (tenant) => this.#ofTenant(tenant).map(({ head }) => head),
    });
    this.#streams = new Streams({
      symbols: this.#memory.symbols,
      factory: { open: (tenant, lifted) => this.#openNew({ tenant, lifted }) },
      blockLabels: settings.blockLabels,
      streamsPerTenantMax: settings.limits.streamsPerTenant,
    });
    this.#ingest = new Ingest({
      memory: this.#memory,
      streams: this.#streams,
      clock: runtime.clock,
      wireLimits: settings.limits.wire,
      labelLimits: settings.limits.labels,
      aheadMs: settings.limits.aheadMs,
      cacheBytesMax: settings.limits.cacheBytes,
    });
    this.metrics.beforeSnapshot(() => showHeads(this.metrics, this.#heads()));
  }

  /** Opens every stream on disk that is not open yet. */
  async replay(): Promise<void> {
    const { disk, clock } = this.#runtime;
    const { tsdbPath, index, engines } = this.#settings;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    const onDamaged = (path: string, error: VarveError): void => {
      this.#logger.error('not taken for a stream, left as it is', { path, error: error.message });
      if (error.kind === 'not_now') this.#retryAtMs = clock.monotonicMs() + OPEN_AGAIN_AFTER_MS;
    };
    for (const { name, dir, identity } of listStreams(disk, tsdbPath, onDamaged)) {
      if (engineOf(identity.tenant, engines) !== index || this.#byName.has(name)) continue;
      try {
        await this.#streams.openFound(identity.tenant, identity.lifted, () => this.#open(identity));
      } catch (thrown) {
        this.#retryAtMs = clock.monotonicMs() + OPEN_AGAIN_AFTER_MS;
        this.#notOpened.set(name, { dir, identity, head: undefined });
        const { code, message } = asVarveError(thrown);
        const fields = { stream: name, code, error: message };
        this.#logger.error('stream not opened, its writers get 503; the others go on', fields);
      }
    }
  }

  async write(request: WriteRequest): Promise<WriteOutcome> {
    const outcome = await this.#ingest.write(request);
    countOutcome(this.metrics, request.tenant, outcome);
    return outcome;
  }

  async dueCuts(flush: boolean): Promise<readonly CutOrder[]> {
    // A stream that nobody writes to has no other occasion to be opened, and cut.
    const untilMs = flush ? Number.MAX_VALUE : this.#runtime.clock.monotonicMs();
    if (this.#retryAtMs <= untilMs) await this.replay();
    const nowMs = this.#runtime.clock.nowMs();
    return [...this.#byName.values()].flatMap(({ name, head }) => {
      if (head.isCutting) return [];
      const context = { newestTimeMs: head.newestPublishedTimeMs, nowMs, flush };
      return planCuts(head.windows, context).map((range) => ({ stream: name, range }));
    });
  }

  /** Undefined when the stream is being cut already. */
  async openCut({ stream: name, range }: CutOrder): Promise<OpenedCut | undefined> {
    const stream = this.#stream(name);
    const { coverage, head, dir, identity } = stream;
    if (head.isCutting) return undefined;
    // Before anything is awaited: position and snapshot are of one moment.
    const position = this.#publishedTo(stream);
    const note = { ...position, log: this.#settings.logId, checkpoint: coverage.checkpoint };
    const before = coverage.earlierCuts();
    const snapshot = await head.openSnapshot(range);
    const labels = blockLabels(identity, this.#settings.labels);
    // The range as it was at that moment: since the plan was made, more may have come.
    const { minTimeMs, maxTimeMs } = snapshot.range;
    const earlier = before.filter((cut) => overlaps(cut, snapshot.range));
    const { tenant } = identity;
    const wal = { ...note, earlier };
    const job = { dir, tenant, labels, minTimeMs, maxTimeMs, position: wal, snapshot };
    return { stream: name, job };
  }

  async closeCut({ stream: name, snapshotId, job, stored, ulid }: ClosedCut): Promise<void> {
    const stream = this.#stream(name);
    const { head, coverage, identity } = stream;
    if (stored && ulid !== undefined) coverage.add(cutRecord(ulid, job, job.position));
    await head.closeSnapshot(snapshotId, { stored });
    const labels = { tenant: identity.tenant };
    const counted = stored ? 'varve_tsdb_blocks_cut_total' : 'varve_tsdb_block_cut_failures_total';
    this.metrics.counter(counted, labels).add();
    if (!stored) return;
    this.metrics.counter('varve_tsdb_wal_truncations_total', labels).add();
    try {
      await this.#truncate(stream);
    } catch (thrown) {
      // The log stays longer than it must; the next cut tries again.
      this.metrics.counter('varve_tsdb_wal_truncations_failed_total', labels).add();
      const { code, message } = asVarveError(thrown);
      this.#logger.error('WAL not truncated', { stream: name, code, error: message });
    }
  }

  openRead(wanted: TenantQuery): Promise<OpenedRead> {
    return this.reads.open([...this.#byName.values(), ...this.#notOpened.values()], wanted);
  }

  headChunks(): number {
    return this.#heads().reduce((sum, { head }) => sum + head.chunkCount, 0);
  }

  syncedStreams(): readonly SyncedStream[] {
    return [...this.#byName.values()].map(({ dir, identity, log, name }) => {
      return { name, dir, identity, synced: log.syncedPosition() };
    });
  }

  tsdbStatus(tenant: string, limit: number): TsdbStatus {
    const heads = this.#ofTenant(tenant).map(({ head }) => headStatus(head));
    return mergeStatus(heads, limit);
  }

  async drain(): Promise<void> {
    await this.#ingest.settled();
    this.reads.closeAll();
    for (const { log } of this.#byName.values()) await log.close();
  }

  /**
   * For `write/`: a stream nobody has written to before, or that could not be opened at the start.
   */
  async #openNew(identity: StreamIdentity): Promise<StreamParts> {
    const tenants = new Set([...this.#byName.values()].map((stream) => stream.identity.tenant));
    const { tenant } = identity;
    if (!tenants.has(tenant) && tenants.size >= this.#settings.limits.tenants) {
      const limit = this.#settings.limits.tenants;
      throw new VarveError('bad_tenant', `The limit of ${limit} tenants is reached.`);
    }
    return this.#open(identity);
  }

  async #open(identity: StreamIdentity): Promise<EngineStream> {
    const stream = await this.opener.open(identity);
    this.#byName.set(stream.name, stream);
    this.#notOpened.delete(stream.name);
    return stream;
  }

  async #truncate({ name, dir, head, log, adoption, coverage }: EngineStream): Promise<void> {
    const { disk, timers } = this.#runtime;
    const { tsdbPath, walCompression } = this.#settings;
    // Only blocks that are there, with all their files, let the log go.
    coverage.retain(new Set(listWholeBlocks(disk, dir).map(({ ulid }) => ulid)));
    await truncateWal(log, {
      disk,
      dir: walDir(dir),
      isLive: (ref) => head.isLiveRef(ref),
      isCovered: (at, timeMs, ref) =>
        coverage.covers(at, timeMs) || adoption.deletes(ref, at, timeMs),
      isDeletionOpen: (at, through) => adoption.isDeletionOpen(at, through),
      isMetadataKept: (ref) => head.metadata.isKeptRef(ref),
      isExemplarCovered: (_, timeMs) => timeMs < head.exemplars.oldestTimeMs,
      quarantineDir: quarantineDir(tsdbPath, name),
      logger: this.#logger.child({ stream: name }),
      compression: walCompression ? 'snappy' : 'none',
      yieldNow: () => timers.yieldNow(),
      onPublished: (through) => coverage.truncated(through),
    });
  }

  /** Up to where the log's records are published, at this very moment. */
  #publishedTo({ log, openedAt }: EngineStream): LogPosition {
    const stream = this.#streams.all().find((one) => one.log === log);
    const position = stream === undefined ? undefined : this.#ingest.publishedTo(stream);
    return position ?? openedAt;
  }

  #ofTenant(tenant: string): readonly EngineStream[] {
    return [...this.#byName.values()].filter(({ identity }) => identity.tenant === tenant);
  }

  #heads(): readonly ShownHead[] {
    return [...this.#byName.values()].map(({ identity: { tenant }, head, log }) => {
      return { tenant, head, walSegment: log.position().segment };
    });
  }

  #stream(name: string): EngineStream {
    const stream = this.#byName.get(name);
    if (stream === undefined) throw new VarveError('not_found', `there is no stream ${name}`);
    return stream;
  }
}

function overlaps(a: TimeSpan, b: TimeSpan): boolean {
  return a.minTimeMs < b.maxTimeMs && b.minTimeMs < a.maxTimeMs;
}

await serveThread<EngineSettings>('engine-thread', (settings) => {
  const runtime = nodeRuntime();
  return makeEngine(settings, runtime, threadTools('engine', settings.logger, runtime.clock));
});
