// The series of a head as `query/select` reads them, in the job thread: a cursor over a read
// snapshot. Labels and chunks are copied out of the shared memory, series by series, and count only
// if the read's lease held until then.

import type { F64Column, U32Column } from '../base/bytes/columns.ts';
import { ArenaReader } from '../base/bytes/slab-arena.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { LabelKeyWriter } from '../base/model/label-key.ts';
import type { SeriesBudget, SeriesSource } from '../query/source.ts';
import { columnOf, LabelRanks, timesOf } from './label-ranks.ts';
import type { ReadLease } from './read-lease.ts';
import type { ReadSnapshot } from './read-snapshot.ts';

export class HeadSource implements SeriesSource {
  key: Uint8Array = new Uint8Array(0);
  readonly #lease: ReadLease;
  readonly #ranks: LabelRanks;
  readonly #arena: ArenaReader;
  /** Indexes of the series in label order. */
  readonly #order: Uint32Array;
  readonly #keys = new LabelKeyWriter();
  readonly #labelAddresses: U32Column;
  readonly #labelCounts: U32Column;
  readonly #starts: U32Column;
  readonly #addresses: U32Column;
  readonly #bits: U32Column;
  readonly #counts: U32Column;
  readonly #encodings: U32Column;
  readonly #minTimes: F64Column;
  readonly #maxTimes: F64Column;
  #next = 0;
  #index = 0;

  constructor(snapshot: ReadSnapshot, lease: ReadLease) {
    this.#lease = lease;
    this.#arena = new ArenaReader(snapshot.slabs);
    this.#ranks = lease.copied(() => new LabelRanks(snapshot));
    this.#order = lease.copied(() => this.#ranks.seriesInOrder(snapshot));
    this.#labelAddresses = columnOf(snapshot.labelAddresses);
    this.#labelCounts = columnOf(snapshot.labelCounts);
    this.#starts = columnOf(snapshot.chunkStarts);
    this.#addresses = columnOf(snapshot.chunkAddresses);
    this.#bits = columnOf(snapshot.chunkBits);
    this.#counts = columnOf(snapshot.chunkCounts);
    this.#encodings = columnOf(snapshot.chunkEncodings);
    this.#minTimes = timesOf(snapshot.chunkMinTimes);
    this.#maxTimes = timesOf(snapshot.chunkMaxTimes);
  }

  next(): boolean {
    const index = this.#order.at(this.#next);
    if (index === undefined) return false;
    this.#next++;
    this.#index = index;
    this.key = this.#lease.copied(() => this.#keyOf(index));
    return true;
  }

  chunks(budget: SeriesBudget): readonly TimedChunk[] {
    const first = this.#starts.at(this.#index);
    const end = this.#starts.at(this.#index + 1);
    for (let i = first; i < end; i++) budget.take((this.#bits.at(i) + 7) >>> 3);
    return this.#lease.copied(() => {
      const chunks: TimedChunk[] = [];
      for (let i = first; i < end; i++) chunks.push(this.#copy(i));
      return chunks;
    });
  }

  #keyOf(index: number): Uint8Array {
    this.#keys.begin();
    const labels = this.#ranks.labelsOf(
      this.#labelAddresses.at(index),
      this.#labelCounts.at(index),
    );
    for (const rank of labels) this.#keys.add(this.#ranks.bytesOfRank(rank));
    return this.#keys.key();
  }

  /** What was published of a chunk: its count in the header, nothing newer in its last byte. */
  #copy(chunk: number): TimedChunk {
    const address = this.#addresses.at(chunk);
    const bits = this.#bits.at(chunk);
    const count = this.#counts.at(chunk);
    const lengthBytes = (bits + 7) >>> 3;
    const start = this.#arena.offset(address);
    const bytes = new Uint8Array(lengthBytes);
    bytes.set(this.#arena.bytes(address).subarray(start, start + lengthBytes));
    const view = new DataView(bytes.buffer);
    view.setUint16(0, count);
    if ((bits & 7) !== 0) {
      const last = lengthBytes - 1;
      view.setUint8(last, view.getUint8(last) & (0xff00 >>> (bits & 7)));
    }
    return {
      encoding: this.#encodings.at(chunk),
      view,
      base: 0,
      lengthBytes,
      count,
      minTimeMs: this.#minTimes.at(chunk),
      maxTimeMs: this.#maxTimes.at(chunk),
    };
  }
}
