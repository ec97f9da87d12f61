// Collecting the chunks of a read, series by series, while ingest goes on. Nothing is changed: no
// chunk is sealed or flagged, so a cut may run at the same time, and other reads.
//
// Each series is taken as it is when it is visited. Two series may be of different moments, both
// after the read was asked for: a reader has everything that was acknowledged before.

import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { NO_RECORD, type PagedRecords } from '../base/bytes/paged-records.ts';
import { ENCODING_XOR } from '../base/chunk/chunk-format.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { TimeRange } from '../query/source.ts';
import * as chunk from './chunk-record.ts';
import type { EngineMemory } from './engine-memory.ts';
import { LATE_STATE_BYTES, lateStateBits } from './late-state.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import * as series from './series-record.ts';

/** Chunks that one read may name; 36 bytes each. */
export const READ_CHUNKS_MAX = 16 * 1024 * 1024;

export class ReadCollector {
  readonly #memory: EngineMemory;
  readonly #records: PagedRecords;
  readonly #range: TimeRange;
  readonly #labelAddresses = new U32Column();
  readonly #labelCounts = new U32Column();
  readonly #chunkStarts = new U32Column();
  readonly #addresses = new U32Column();
  readonly #bits = new U32Column();
  readonly #counts = new U32Column();
  readonly #encodings = new U32Column();
  readonly #minTimes = new F64Column();
  readonly #maxTimes = new F64Column();

  constructor(memory: EngineMemory, records: PagedRecords, range: TimeRange) {
    this.#memory = memory;
    this.#records = records;
    this.#range = range;
  }

  /** Takes the published chunks of a series that reach into the range. */
  visit(slot: number): void {
    const view = this.#records.view(slot);
    const at = this.#records.offset(slot);
    if ((view.getUint8(at + series.FLAGS) & series.LIVE) === 0) return;
    const before = this.#addresses.length;
    let first = view.getUint32(at + series.CHUNKS, true);
    if (view.getUint8(at + series.OPEN_ENCODING) !== chunk.ENCODING_NONE)
      first = this.#takeOpen(view, at, first);
    this.#takeLane(first, false);
    this.#takeLane(view.getUint32(at + series.LATE_CHUNKS, true), true);
    if (this.#addresses.length === before) return;
    if (this.#addresses.length > READ_CHUNKS_MAX) {
      const what = `The read reaches more than ${READ_CHUNKS_MAX} chunks of a head`;
      throw new VarveError('overloaded', `${what}; ask for fewer series or a shorter range.`);
    }
    this.#labelAddresses.push(view.getUint32(at + series.LABELS, true));
    this.#labelCounts.push(view.getUint16(at + series.LABEL_COUNT, true));
    this.#chunkStarts.push(before);
  }

  /** What was collected, as plain data; once, at the end. */
  snapshot(): ReadSnapshot {
    this.#chunkStarts.push(this.#addresses.length);
    return {
      slabs: this.#memory.arena.share(),
      pairs: this.#memory.pairs.share(),
      symbols: this.#memory.symbols.records.share(),
      labelAddresses: this.#labelAddresses.view().slice(),
      labelCounts: this.#labelCounts.view().slice(),
      chunkStarts: this.#chunkStarts.view().slice(),
      chunkAddresses: this.#addresses.view().slice(),
      chunkBits: this.#bits.view().slice(),
      chunkCounts: this.#counts.view().slice(),
      chunkEncodings: this.#encodings.view().slice(),
      chunkMinTimes: this.#minTimes.view().slice(),
      chunkMaxTimes: this.#maxTimes.view().slice(),
    };
  }

  /** The open chunk, as its series record says it is; returns the chunk made before it. */
  #takeOpen(view: DataView, at: number, record: number): number {
    const { chunks } = this.#memory;
    const recordView = chunks.view(record);
    const recordAt = chunks.offset(record);
    this.#take({
      address: view.getUint32(at + series.OPEN_ADDRESS, true),
      bits: view.getUint32(at + series.BITS, true),
      count: view.getUint16(at + series.COUNT, true),
      encoding: view.getUint8(at + series.OPEN_ENCODING),
      minTimeMs: recordView.getFloat64(recordAt + chunk.CHUNK_MIN_TIME, true),
      maxTimeMs: view.getFloat64(at + series.TIME, true),
    });
    return recordView.getUint32(recordAt + chunk.CHUNK_NEXT, true);
  }

  #takeLane(record: number, isLate: boolean): void {
    const { chunks } = this.#memory;
    while (record !== NO_RECORD) {
      const view = chunks.view(record);
      const at = chunks.offset(record);
      this.#take({
        address: view.getUint32(at + chunk.CHUNK_ADDRESS, true),
        bits: this.#bitsOf(view, at, isLate),
        count: view.getUint16(at + chunk.CHUNK_COUNT, true),
        encoding: view.getUint8(at + chunk.CHUNK_ENCODING),
        minTimeMs: view.getFloat64(at + chunk.CHUNK_MIN_TIME, true),
        maxTimeMs: view.getFloat64(at + chunk.CHUNK_MAX_TIME, true),
      });
      record = view.getUint32(at + chunk.CHUNK_NEXT, true);
    }
  }

  /** Late floats are appended in their place until their chunk is sealed; nothing else is. */
  #bitsOf(view: DataView, at: number, isLate: boolean): number {
    const isSealed = (view.getUint8(at + chunk.CHUNK_FLAGS) & chunk.SEALED) !== 0;
    const isFloat = view.getUint8(at + chunk.CHUNK_ENCODING) === ENCODING_XOR;
    if (!isLate || isSealed || !isFloat) return view.getUint32(at + chunk.CHUNK_LENGTH, true) * 8;
    const { arena } = this.#memory;
    const address = view.getUint32(at + chunk.CHUNK_ADDRESS, true);
    const end = arena.offset(address) + arena.capacity(address);
    return lateStateBits(arena.view(address), end - LATE_STATE_BYTES);
  }

  #take(one: CollectedChunk): void {
    const { minTimeMs, maxTimeMs, count } = one;
    if (count === 0) return;
    if (maxTimeMs < this.#range.minTimeMs || minTimeMs > this.#range.maxTimeMs) return;
    this.#addresses.push(one.address);
    this.#bits.push(one.bits);
    this.#counts.push(count);
    this.#encodings.push(one.encoding);
    this.#minTimes.push(minTimeMs);
    this.#maxTimes.push(maxTimeMs);
  }
}

interface CollectedChunk extends TimeRange {
  readonly address: number;
  readonly bits: number;
  readonly count: number;
  readonly encoding: number;
}
