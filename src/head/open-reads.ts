// The reads that are open on the heads of an engine: what is freed while one is open cannot be used
// again, so they are bounded in number and in time. A reader that has died costs what ingest frees
// within READ_AGE_MAX_MS, no more.

import type { Epochs } from '../base/bytes/epochs.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';
import { endLease, newLeaseWord } from './read-lease.ts';

/** Reads that may be open at once. */
export const READS_OPEN_MAX = 64;
/** How long one may be. */
export const READ_AGE_MAX_MS = 300_000;

/** One open read. */
export interface OpenRead {
  readonly id: number;
  /** See read-lease.ts. */
  readonly lease: SharedArrayBuffer;
}

export class OpenReads {
  readonly #epochs: Epochs;
  readonly #timers: Pick<Timers, 'after'>;
  readonly #open = new Map<
    number,
    { readonly lease: SharedArrayBuffer; readonly cancel: Cancel }
  >();

  constructor(epochs: Epochs, timers: Pick<Timers, 'after'>) {
    this.#epochs = epochs;
    this.#timers = timers;
  }

  get count(): number {
    return this.#open.size;
  }

  /** From here on nothing is used again that the reader may come to know of. */
  open(): OpenRead {
    if (this.#open.size >= READS_OPEN_MAX) {
      const what = `${READS_OPEN_MAX} reads are open, which is the limit`;
      throw new VarveError('overloaded', `${what}; try again later.`);
    }
    const id = this.#epochs.open();
    const lease = newLeaseWord();
    const cancel = this.#timers.after(READ_AGE_MAX_MS, () => this.close(id));
    this.#open.set(id, { lease, cancel });
    return { id, lease };
  }

  /** Ends a read; one that has been ended already is left alone. */
  close(id: number): void {
    const read = this.#open.get(id);
    if (read === undefined) return;
    this.#open.delete(id);
    read.cancel();
    endLease(read.lease);
    this.#epochs.close(id);
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }
}
