// Publishing synced batches: pending samples become chunks, once and in order.

import type { U32Column } from '../base/bytes/columns.ts';
import type { PagedRecords } from '../base/bytes/paged-records.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { Collector } from './collector.ts';
import type { EngineMemory } from './engine-memory.ts';
import { FloatWriter } from './float-writer.ts';
import { HistogramWriter } from './histogram-writer.ts';
import { LateWriter } from './late-writer.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { PendingBatch } from './pending.ts';
import * as series from './series-record.ts';
import type { Windows } from './windows.ts';

export class Publisher {
  /** Set while the chunks of a cut are being collected. */
  collector: Collector | undefined;
  readonly #records: PagedRecords;
  readonly #windows: Windows;
  readonly #floats: FloatWriter;
  readonly #late: LateWriter;
  readonly #histograms: HistogramWriter;
  readonly #histogram = new HistogramValue();
  #newestMs = Number.NEGATIVE_INFINITY;
  #sampleCount = 0;
  #lateSampleCount = 0;

  constructor(memory: EngineMemory, records: PagedRecords, open: OpenChunks, windows: Windows) {
    this.#records = records;
    this.#windows = windows;
    this.#floats = new FloatWriter(memory, records, open, windows);
    this.#late = new LateWriter(memory, records, open, windows);
    this.#histograms = new HistogramWriter(memory, records, open, windows);
  }

  /** Newest published sample of the stream. */
  get newestTimeMs(): number {
    return this.#newestMs;
  }

  /** For a start: what log and blocks say of it, as far as it can be true. */
  set newestTimeMs(timeMs: number) {
    this.#newestMs = timeMs;
  }

  /** Samples ever published, and how many of them were late. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  get lateSampleCount(): number {
    return this.#lateSampleCount;
  }

  publish(batch: PendingBatch, nowMs: number): void {
    if (this.collector !== undefined) {
      visitAll(this.collector, batch.floatSlots);
      visitAll(this.collector, batch.histogramSlots);
    }
    for (let i = 0; i < batch.newSlots.length; i++) this.#settle(batch.newSlots.at(i));
    this.#publishFloats(batch);
    this.#publishHistograms(batch);
    this.#sampleCount += batch.floatSlots.length + batch.histogramSlots.length;
    this.#windows.settle(nowMs);
  }

  #settle(slot: number): void {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot) + series.FLAGS;
    view.setUint8(at, view.getUint8(at) & ~series.NEW);
  }

  #publishFloats(batch: PendingBatch): void {
    const { floatSlots, floatTimes, floatLows, floatHighs } = batch;
    let newestMs = this.#newestMs;
    for (let i = 0; i < floatSlots.length; i++) {
      const slot = floatSlots.at(i);
      const timeMs = floatTimes.at(i);
      const low = floatLows.at(i);
      const high = floatHighs.at(i);
      if (!this.#floats.append(slot, timeMs, low, high)) this.#insertLate(slot, timeMs, low, high);
      this.#windows.note(timeMs);
      if (timeMs > newestMs) newestMs = timeMs;
    }
    this.#newestMs = newestMs;
  }

  #insertLate(slot: number, timeMs: number, low: number, high: number): void {
    this.#lateSampleCount++;
    this.#late.insert(slot, timeMs, low, high);
  }

  #publishHistograms(batch: PendingBatch): void {
    const value = this.#histogram;
    for (let i = 0; i < batch.histogramSlots.length; i++) {
      const slot = batch.histogramSlots.at(i);
      const timeMs = batch.histogramTimes.at(i);
      batch.histograms.load(i, value);
      if (!this.#histograms.append(slot, timeMs, value)) {
        this.#lateSampleCount++;
        this.#histograms.insertLate(slot, timeMs, value);
      }
      this.#windows.note(timeMs);
      if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    }
  }
}

function visitAll(collector: Collector, slots: U32Column): void {
  for (let i = 0; i < slots.length; i++) collector.visit(slots.at(i));
}
