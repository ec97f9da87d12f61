// The archive in the life of a gateway: started before anything touches the data directory, so that
// a restore finds it empty; drained when nothing is written any more and the logs are still open.

import { VarveError } from '../../base/errors/varve-error.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { MetricSnapshot } from '../../base/observe/metric-store.ts';
import type { Runtime } from '../../base/runtime/runtime.ts';
import type { Remote } from '../../base/runtime/threads.ts';
import type { LedgerSnapshot } from '../../bucket/request-ledger.ts';
import type { Stage } from '../../stage.ts';
import { isBeingRestored } from '../restore/marker.ts';
import { ArchiveLoop } from './archive-loop.ts';
import type { ArchiveService, ArchiveSettings } from './archive-service.ts';
import type { SyncedStream } from './synced-stream.ts';

export interface ArchiveStageOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'disk' | 'threads' | 'timers'>;
  readonly tsdbPath: string;
  /** Undefined when there is no bucket, and so no archive. */
  readonly settings: ArchiveSettings | undefined;
  /** `--restore`. */
  readonly restore: boolean;
  readonly synced: () => Promise<readonly SyncedStream[] | undefined>;
  readonly logger: Logger;
  /** Called to have the thread's metrics read. */
  readonly onMetrics: (read: () => Promise<MetricSnapshot>) => void;
  /** Called to have what it asked of the store read. */
  readonly onRequests: (read: () => Promise<LedgerSnapshot>) => void;
  /** The thread ended by itself. */
  readonly onDeath: (error: Error | undefined) => void;
}

/** Does nothing unless logs are to be archived or restored. */
export function makeArchiveStage(options: ArchiveStageOptions): Stage {
  const { logger, onDeath, restore, runtime, settings, synced, tsdbPath } = options;
  const archives = settings !== undefined && settings.intervalMs > 0;
  let thread: Remote<ArchiveService> | undefined;
  let loop: ArchiveLoop | undefined;
  let started = false;
  let stopping = false;
  return {
    name: 'WAL archive',
    start: async () => {
      if (!restore && isBeingRestored(runtime.disk, tsdbPath)) throw restoreIsOpen(tsdbPath);
      if (settings !== undefined && (restore || archives)) {
        const remote = await runtime.threads.start<ArchiveService>('archive-thread', settings);
        thread = remote;
        void remote.ended.then((error) => {
          if (!stopping) onDeath(error);
        });
        options.onMetrics(() => remote.call('metrics', null));
        options.onRequests(() => remote.call('requests', null));
        if (restore) await remote.call('restore', null);
        const { intervalMs } = settings;
        const archive = (streams: readonly SyncedStream[]) => remote.call('archive', streams);
        const { clock, timers } = runtime;
        loop = new ArchiveLoop({ intervalMs, synced, archive, clock, timers, logger });
        if (archives) loop.start();
      }
      started = true;
    },
    ready: () => started && !stopping,
    drain: async () => {
      if (archives) await loop?.drain();
    },
    stop: async () => {
      stopping = true;
      await thread?.call('close', null);
      await thread?.terminate();
    },
  };
}

function restoreIsOpen(tsdbPath: string): VarveError {
  const what = `A restore of ${tsdbPath} was cut off: start with --restore to bring it to its end`;
  return new VarveError('bad_config', `${what}, or begin in a new directory.`);
}
