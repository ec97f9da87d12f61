// Collecting the chunks of a cut, series by series, while ingest goes on.
//
// The content is that of one moment, although the walk takes many slices: before a sample is
// published into a series that has not been visited, the series is visited first.
// Invariant: a visited series' chunks of the range are sealed and flagged IN_SNAPSHOT.

import { BitSet } from '../base/bytes/bit-set.ts';
import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { NO_RECORD, type PagedRecords } from '../base/bytes/paged-records.ts';
import * as chunk from './chunk-record.ts';
import type { EngineMemory } from './engine-memory.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { CutRange } from './plan.ts';
import * as series from './series-record.ts';
import type { CutSnapshot } from './snapshot.ts';

export class Collector {
  /** The series that have chunks in the range. */
  readonly slots = new U32Column(1024);
  readonly #memory: EngineMemory;
  readonly #records: PagedRecords;
  readonly #open: OpenChunks;
  readonly #range: CutRange;
  readonly #visited: BitSet;
  readonly #labelAddresses = new U32Column(1024);
  readonly #labelCounts = new U32Column(1024);
  readonly #chunkStarts = new U32Column(1024);
  readonly #addresses = new U32Column(1024);
  readonly #lengths = new U32Column(1024);
  readonly #counts = new U32Column(1024);
  readonly #encodings = new U32Column(1024);
  readonly #minTimes = new F64Column(1024);
  readonly #maxTimes = new F64Column(1024);
  #sampleCount = 0;

  constructor(memory: EngineMemory, records: PagedRecords, open: OpenChunks, range: CutRange) {
    this.#memory = memory;
    this.#records = records;
    this.#open = open;
    this.#range = range;
    this.#visited = new BitSet(records.highWater);
  }

  /** Slots at or above this came later and have nothing that belongs to the snapshot. */
  get slotLimit(): number {
    return this.#visited.limit;
  }

  /** Takes the chunks of a series, once. */
  visit(slot: number): void {
    if (!this.#visited.add(slot)) return;
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    if ((view.getUint8(at + series.FLAGS) & series.LIVE) === 0) return;
    const before = this.#addresses.length;
    this.#closeOpen(slot);
    this.#takeLane(view.getUint32(at + series.CHUNKS, true));
    this.#takeLane(view.getUint32(at + series.LATE_CHUNKS, true));
    if (this.#addresses.length === before) return;
    this.slots.push(slot);
    this.#labelAddresses.push(view.getUint32(at + series.LABELS, true));
    this.#labelCounts.push(view.getUint16(at + series.LABEL_COUNT, true));
    this.#chunkStarts.push(before);
  }

  /** What was collected, as plain data. */
  snapshot(id: number): CutSnapshot {
    this.#chunkStarts.push(this.#addresses.length);
    return {
      id,
      range: this.#range,
      slabs: this.#memory.arena.share(),
      pairs: this.#memory.pairs.share(),
      symbols: this.#memory.symbols.records.share(),
      sampleCount: this.#sampleCount,
      labelAddresses: this.#labelAddresses.view().slice(),
      labelCounts: this.#labelCounts.view().slice(),
      chunkStarts: this.#chunkStarts.view().slice(),
      chunkAddresses: this.#addresses.view().slice(),
      chunkLengths: this.#lengths.view().slice(),
      chunkCounts: this.#counts.view().slice(),
      chunkEncodings: this.#encodings.view().slice(),
      chunkMinTimes: this.#minTimes.view().slice(),
      chunkMaxTimes: this.#maxTimes.view().slice(),
    };
  }

  /** The open chunk is closed when it lies in the range. */
  #closeOpen(slot: number): void {
    const encoding = this.#records
      .view(slot)
      .getUint8(this.#records.offset(slot) + series.OPEN_ENCODING);
    if (encoding === chunk.ENCODING_NONE) return;
    const minMs = this.#open.minTimeMs(slot);
    if (minMs >= this.#range.minTimeMs && minMs < this.#range.maxTimeMs) this.#open.close(slot);
  }

  #takeLane(record: number): void {
    const { chunks } = this.#memory;
    while (record !== NO_RECORD) {
      const view = chunks.view(record);
      const at = chunks.offset(record);
      const minMs = view.getFloat64(at + chunk.CHUNK_MIN_TIME, true);
      if (minMs >= this.#range.minTimeMs && minMs < this.#range.maxTimeMs) this.#take(view, at);
      record = view.getUint32(at + chunk.CHUNK_NEXT, true);
    }
  }

  #take(view: DataView, at: number): void {
    const flags = view.getUint8(at + chunk.CHUNK_FLAGS);
    const count = view.getUint16(at + chunk.CHUNK_COUNT, true);
    const address = view.getUint32(at + chunk.CHUNK_ADDRESS, true);
    view.setUint8(at + chunk.CHUNK_FLAGS, flags | chunk.SEALED | chunk.IN_SNAPSHOT);
    this.#addresses.push(address);
    this.#lengths.push(view.getUint32(at + chunk.CHUNK_LENGTH, true));
    this.#counts.push(count);
    this.#encodings.push(view.getUint8(at + chunk.CHUNK_ENCODING));
    this.#minTimes.push(view.getFloat64(at + chunk.CHUNK_MIN_TIME, true));
    this.#maxTimes.push(view.getFloat64(at + chunk.CHUNK_MAX_TIME, true));
    this.#sampleCount += count;
  }
}
