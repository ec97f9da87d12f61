// When freed shared memory may be used again: not before every reader that could know its place is
// gone.
//
// A reader in another thread works from a snapshot. Opening one remembers the current epoch; what
// is freed while any snapshot is open waits in a `Limbo`, stamped with the epoch of its freeing,
// until no snapshot of that epoch or an older one is open.
// Invariant: epochs only grow; an entry leaves limbo only when `oldestOpen` is above its stamp.

import { F64Column, U32Column } from './columns.ts';

/** The open snapshots of an engine's memory, and the structures whose freed parts wait for them. */
export class Epochs {
  #current = 1;
  readonly #open: number[] = [];
  readonly #waiting: Limbo[] = [];

  /** True while freed memory must not be used again. */
  get anyOpen(): boolean {
    return this.#open.length > 0;
  }

  get current(): number {
    return this.#current;
  }

  /** Opens a snapshot: nothing freed from now on is used again before `close` with this number. */
  open(): number {
    const epoch = this.#current++;
    this.#open.push(epoch);
    return epoch;
  }

  /** Closes a snapshot, once; what waited only for it is released. */
  close(epoch: number): void {
    const at = this.#open.indexOf(epoch);
    if (at < 0) return;
    this.#open.splice(at, 1);
    const oldest = this.#open.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...this.#open);
    for (const limbo of this.#waiting) limbo.releaseBelow(oldest);
  }

  /** A place to wait; `release` is called for each entry when its time has come. */
  limbo(release: (entry: number) => void): Limbo {
    const limbo = new Limbo(this, release);
    this.#waiting.push(limbo);
    return limbo;
  }

  /** Of a structure that nobody uses any more: what waits there need not be released. */
  leave(limbo: Limbo): void {
    const at = this.#waiting.indexOf(limbo);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Structures whose freed parts may wait. */
  get limboCount(): number {
    return this.#waiting.length;
  }
}

/** Freed addresses or record numbers of one structure, in the order of their freeing. */
export class Limbo {
  readonly #epochs: Epochs;
  readonly #release: (entry: number) => void;
  #entries = new U32Column(16);
  #stamps = new F64Column(16);
  #first = 0;

  constructor(epochs: Epochs, release: (entry: number) => void) {
    this.#epochs = epochs;
    this.#release = release;
  }

  /** Entries that wait. */
  get count(): number {
    return this.#entries.length - this.#first;
  }

  add(entry: number): void {
    this.#entries.push(entry);
    this.#stamps.push(this.#epochs.current);
  }

  /** Releases what was freed while no snapshot older than `oldestOpen` was the oldest one. */
  releaseBelow(oldestOpen: number): void {
    while (this.#first < this.#entries.length && this.#stamps.at(this.#first) <= oldestOpen) {
      this.#release(this.#entries.at(this.#first));
      this.#first++;
    }
    if (this.#first === this.#entries.length) this.#reset();
  }

  /** A long wait may have made the columns long; do not keep them. */
  #reset(): void {
    this.#first = 0;
    if (this.#entries.length > 4096) {
      this.#entries = new U32Column(16);
      this.#stamps = new F64Column(16);
    } else {
      this.#entries.clear();
      this.#stamps.clear();
    }
  }
}
