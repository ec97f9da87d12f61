// Deciding about samples (DESIGN §3 Samples): against what is published and what is pending.
//
// The usual sample is newer than its series' last admitted one; for that one comparison and the
// push are all there is. Everything else (`#decideFloat`) is rare and looks as far as it must.
// Invariant: the record's admitted sample is the newest in order, pending or published; taking back
// sets it to the published one.

import type { PagedRecords } from '../base/bytes/paged-records.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { ChunkSearch } from './chunk-search.ts';
import { histogramsEqual } from './histogram-equal.ts';
import { PendingBatch } from './pending.ts';
import { PendingChain } from './pending-chain.ts';
import * as series from './series-record.ts';
import { ADMITTED, ALREADY_STORED, DUPLICATE, TOO_OLD, type Verdict } from './verdict.ts';

export interface AdmissionOptions {
  readonly records: PagedRecords;
  readonly search: ChunkSearch;
  readonly outOfOrderWindowMs: number;
}

/** Batches kept for later when they are empty. */
const SPARE_BATCHES_MAX = 4;

export class Admission {
  readonly chain: PendingChain;
  readonly #records: PagedRecords;
  readonly #search: ChunkSearch;
  #outOfOrderWindowMs: number;
  readonly #spare: PendingBatch[] = [];
  readonly #pendingHistogram = new HistogramValue();
  #batch: PendingBatch;
  #newestMs = Number.NEGATIVE_INFINITY;
  #tooOldBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: AdmissionOptions) {
    this.#records = options.records;
    this.#search = options.search;
    this.#outOfOrderWindowMs = options.outOfOrderWindowMs;
    this.#batch = new PendingBatch();
    this.chain = new PendingChain(this.#batch);
  }

  /** What is being filled. */
  get current(): PendingBatch {
    return this.#batch;
  }

  /** From now on samples may be so much behind the newest one, which is `newestMs`. */
  setWindow(outOfOrderWindowMs: number, newestMs: number): void {
    this.#outOfOrderWindowMs = outOfOrderWindowMs;
    this.#newestMs = newestMs;
    this.#tooOldBeforeMs = this.#newestMs - outOfOrderWindowMs;
  }

  get outOfOrderWindowMs(): number {
    return this.#outOfOrderWindowMs;
  }

  /** Newest admitted sample of the stream. */
  get newestTimeMs(): number {
    return this.#newestMs;
  }

  /** Samples before this are too old. */
  get tooOldBeforeMs(): number {
    return this.#tooOldBeforeMs;
  }

  get hasPending(): boolean {
    return this.chain.taken.length > 0 || !this.#batch.isEmpty;
  }

