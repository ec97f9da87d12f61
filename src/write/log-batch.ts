// A batch of pending samples as WAL records, appended to the stream's log in Prometheus's order:
// series, metadata, samples, histograms, exemplars (docs/formats/wal.md, "Records").
//
// Records are kept to a few hundred kilobytes, so that a reader needs bounded memory. The log
// copies each record, so one writer and one set of columns serve all batches of an engine.

import { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column, U32Column } from '../base/bytes/columns.ts';
import type { EngineMemory } from '../head/engine-memory.ts';
import type { PendingBatch } from '../head/pending.ts';
import { beginExemplar, beginExemplarsRecord } from '../wal/exemplars-record.ts';
import { encodeHistograms, HISTOGRAM_RECORD_TYPES } from '../wal/histograms-record.ts';
import { beginMetadataRecord, writeMetadata } from '../wal/metadata-record.ts';
import { encodeSamples } from '../wal/samples-record.ts';
import { beginSeries, beginSeriesRecord } from '../wal/series-record.ts';
import type { StreamParts } from './stream.ts';
import { SymbolText } from './symbol-text.ts';

/** A record that has reached this size is ended. */
const RECORD_BYTES = 256 * 1024;
/** Float samples of one record; each takes 10 to 30 bytes. */
const SAMPLES_PER_RECORD = 16_384;

export class BatchEncoder {
  readonly #text: SymbolText;
  readonly #writer = new ByteWriter(64 * 1024);
  readonly #refs = new F64Column(1024);
  readonly #labels = new U32Column(64);

  constructor(memory: Pick<EngineMemory, 'symbols' | 'arena'>) {
    this.#text = new SymbolText(memory);
  }

  /** Appends all of `batch` to the stream's log; nothing is durable before the log's `sync`. */
  append(stream: StreamParts, batch: PendingBatch): void {
    if (batch.newSlots.length > 0) this.#appendSeries(stream, batch);
    if (batch.metadataSlots.length > 0) this.#appendMetadata(stream, batch);
    if (batch.floatSlots.length > 0) this.#appendSamples(stream, batch);
    if (batch.histogramSlots.length > 0) this.#appendHistograms(stream, batch);
    if (batch.exemplarSlots.length > 0) this.#appendExemplars(stream, batch);
  }

  #appendSeries({ head, log }: StreamParts, batch: PendingBatch): void {
    const writer = this.#writer;
    const labels = this.#labels;
    writer.clear();
    for (let i = 0; i < batch.newSlots.length; i++) {
      if (writer.length === 0) beginSeriesRecord(writer);
      const slot = batch.newSlots.at(i);
      labels.clear();
      head.labelIds(slot, labels);
      beginSeries(head.walRef(slot), labels.length / 2, writer);
      this.#text.writeLabels(labels, 0, labels.length, writer);
      if (writer.length >= RECORD_BYTES) this.#end(log);
    }
    this.#end(log);
  }

  #appendMetadata({ head, log }: StreamParts, batch: PendingBatch): void {
    const writer = this.#writer;
    writer.clear();
    for (let i = 0; i < batch.metadataSlots.length; i++) {
      if (writer.length === 0) beginMetadataRecord(writer);
      const entry = {
        ref: head.walRef(batch.metadataSlots.at(i)),
        type: batch.metadataTypes.at(i),
        unit: this.#text.bytesOf(batch.metadataUnits.at(i)),
        help: this.#text.bytesOf(batch.metadataHelps.at(i)),
      };
      writeMetadata(entry, writer);
      if (writer.length >= RECORD_BYTES) this.#end(log);
    }
    this.#end(log);
  }

  #appendSamples({ head, log }: StreamParts, batch: PendingBatch): void {
    const refs = this.#refs;
    const slots = batch.floatSlots;
    refs.clear();
    for (let i = 0; i < slots.length; i++) refs.push(head.walRef(slots.at(i)));
    const columns = {
      refs,
      times: batch.floatTimes,
      lows: batch.floatLows,
      highs: batch.floatHighs,
    };
    this.#writer.clear();
    for (let start = 0; start < slots.length; start += SAMPLES_PER_RECORD) {
      const end = Math.min(start + SAMPLES_PER_RECORD, slots.length);
      encodeSamples(columns, this.#writer, { start, end });
      this.#end(log);
    }
  }

  #appendHistograms({ head, log }: StreamParts, batch: PendingBatch): void {
    const refs = this.#refs;
    const slots = batch.histogramSlots;
    refs.clear();
    for (let i = 0; i < slots.length; i++) refs.push(head.walRef(slots.at(i)));
    const columns = { refs, times: batch.histogramTimes, values: batch.histograms };
    this.#writer.clear();
    for (const type of HISTOGRAM_RECORD_TYPES) {
      encodeHistograms(columns, type, this.#writer);
      this.#end(log);
    }
  }

  #appendExemplars({ head, log }: StreamParts, batch: PendingBatch): void {
    const writer = this.#writer;
    const slots = batch.exemplarSlots;
    const base = { ref: head.walRef(slots.at(0)), timeMs: batch.exemplarTimes.at(0) };
    writer.clear();
    for (let i = 0; i < slots.length; i++) {
      if (writer.length === 0) beginExemplarsRecord(base, writer);
      const start = batch.exemplarStarts.at(i);
      const end = batch.exemplarEnd(i);
      const exemplar = {
        ref: head.walRef(slots.at(i)),
        timeMs: batch.exemplarTimes.at(i),
        low: batch.exemplarLows.at(i),
        high: batch.exemplarHighs.at(i),
        labelCount: (end - start) / 2,
      };
      beginExemplar(exemplar, base, writer);
      this.#text.writeLabels(batch.exemplarLabels, start, end, writer);
      if (writer.length >= RECORD_BYTES) this.#end(log);
    }
    this.#end(log);
  }

  /** Appends the record that was written, if there is one. */
  #end(log: StreamParts['log']): void {
    if (this.#writer.length > 0) log.append(this.#writer.view());
    this.#writer.clear();
  }
}
