// A head of a few lines, for tests of writing: Maps instead of arenas, the same promises.

import type { U32Column } from '../../src/base/bytes/columns.ts';
import type { SymbolTable } from '../../src/base/bytes/symbol-table.ts';
import type { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { PendingBatch } from '../../src/head/pending.ts';
import {
  ADMITTED,
  ALREADY_STORED,
  DUPLICATE,
  NO_SERIES,
  TOO_OLD,
  type Verdict,
} from '../../src/head/verdict.ts';
import type { WriteHead } from '../../src/write/stream.ts';

interface FakeSeries {
  readonly ids: readonly number[];
  readonly walRef: number;
  isNew: boolean;
  /** Time → bits, of what is published and of what is pending. */
  readonly published: Map<number, string>;
  readonly pending: Map<number, string>;
}

export class FakeHead implements WriteHead {
  seriesMax = 1000;
  outOfOrderWindowMs = 24 * 3_600_000;
  readonly slots: (FakeSeries | undefined)[] = [];
  readonly metadata: [number, number, number, number][] = [];
  readonly published: PendingBatch[] = [];
  takenBack = 0;
  #batch = new PendingBatch();
  #taken: PendingBatch[] = [];
  #nextRef = 1;
  readonly #symbols: SymbolTable;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  textOf(id: number): string {
    return this.#symbols.textOf(id);
  }

  findSeries(ids: Uint32Array, count: number): number {
    const key = [...ids.subarray(0, count)].join();
    const slot = this.slots.findIndex((series) => series?.ids.join() === key);
    return slot < 0 ? NO_SERIES : slot;
  }

  createSeries(ids: Uint32Array, count: number): number {
    if (this.slots.filter((series) => series !== undefined).length >= this.seriesMax) {
      return NO_SERIES;
    }
    let slot = this.slots.indexOf(undefined);
    if (slot < 0) slot = this.slots.length;
    this.slots[slot] = {
      ids: [...ids.subarray(0, count)],
      walRef: this.#nextRef++,
      isNew: true,
      published: new Map(),
      pending: new Map(),
    };
    for (const id of ids.subarray(0, count)) this.#symbols.hold(id);
    this.#batch.newSlots.push(slot);
    return slot;
  }

  walRef(slot: number): number {
    return this.#at(slot).walRef;
  }

  isLive(slot: number, walRef: number): boolean {
    return this.slots[slot]?.walRef === walRef;
  }

  labelIds(slot: number, into: U32Column): void {
    for (const id of this.#at(slot).ids) into.push(id);
  }

  admitFloat(slot: number, timeMs: number, low: number, high: number): Verdict {
    const verdict = this.#decide(slot, timeMs, `${low >>> 0},${high >>> 0}`);
    if (verdict !== ADMITTED) return verdict;
    this.#batch.floatSlots.push(slot);
    this.#batch.floatTimes.push(timeMs);
    this.#batch.floatLows.push(low);
    this.#batch.floatHighs.push(high);
    return ADMITTED;
  }

  admitHistogram(slot: number, timeMs: number, value: HistogramValue): Verdict {
    const verdict = this.#decide(slot, timeMs, `h${value.count},${value.sumHigh}`);
    if (verdict !== ADMITTED) return verdict;
    this.#batch.histogramSlots.push(slot);
    this.#batch.histogramTimes.push(timeMs);
    this.#batch.histograms.push(value);
    return ADMITTED;
  }

  admitExemplar(
    slot: number,
    timeMs: number,
    low: number,
    high: number,
    labels: Uint32Array,
    count: number,
  ): Verdict {
    const times = [...this.#exemplarTimes(slot)];
    if (times.includes(timeMs)) return ALREADY_STORED;
    if (times.some((time) => time > timeMs)) return TOO_OLD;
    const batch = this.#batch;
    batch.exemplarSlots.push(slot);
    batch.exemplarTimes.push(timeMs);
    batch.exemplarLows.push(low);
    batch.exemplarHighs.push(high);
    batch.exemplarStarts.push(batch.exemplarLabels.length);
    for (const id of labels.subarray(0, count)) {
      this.#symbols.hold(id);
      batch.exemplarLabels.push(id);
    }
    return ADMITTED;
  }

  admitMetadata(slot: number, type: number, unit: number, help: number): boolean {
    this.metadata.push([slot, type, unit, help]);
    return false;
  }

  slotOfMetric(name: number): number {
    const slot = this.slots.findIndex((series) => series?.ids.includes(name));
    return slot < 0 ? NO_SERIES : slot;
  }

  takeBatch(): PendingBatch {
    const batch = this.#batch;
    this.#taken.push(batch);
    this.#batch = new PendingBatch();
    return batch;
  }

  publish(batch: PendingBatch): void {
    if (this.#taken[0] !== batch) throw new Error('published out of order');
    this.#taken.shift();
    this.published.push(batch);
    for (const slot of batch.newSlots.view()) this.#at(slot).isNew = false;
    for (const [slot, time] of samplesOf(batch)) {
      const series = this.#at(slot);
      const bits = series.pending.get(time);
      if (bits === undefined) throw new Error('published what is not pending');
      series.pending.delete(time);
      series.published.set(time, bits);
    }
  }

  takeBackAll(): void {
    this.takenBack++;
    this.#taken = [];
    this.#batch = new PendingBatch();
    for (const [slot, series] of this.slots.entries()) {
      if (series?.isNew) {
        for (const id of series.ids) this.#symbols.release(id);
        this.slots[slot] = undefined;
      }
      series?.pending.clear();
    }
  }

  /** Newest time among everything admitted. */
  get newestTimeMs(): number {
    const times = this.slots.flatMap((series) =>
      series ? [...series.published.keys(), ...series.pending.keys()] : [],
    );
    return Math.max(Number.NEGATIVE_INFINITY, ...times);
  }

  #decide(slot: number, timeMs: number, bits: string): Verdict {
    const series = this.#at(slot);
    const there = series.pending.get(timeMs) ?? series.published.get(timeMs);
    if (there !== undefined) return there === bits ? ALREADY_STORED : DUPLICATE;
    if (timeMs < this.newestTimeMs - this.outOfOrderWindowMs) return TOO_OLD;
    series.pending.set(timeMs, bits);
    return ADMITTED;
  }

  *#exemplarTimes(slot: number): Iterable<number> {
    for (const batch of [...this.published, ...this.#taken, this.#batch]) {
      for (const [index, at] of batch.exemplarSlots.view().entries()) {
        if (at === slot) yield batch.exemplarTimes.at(index);
      }
    }
  }

  #at(slot: number): FakeSeries {
    const series = this.slots[slot];
    if (series === undefined) throw new Error(`slot ${slot} is empty`);
    return series;
  }
}

function* samplesOf(batch: PendingBatch): Iterable<[number, number]> {
  for (let i = 0; i < batch.floatSlots.length; i++) {
    yield [batch.floatSlots.at(i), batch.floatTimes.at(i)];
  }
  for (let i = 0; i < batch.histogramSlots.length; i++) {
    yield [batch.histogramSlots.at(i), batch.histogramTimes.at(i)];
  }
}