  admitFloat(slot: number, timeMs: number, low: number, high: number): Verdict {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    if (timeMs <= view.getFloat64(at + series.ADMITTED_TIME, true) || timeMs < this.#tooOldBeforeMs)
      return this.#decideFloat(slot, timeMs, low, high);
    view.setFloat64(at + series.ADMITTED_TIME, timeMs, true);
    view.setInt32(at + series.ADMITTED_LOW, low, true);
    view.setInt32(at + series.ADMITTED_HIGH, high, true);
    view.setUint8(at + series.FLAGS, view.getUint8(at + series.FLAGS) & ~series.ADMITTED_HISTOGRAM);
    this.#pushFloat(slot, timeMs, low, high);
    return ADMITTED;
  }

  admitHistogram(slot: number, timeMs: number, value: HistogramValue): Verdict {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const admittedMs = view.getFloat64(at + series.ADMITTED_TIME, true);
    if (timeMs < admittedMs && timeMs < this.#tooOldBeforeMs) return TOO_OLD;
    if (timeMs > admittedMs) {
      if (timeMs < this.#tooOldBeforeMs) return TOO_OLD;
      const flags = view.getUint8(at + series.FLAGS);
      view.setFloat64(at + series.ADMITTED_TIME, timeMs, true);
      view.setUint8(at + series.FLAGS, flags | series.ADMITTED_HISTOGRAM);
    } else {
      const found = this.#findHistogram(slot, timeMs, value);
      if (found !== ADMITTED) return found;
      // The newest of its series may have left with a block, and its window with it.
      if (timeMs < this.#tooOldBeforeMs) return TOO_OLD;
    }
    const batch = this.#batch;
    batch.histogramSlots.push(slot);
    batch.histogramTimes.push(timeMs);
    batch.histograms.push(value);
    batch.histogramPrevious.push(view.getUint32(at + series.PENDING, true));
    view.setUint32(at + series.PENDING, this.chain.nextHistogramLink(), true);
    this.#noteNewest(timeMs);
    return ADMITTED;
  }

  /** Has the series samples that are not published? */
  isPending(slot: number): boolean {
    const link = this.#records
      .view(slot)
      .getUint32(this.#records.offset(slot) + series.PENDING, true);
    return this.chain.locate(slot, link);
  }

  /** Seals what was admitted since the last take. */
  take(): PendingBatch {
    const sealed = this.chain.take(this.#spare.pop() ?? new PendingBatch());
    this.#batch = this.chain.current;
    return sealed;
  }

  /** A batch that was taken is published: its samples are pending no more. */
  retire(batch: PendingBatch): void {
    const at = this.chain.taken.indexOf(batch);
    if (at >= 0) this.chain.taken.splice(at, 1);
    this.#recycle(batch);
  }

  /** All batches whose samples are pending, oldest first. */
  unpublished(): PendingBatch[] {
    return [...this.chain.taken, this.#batch];
  }

  /** First half of a take-back: series and stream have their published newest samples again. */
  restoreAll(newestMs: number): void {
    for (const batch of this.unpublished()) {
      for (let i = 0; i < batch.floatSlots.length; i++) this.#restore(batch.floatSlots.at(i));
      for (let i = 0; i < batch.histogramSlots.length; i++)
        this.#restore(batch.histogramSlots.at(i));
    }
    this.#newestMs = newestMs;
    this.#tooOldBeforeMs = newestMs - this.#outOfOrderWindowMs;
  }

  /** Second half: drops the batches. */
  dropAll(): void {
    for (const batch of this.unpublished()) this.#recycle(batch);
    this.chain.taken.length = 0;
    this.#batch = this.#spare.pop() ?? new PendingBatch();
    this.chain.begin(this.#batch);
  }

  #restore(slot: number): void {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const flags = view.getUint8(at + series.FLAGS);
    const histogram = (flags & series.PUBLISHED_HISTOGRAM) !== 0 ? series.ADMITTED_HISTOGRAM : 0;
    view.setFloat64(at + series.ADMITTED_TIME, view.getFloat64(at + series.TIME, true), true);
    view.setInt32(at + series.ADMITTED_LOW, view.getInt32(at + series.LOW, true), true);
    view.setInt32(at + series.ADMITTED_HIGH, view.getInt32(at + series.HIGH, true), true);
    view.setUint8(at + series.FLAGS, (flags & ~series.ADMITTED_HISTOGRAM) | histogram);
  }

  #recycle(batch: PendingBatch): void {
    batch.clear();
    if (this.#spare.length < SPARE_BATCHES_MAX) this.#spare.push(batch);
  }

  #pushFloat(slot: number, timeMs: number, low: number, high: number): void {
    const batch = this.#batch;
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot) + series.PENDING;
    batch.floatSlots.push(slot);
    batch.floatTimes.push(timeMs);
    batch.floatLows.push(low);
    batch.floatHighs.push(high);
    batch.floatPrevious.push(view.getUint32(at, true));
    view.setUint32(at, this.chain.nextFloatLink(), true);
    this.#noteNewest(timeMs);
  }

  #noteNewest(timeMs: number): void {
    if (timeMs <= this.#newestMs) return;
    this.#newestMs = timeMs;
    this.#tooOldBeforeMs = timeMs - this.#outOfOrderWindowMs;
  }

  /** Everything but a sample that is newer than its series. */
  #decideFloat(slot: number, timeMs: number, low: number, high: number): Verdict {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    const admittedMs = view.getFloat64(at + series.ADMITTED_TIME, true);
    if (timeMs === admittedMs) {
      const flags = view.getUint8(at + series.FLAGS);
      const same =
        (flags & series.ADMITTED_HISTOGRAM) === 0 &&
        view.getInt32(at + series.ADMITTED_LOW, true) === (low | 0) &&
        view.getInt32(at + series.ADMITTED_HIGH, true) === (high | 0);
      return same ? ALREADY_STORED : DUPLICATE;
    }
    if (timeMs < this.#tooOldBeforeMs) return TOO_OLD;
    if (this.chain.find(slot, view.getUint32(at + series.PENDING, true), timeMs)) {
      const { batch, index, isHistogram } = this.chain;
      const same =
        !isHistogram &&
        (batch.floatLows.at(index) ^ low) === 0 &&
        (batch.floatHighs.at(index) ^ high) === 0;
      return same ? ALREADY_STORED : DUPLICATE;
    }
    const search = this.#search;
    if (search.find(slot, timeMs)) {
      const same = !search.isHistogram && (search.low ^ low) === 0 && (search.high ^ high) === 0;
      return same ? ALREADY_STORED : DUPLICATE;
    }
    this.#pushFloat(slot, timeMs, low, high);
    return ADMITTED;
  }

  /** ADMITTED: the series has nothing at this time. */
  #findHistogram(slot: number, timeMs: number, value: HistogramValue): Verdict {
    const link = this.#records
      .view(slot)
      .getUint32(this.#records.offset(slot) + series.PENDING, true);
    if (this.chain.find(slot, link, timeMs)) {
      const { batch, index, isHistogram } = this.chain;
      if (!isHistogram) return DUPLICATE;
      batch.histograms.load(index, this.#pendingHistogram);
      return histogramsEqual(this.#pendingHistogram, value) ? ALREADY_STORED : DUPLICATE;
    }
    const search = this.#search;
    if (!search.find(slot, timeMs)) return ADMITTED;
    if (!search.isHistogram) return DUPLICATE;
    return histogramsEqual(search.histogram, value) ? ALREADY_STORED : DUPLICATE;
  }
}
