// The exemplars of a stream: a bounded ring, oldest out first, as Prometheus keeps them.
//
// Symbols of an exemplar's labels are held from its admission on: by the ring, or until it is taken
// back. A small table knows each series' newest exemplar, against which the next one is decided.

import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import type { PendingBatch } from './pending.ts';
import { ADMITTED, ALREADY_STORED, DUPLICATE, TOO_OLD, type Verdict } from './verdict.ts';

/** One kept exemplar; labels are symbol ids: name, value, … */
export interface Exemplar {
  readonly slot: number;
  readonly walRef: number;
  readonly timeMs: number;
  readonly low: number;
  readonly high: number;
  readonly labels: Uint32Array;
}

/** The kept exemplars of a stream and the decision over new ones. */
export class ExemplarRing {
  readonly #symbols: SymbolTable;
  readonly #limit: number;
  readonly #walRef: (slot: number) => number;
  #ring: Exemplar[] = [];
  #next = 0;
  /** A lower bound, made anew once a round of the ring. */
  #oldestMs = Number.NEGATIVE_INFINITY;
  #oldestKnown = false;
  /** By slot. At most one for each exemplar in the ring or pending. */
  readonly #newest = new Map<number, Exemplar>();

  constructor(symbols: SymbolTable, limit: number, walRef: (slot: number) => number) {
    this.#symbols = symbols;
    this.#limit = limit;
    this.#walRef = walRef;
  }

  get count(): number {
    return this.#ring.length;
  }

  /** Has the series in `slot` an exemplar that is kept or pending? Then it must stay. */
  isNeeded(slot: number): boolean {
    const newest = this.#newest.get(slot);
    return newest !== undefined && newest.walRef === this.#walRef(slot);
  }

  /** No kept exemplar is older; -Infinity as long as none was dropped. */
  get oldestTimeMs(): number {
    if (this.#ring.length < this.#limit) return Number.NEGATIVE_INFINITY;
    if (!this.#oldestKnown) {
      this.#oldestMs = this.#ring.reduce(
        (oldest, { timeMs }) => Math.min(oldest, timeMs),
        Infinity,
      );
      this.#oldestKnown = true;
    }
    return this.#oldestMs;
  }

  /** Decides, and if it is new, makes the exemplar pending in `batch`. */
  admit(batch: PendingBatch, exemplar: Omit<Exemplar, 'walRef'>): Verdict {
    if (this.#limit === 0) return ALREADY_STORED;
    const walRef = this.#walRef(exemplar.slot);
    const newest = this.#newest.get(exemplar.slot);
    if (newest !== undefined && newest.walRef === walRef) {
      if (exemplar.timeMs < newest.timeMs) return TOO_OLD;
      if (isSame(exemplar, newest)) return ALREADY_STORED;
      if (exemplar.timeMs === newest.timeMs) return DUPLICATE;
    }
    const kept = { ...exemplar, walRef, labels: exemplar.labels.slice() };
    this.#newest.set(exemplar.slot, kept);
    batch.exemplarSlots.push(exemplar.slot);
    batch.exemplarTimes.push(exemplar.timeMs);
    batch.exemplarLows.push(exemplar.low);
    batch.exemplarHighs.push(exemplar.high);
    batch.exemplarStarts.push(batch.exemplarLabels.length);
    for (const id of kept.labels) {
      batch.exemplarLabels.push(id);
      this.#symbols.hold(id);
    }
    return ADMITTED;
  }

  /** Keeps a batch's exemplars. */
  publish(batch: PendingBatch): void {
    for (let i = 0; i < batch.exemplarSlots.length; i++) {
      const slot = batch.exemplarSlots.at(i);
      this.#keep({
        slot,
        walRef: this.#walRef(slot),
        timeMs: batch.exemplarTimes.at(i),
        low: batch.exemplarLows.at(i),
        high: batch.exemplarHighs.at(i),
        labels: labelsOf(batch, i),
      });
    }
  }

  /** Forgets a batch's exemplars. */
  takeBack(batch: PendingBatch): void {
    for (let i = 0; i < batch.exemplarLabels.length; i++)
      this.#symbols.release(batch.exemplarLabels.at(i));
    for (let i = 0; i < batch.exemplarSlots.length; i++)
      this.#newest.delete(batch.exemplarSlots.at(i));
    // Newest ones that are published count again.
    if (batch.exemplarSlots.length > 0) for (const kept of this.all()) this.#noteNewest(kept);
  }

  /** Forgets all that are kept; none must be pending. */
  clear(): void {
    for (const exemplar of this.#ring) for (const id of exemplar.labels) this.#symbols.release(id);
    this.#ring = [];
    this.#next = 0;
    this.#newest.clear();
    this.#oldestKnown = false;
  }

  /** All that are kept, oldest first; their series may be gone (compare `walRef`). */
  *all(): Generator<Exemplar> {
    const full = this.#ring.length === this.#limit;
    for (let i = 0; i < this.#ring.length; i++) {
      const at = full ? (this.#next + i) % this.#limit : i;
      const exemplar = this.#ring[at];
      if (exemplar !== undefined) yield exemplar;
    }
  }

  #noteNewest(exemplar: Exemplar): void {
    const newest = this.#newest.get(exemplar.slot);
    if (
      newest === undefined ||
      newest.walRef !== exemplar.walRef ||
      newest.timeMs < exemplar.timeMs
    )
      this.#newest.set(exemplar.slot, exemplar);
  }

  #keep(exemplar: Exemplar): void {
    const gone = this.#ring[this.#next];
    if (gone !== undefined) {
      for (const id of gone.labels) this.#symbols.release(id);
      const newest = this.#newest.get(gone.slot);
      if (newest !== undefined && newest.walRef === gone.walRef && newest.timeMs === gone.timeMs)
        this.#newest.delete(gone.slot);
    }
    this.#ring[this.#next] = exemplar;
    this.#next = (this.#next + 1) % this.#limit;
    this.#oldestMs = Math.min(this.#oldestMs, exemplar.timeMs);
    if (this.#next === 0) this.#oldestKnown = false;
  }
}

function labelsOf(batch: PendingBatch, index: number): Uint32Array {
  const start = batch.exemplarStarts.at(index);
  return batch.exemplarLabels.view().slice(start, batch.exemplarEnd(index));
}

function isSame(a: Omit<Exemplar, 'walRef'>, b: Exemplar): boolean {
  return (
    a.timeMs === b.timeMs &&
    (a.low ^ b.low) === 0 &&
    (a.high ^ b.high) === 0 &&
    a.labels.length === b.labels.length &&
    a.labels.every((id, index) => id === b.labels.at(index))
  );
}
