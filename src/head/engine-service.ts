// What can be asked of an engine thread, and what it is started with. Types only: the thread's
// entry is engine-thread.ts, the main thread's side of it engine-pool.ts.

import type { TsdbStatus, WalReplayStatus } from '../admin/status-routes.ts';
import type { Labels } from '../base/model/labels.ts';
import type { StreamLabelRules } from '../base/model/stream-labels.ts';
import type { MetricSnapshot } from '../base/observe/metric-store.ts';
import type { LoggerOptions } from '../base/observe/node-logger.ts';
import type { TenantQuery } from '../query/reader.ts';
import type { SyncedStream } from '../wal/archive/synced-stream.ts';
import type { LabelLimits } from '../write/label-parser.ts';
import type { WriteOutcome, WriteRequest } from '../write/outcome.ts';
import type { WireLimits } from '../write/wire/limits.ts';
import type { CutJob } from './cut-job.ts';
import type { CutRange } from './plan.ts';
import type { ReadSnapshot } from './read-snapshot.ts';

/** What an engine thread is started with; cloned into it. */
export interface EngineSettings {
  readonly tsdbPath: string;
  /** What its logs are called (wal/log-id.ts). */
  readonly logId: string;
  /** This engine's index, and how many there are: tenants are shared out among them. */
  readonly index: number;
  readonly engines: number;
  readonly labels: StreamLabelRules;
  /** `--receive.block-label`. */
  readonly blockLabels: readonly string[];
  readonly walCompression: boolean;
  readonly walSegmentBytesMax: number;
  readonly outOfOrderWindowMs: number;
  readonly maxExemplars: number;
  readonly limits: {
    readonly wire: WireLimits;
    readonly labels: LabelLimits;
    readonly aheadMs: number;
    readonly streamsPerTenant: number;
    /** Tenants of this engine. */
    readonly tenants: number;
    readonly seriesPerTenant: number;
    readonly cacheBytes: number;
  };
  readonly logger: Pick<LoggerOptions, 'level' | 'format'>;
  /** Sizes that nobody configures; a simulation makes them small, so that their ends come often. */
  readonly tuning?: EngineTuning;
}

/** See HEAD_DEFAULTS. */
export interface EngineTuning {
  readonly seriesPerSlice: number;
}

/** A range of a stream that is due; the key is the stream's directory name. */
export interface CutOrder {
  readonly stream: string;
  readonly range: CutRange;
}

/** A cut that has been opened: what the job thread is to write. */
export interface OpenedCut {
  readonly stream: string;
  readonly job: CutJob;
}

/** What became of it. */
export interface ClosedCut {
  readonly stream: string;
  readonly snapshotId: number;
  readonly job: Pick<CutJob, 'minTimeMs' | 'maxTimeMs' | 'position'>;
  /** All that the snapshot held is in place; else everything stays in the head. */
  readonly stored: boolean;
  /** The block; undefined when there was nothing to write. */
  readonly ulid: string | undefined;
}

/** One stream of a read. */
export interface ReadStream {
  /** The stream's directory. */
  readonly dir: string;
  /** What its blocks carry. */
  readonly labels: Labels;
  /** Undefined when the stream could not be opened: of its log nothing can be read. */
  readonly snapshot: ReadSnapshot | undefined;
}

/** A read that has been opened: what the job thread is to read. */
export interface OpenedRead {
  readonly id: number;
  /** See read-lease.ts. */
  readonly lease: SharedArrayBuffer;
  /** All streams of the tenant, by their labels. */
  readonly streams: readonly ReadStream[];
}

/** What can be asked of an engine. */
export type EngineService = {
  /** Replays every stream on disk; resolves when all take writes. */
  replay(_: null): Promise<void>;
  write(request: WriteRequest): Promise<WriteOutcome>;
  dueCuts(wish: { readonly flush: boolean }): Promise<readonly CutOrder[]>;
  openCut(order: CutOrder): Promise<OpenedCut | undefined>;
  closeCut(cut: ClosedCut): Promise<void>;
  /**
   * What the heads of a tenant hold of a query, published before the call. Close it; it ends by
   * itself after READ_AGE_MAX_MS. Rejects with `overloaded` when too many are open.
   */
  openRead(wanted: TenantQuery): Promise<OpenedRead>;
  closeRead(read: { readonly id: number }): Promise<void>;
  replayStatus(_: null): Promise<WalReplayStatus>;
  /** Chunks in the heads: what is not in blocks yet. */
  headChunks(_: null): Promise<number>;
  /** Damaged places in the logs since the start. */
  corruptions(_: null): Promise<number>;
  tsdbStatus(wish: { readonly tenant: string; readonly limit: number }): Promise<TsdbStatus>;
  /** Up to where the log of each open stream is durable. */
  syncedStreams(_: null): Promise<readonly SyncedStream[]>;
  metrics(_: null): Promise<MetricSnapshot>;
  /** Answers what is under way, syncs and closes the logs. Writes after it are refused. */
  drain(_: null): Promise<void>;
};
