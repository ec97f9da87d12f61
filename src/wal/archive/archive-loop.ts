// Calls for a round of archiving once an interval, and again at once while something waits. Rounds
// never overlap. Runs on the main thread; it only passes messages.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { LimitedLog } from '../../base/observe/limited-log.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { Cancel, Timers } from '../../base/runtime/timers.ts';
import type { ArchiveRound } from './archiver.ts';
import type { SyncedStream } from './synced-stream.ts';

/** The same failure is told so often. */
const TOLD_EVERY_MS = 60_000;
/** At the end of the process the store has this time to take what is left. */
const DRAIN_MS = 30_000;

export interface ArchiveLoopOptions {
  readonly intervalMs: number;
  /** Undefined before the logs are open: then there is nothing to archive yet. */
  readonly synced: () => Promise<readonly SyncedStream[] | undefined>;
  readonly archive: (streams: readonly SyncedStream[]) => Promise<ArchiveRound>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class ArchiveLoop {
  readonly #options: ArchiveLoopOptions;
  readonly #log: LimitedLog;
  #cancel: Cancel = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: ArchiveLoopOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.logger, options.clock, TOLD_EVERY_MS);
  }

  start(): void {
    const { intervalMs, timers } = this.#options;
    this.#cancel = timers.every(intervalMs, () => this.#tick());
  }

  /**
   * A last time, so that what was acknowledged is in the bucket, too; then no more. A store that
   * does not answer holds up the end of the process only so long: the logs are on disk.
   */
  async drain(): Promise<void> {
    this.#cancel();
    const { logger, timers } = this.#options;
    let cancel: Cancel = () => undefined;
    const late = new Promise<false>((resolve) => {
      cancel = timers.after(DRAIN_MS, () => resolve(false));
    });
    const inTime = await Promise.race([this.#tick().then(() => true), late]);
    cancel();
    this.#ended = true;
    if (inTime) return;
    const what = 'the end of the WAL is not archived: the store did not take it in time';
    logger.warn(what, { limit_ms: DRAIN_MS });
  }

  #tick(): Promise<void> {
    this.#running = this.#running.then(() => this.#rounds());
    return this.#running;
  }

  /** Never rejects: what went wrong is told, and tried again an interval later. */
  async #rounds(): Promise<void> {
    try {
      for (let more = true; more && !this.#ended; ) {
        const streams = await this.#options.synced();
        if (streams === undefined) return;
        ({ more } = await this.#options.archive(streams));
      }
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      const fields = { code, error: message };
      this.#log.error(code, 'WAL not archived, tried again', fields);
    }
  }
}
