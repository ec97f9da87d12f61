// Opens one stream of an engine: its directory is tidied, its blocks are looked at, its log is
// replayed into a new head, and what a Prometheus left beside it is taken over. The engine's entry
// keeps the streams; this file wires the stages that have a part in a stream's beginning.
//
// Invariant: a stream is given out only after its whole log has been replayed. When that fails,
// nothing of it holds memory any more, and it may be opened again.

import type { WalReplayStatus } from './admin/status-routes.ts';
import { asVarveError } from './base/errors/varve-error.ts';
import type { StreamIdentity } from './base/model/stream-labels.ts';
import { LimitedLog } from './base/observe/limited-log.ts';
import type { Logger } from './base/observe/logger.ts';
import type { MetricStore } from './base/observe/metric-store.ts';
import type { ThreadTools } from './base/observe/thread-tools.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import {
  cutRecords,
  newestTimeMs,
  positionedBlocks,
  windowFrontiers,
} from './block/cut-history.ts';
import { foreignBlocks } from './block/foreign-blocks.ts';
import { removeLeftovers } from './block/local-blocks.ts';
import type { BlockMeta } from './block/meta/format.ts';
import { adoptedDir, quarantineDir, streamDir, walDir } from './block/paths.ts';
import { wholeBlockMetas } from './block/set-aside.ts';
import { createStreamDir, streamNameOf } from './block/stream-file.ts';
import { SHIPPER_FILE } from './bucket/shipper-file.ts';
import type { EngineStream } from './engine-stream.ts';
import { Adopting } from './head/adopting.ts';
import type { EngineMemory } from './head/engine-memory.ts';
import type { EngineSettings } from './head/engine-service.ts';
import type { Head } from './head/head.ts';
import { HEAD_DEFAULTS } from './head/head-options.ts';
import { makeHead } from './head/make-head.ts';
import { tellReplay } from './head/replay-report.ts';
import { ReplaySink } from './head/replay-sink.ts';
import { Adoption } from './wal/adoption.ts';
import { listWal } from './wal/directory.ts';
import { openLog } from './wal/open-log.ts';
import type { ReplayProgress } from './wal/replay.ts';
import type { WalLog } from './wal/wal-log.ts';
import { walMetrics } from './wal/wal-metrics.ts';
import { BatchEncoder } from './write/log-batch.ts';

export interface StreamOpenerOptions {
  readonly settings: EngineSettings;
  readonly runtime: Runtime;
  readonly tools: ThreadTools;
  readonly memory: EngineMemory;
  /** The heads of a tenant's open streams: they share its limit of series. */
  readonly headsOf: (tenant: string) => readonly Head[];
}

/** A stream whose directory has been looked at, and whose head is empty yet. */
interface FoundStream extends Pick<EngineStream, 'name' | 'identity' | 'adoption' | 'coverage'> {
  /** Of its blocks, which are whole. */
  readonly metas: readonly BlockMeta[];
}

/** See the head of the file. */
export class StreamOpener {
  /** How far the replay of the stream that is being opened is, or of the last one. */
  replayStatus: WalReplayStatus = { min: 0, max: 0, current: 0 };
  /** Damaged places that replays met, all streams together. */
  corruptions = 0;
  readonly #settings: EngineSettings;
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  readonly #metrics: MetricStore;
  readonly #memory: EngineMemory;
  readonly #headsOf: StreamOpenerOptions['headsOf'];
  readonly #encoder: BatchEncoder;
  readonly #walLog: LimitedLog;

  constructor({ settings, runtime, tools, memory, headsOf }: StreamOpenerOptions) {
    this.#settings = settings;
    this.#runtime = runtime;
    this.#logger = tools.logger;
    this.#metrics = tools.metrics;
    this.#memory = memory;
    this.#headsOf = headsOf;
    this.#encoder = new BatchEncoder(memory);
    this.#walLog = new LimitedLog(tools.logger, runtime.clock);
  }

  /** The open stream; its directory is made when there is none. Throws what the disk throws. */
  async open(identity: StreamIdentity): Promise<EngineStream> {
    const { disk, timers } = this.#runtime;
    const { tsdbPath } = this.#settings;
    const name = streamNameOf(identity);
    const dir = createStreamDir(disk, tsdbPath, identity);
    for (const left of removeLeftovers(disk, dir)) {
      this.#logger.info('what a crash left of a block was removed', { dir, name: left });
    }
    // A killed process may have renamed a block and not synced its name; its samples are left out
    // of the head from here on.
    disk.syncDir(dir);
    // One that cannot be read just now is there all the same: then the stream is opened later.
    const metas = await wholeBlockMetas({
      disk,
      dir,
      quarantineDir: quarantineDir(tsdbPath, name),
      firstSegment: listWal(disk, walDir(dir)).segments.at(0) ?? Number.POSITIVE_INFINITY,
      timers,
      logger: this.#logger.child({ stream: name }),
    });
    const adoption = await this.#beginAdoption(name, metas);
    const coverage = adoption.coverage();
    const head = this.#makeHead(identity.tenant);
    const filling = this.#fill(head, { identity, name, metas, adoption, coverage });
    const log = await filling.catch((thrown: unknown) => head.giveUp(thrown));
    const openedAt = log.syncedPosition();
    return { name, dir, identity, head, log, adoption, coverage, openedAt };
  }

