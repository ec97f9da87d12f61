// The pending samples of each series, newest first, through all batches that are not published.
//
// Every pending sample has a running number, floats and histograms apart; a link is that number (31
// bits) and one bit for the kind. The series record holds the link of its newest pending sample,
// each batch column `…Previous` the link of the one before. Links go stale by themselves when a
// batch is published or taken back: a link counts only when its number lies in a batch that is
// pending and the sample there is of the very series. (If the numbers have gone round, such a
// sample is newer than the link, and then the record would name it.)

import type { PendingBatch } from './pending.ts';

const NUMBER_MASK = 0x7fffffff;

export class PendingChain {
  /** Taken and not yet published, oldest first. */
  readonly taken: PendingBatch[] = [];
  /** What is being filled. */
  current: PendingBatch;
  #nextFloat = 0;
  #nextHistogram = 0;
  // Where `locate` found its sample.
  #batch: PendingBatch;
  #index = 0;
  #isHistogram = false;

  constructor(first: PendingBatch) {
    this.current = first;
    this.#batch = first;
  }

  get batch(): PendingBatch {
    return this.#batch;
  }

  get index(): number {
    return this.#index;
  }

  get isHistogram(): boolean {
    return this.#isHistogram;
  }

  /** The link of the next float that is admitted. */
  nextFloatLink(): number {
    const link = (this.#nextFloat << 1) >>> 0;
    this.#nextFloat = (this.#nextFloat + 1) & NUMBER_MASK;
    return link;
  }

  /** The link of the next histogram that is admitted. */
  nextHistogramLink(): number {
    const link = ((this.#nextHistogram << 1) | 1) >>> 0;
    this.#nextHistogram = (this.#nextHistogram + 1) & NUMBER_MASK;
    return link;
  }

  /** Seals the current batch and goes on in `next`. */
  take(next: PendingBatch): PendingBatch {
    const sealed = this.current;
    this.taken.push(sealed);
    this.begin(next);
    return sealed;
  }

  /** Goes on in an empty batch. */
  begin(next: PendingBatch): void {
    next.firstFloat = this.#nextFloat;
    next.firstHistogram = this.#nextHistogram;
    this.current = next;
  }

  /** True when `link` leads to a pending sample of the series; then batch and index are set. */
  locate(slot: number, link: number): boolean {
    if (this.#locateIn(this.current, slot, link)) return true;
    for (const batch of this.taken) if (this.#locateIn(batch, slot, link)) return true;
    return false;
  }

  /** The link before the sample that was located. */
  previous(): number {
    const column = this.#isHistogram ? this.#batch.histogramPrevious : this.#batch.floatPrevious;
    return column.at(this.#index);
  }

  /** Locates the series' pending sample of that time, beginning at its newest `link`. */
  find(slot: number, link: number, timeMs: number): boolean {
    while (this.locate(slot, link)) {
      const times = this.#isHistogram ? this.#batch.histogramTimes : this.#batch.floatTimes;
      if (times.at(this.#index) === timeMs) return true;
      link = this.previous();
    }
    return false;
  }

  #locateIn(batch: PendingBatch, slot: number, link: number): boolean {
    const isHistogram = (link & 1) === 1;
    const slots = isHistogram ? batch.histogramSlots : batch.floatSlots;
    const first = isHistogram ? batch.firstHistogram : batch.firstFloat;
    const index = ((link >>> 1) - first) & NUMBER_MASK;
    if (index >= slots.length || slots.at(index) !== slot) return false;
    this.#batch = batch;
    this.#index = index;
    this.#isHistogram = isHistogram;
    return true;
  }
}
