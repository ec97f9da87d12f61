// A log in memory whose syncs the test decides about.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { LogPosition } from '../../src/wal/log.ts';

interface PendingSync {
  readonly count: number;
  readonly resolve: (position: LogPosition) => void;
  readonly reject: (error: Error) => void;
}

export class FakeLog {
  /** Records that are durable, and those that are not yet. */
  readonly durable: Uint8Array[] = [];
  appended: Uint8Array[] = [];
  /** Syncs wait for `finish` when false. */
  isAutomatic = true;
  failsNext: VarveError | undefined;
  #syncs: PendingSync[] = [];

  get waitingSyncs(): number {
    return this.#syncs.length;
  }

  append(record: Uint8Array): void {
    this.appended.push(record.slice());
  }

  withdraw(): void {
    this.appended.length = this.#syncs.at(-1)?.count ?? 0;
  }

  sync(): Promise<LogPosition> {
    const done = new Promise<LogPosition>((resolve, reject) => {
      this.#syncs.push({ count: this.appended.length, resolve, reject });
    });
    if (this.isAutomatic) setImmediate(() => this.finish());
    return done;
  }

  /** Ends the oldest sync. With an error everything not durable is gone, and all syncs fail. */
  finish(error: VarveError | undefined = this.failsNext): void {
    this.failsNext = undefined;
    const sync = this.#syncs.shift();
    if (sync === undefined) return;
    if (error === undefined) {
      this.durable.push(...this.appended.splice(0, sync.count));
      sync.resolve({ segment: 0, offset: this.durable.length });
      return;
    }
    this.appended = [];
    const failed = [sync, ...this.#syncs.splice(0)];
    for (const one of failed) one.reject(error);
  }
}

export function syncFailure(): VarveError {
  return new VarveError('sync_failed', 'The log could not be synced.');
}