  /** Brings everything into the head that the log and what lies beside it hold. */
  async #fill(head: Head, found: FoundStream): Promise<WalLog> {
    const { identity, name, metas, adoption, coverage } = found;
    const { limits, outOfOrderWindowMs } = this.#settings;
    const nowMs = this.#runtime.clock.nowMs();
    head.restoreFrontiers(windowFrontiers(metas, HEAD_DEFAULTS.windowMs));
    await adoption.readDeletions(() => new ReplaySink(head, coverage, nowMs));
    const sink = new ReplaySink(head, coverage, nowMs, adoption.foreignPart);
    const { firstSegment } = adoption;
    const log = await this.#openLog(identity, { name, sink, firstSegment });
    const rules = adoption;
    const into = new Adopting({ head, log, encoder: this.#encoder, sink, rules, nowMs });
    await adoption.takeBeside(into, log, sink.tally);
    await head.removeEmptySeries();
    const latestMs = nowMs + limits.aheadMs;
    head.beginLive({ newestTimeMs: newestTimeMs(metas), latestMs, outOfOrderWindowMs });
    return log;
  }

  #beginAdoption(name: string, metas: readonly BlockMeta[]): Promise<Adoption> {
    const { disk, timers } = this.#runtime;
    const { tsdbPath } = this.#settings;
    const dir = streamDir(tsdbPath, name);
    const asideDir = adoptedDir(tsdbPath, name);
    const logger = this.#logger.child({ stream: name });
    const yieldNow = () => timers.yieldNow();
    const blocks = {
      foreign: foreignBlocks(metas),
      cuts: cutRecords(metas, this.#settings.logId),
      positioned: positionedBlocks(metas),
      shipperFile: SHIPPER_FILE,
    };
    return Adoption.begin({ disk, dir, asideDir, logger, yieldNow }, blocks);
  }

  async #openLog(
    identity: StreamIdentity,
    { name, sink, firstSegment }: { name: string; sink: ReplaySink; firstSegment: number },
  ): Promise<WalLog> {
    const { disk, clock, timers } = this.#runtime;
    const { tsdbPath, walCompression, walSegmentBytesMax } = this.#settings;
    const labels = { tenant: identity.tenant };
    const startedMs = clock.monotonicMs();
    const { log, report } = await openLog(
      {
        disk,
        dir: walDir(streamDir(tsdbPath, name)),
        quarantineDir: quarantineDir(tsdbPath, name),
        clock,
        logger: this.#logger.child({ stream: name }),
        compression: walCompression ? 'snappy' : 'none',
        observer: walMetrics(this.#metrics, identity.tenant, (thrown) =>
          this.#sayWalFailed(identity.tenant, thrown),
        ),
        yieldNow: () => timers.yieldNow(),
        onProgress: (progress) => this.#noteProgress(progress),
        firstSegment,
        segmentBytesMax: walSegmentBytesMax,
      },
      sink,
    );
    this.corruptions += report.damageCount;
    this.#metrics.counter('varve_tsdb_wal_corruptions_total', labels).add(report.damageCount);
    const seconds = (clock.monotonicMs() - startedMs) / 1000;
    tellReplay(this.#logger.child({ stream: name }), { seconds, tally: sink.tally });
    sink.tellOrphans(this.#logger.child({ stream: name }));
    return log;
  }

  #makeHead(tenant: string): Head {
    const { clock, timers } = this.#runtime;
    const { limits, maxExemplars, tuning } = this.#settings;
    return makeHead(this.#memory, {
      seriesPerSlice: tuning?.seriesPerSlice ?? HEAD_DEFAULTS.seriesPerSlice,
      seriesMax: limits.seriesPerTenant,
      others: () => this.#headsOf(tenant),
      maxExemplars,
      clock,
      timers,
    });
  }

  #sayWalFailed(tenant: string, thrown: unknown): void {
    const { code, message } = asVarveError(thrown);
    this.#walLog.error(tenant, 'WAL not written', { tenant, code, error: message });
  }

  #noteProgress({ firstSegment, lastSegment, currentSegment }: ReplayProgress): void {
    this.replayStatus = { min: firstSegment, max: lastSegment, current: currentSegment };
  }
}
