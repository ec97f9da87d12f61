// What can be asked of an archive thread, and what it is started with. Types only: the thread's
// entry is archive-thread.ts, the main thread's side of it archive-stage.ts.

import type { BucketDocument } from '../../base/config/bucket-document.ts';
import type { StreamLabelRules } from '../../base/model/stream-labels.ts';
import type { MetricSnapshot } from '../../base/observe/metric-store.ts';
import type { LoggerOptions } from '../../base/observe/node-logger.ts';
import type { StoreLimits } from '../../bucket/limited-bucket.ts';
import type { LedgerSnapshot } from '../../bucket/request-ledger.ts';
import type { RestoreReport } from '../restore/restore.ts';
import type { ArchiveRound } from './archiver.ts';
import type { SyncedStream } from './synced-stream.ts';

/** What an archive thread is started with; cloned into it. */
export interface ArchiveSettings {
  readonly tsdbPath: string;
  readonly labels: StreamLabelRules;
  readonly bucket: BucketDocument;
  readonly limits: StoreLimits;
  /** 0: nothing is archived, only restored. */
  readonly intervalMs: number;
  /** `--wal.archive-name`. */
  readonly name: string | undefined;
  readonly logger: Pick<LoggerOptions, 'level' | 'format'>;
}

/** What can be asked of an archive thread. */
export type ArchiveService = {
  /** Fills an empty directory from the archive; before anything else runs in it. */
  restore(_: null): Promise<RestoreReport>;
  /** One round, at most one piece. */
  archive(streams: readonly SyncedStream[]): Promise<ArchiveRound>;
  metrics(_: null): Promise<MetricSnapshot>;
  /** What it asked of the store. */
  requests(_: null): Promise<LedgerSnapshot>;
  /** Closes the bucket. */
  close(_: null): Promise<void>;
};
