// Takes what a Prometheus left beside its log, late samples and chunks of the head, into a head
// that has replayed the log, and logs it anew: the way of a write.
//
// Invariant: nothing is published that is not synced; what the head has already adds nothing.

import { BitSet } from '../base/bytes/bit-set.ts';
import { F64Column } from '../base/bytes/columns.ts';
import { NO_SLOT } from '../base/bytes/ref-map.ts';
import { type ChunkPlace, chunkCount } from '../base/chunk/chunk-format.ts';
import { ChunkReader } from '../base/chunk/chunk-reader.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import { asVarveError } from '../base/errors/varve-error.ts';
import type { AdoptsBeside } from '../wal/adopt.ts';
import type { HeadChunk } from '../wal/head-chunks/reader.ts';
import type { HistogramColumns } from '../wal/histograms-record.ts';
import type { Log } from '../wal/log.ts';
import type { RecordSink } from '../wal/record-decoder.ts';
import type { SampleColumns } from '../wal/samples-record.ts';
import type { StreamParts } from '../write/stream.ts';
import type { Head } from './head.ts';
import type { PendingBatch } from './pending.ts';
import type { ReplaySink } from './replay-sink.ts';
import { ADMITTED, ALREADY_STORED, type Verdict } from './verdict.ts';

/** What of the Prometheus's samples is not to be taken (wal/adoption.ts). */
export interface AdoptingRules {
  /** Chunks in order: samples before this are in blocks. */
  readonly coveredBeforeMs: number;
  /** Was it deleted? */
  deletesBeside(ref: number, timeMs: number): boolean;
  /** The whole series with this reference is in a block. */
  isEvicted(ref: number): boolean;
}

export interface AdoptingOptions {
  readonly head: Head;
  readonly log: Pick<Log, 'append' | 'sync' | 'withdraw'>;
  /** Puts a batch into the log (write/log-batch.ts). */
  readonly encoder: { append(stream: StreamParts, batch: PendingBatch): void };
  /** The replay that has read the log: which series its references name. */
  readonly sink: Pick<ReplaySink, 'slotOf'>;
  readonly rules: AdoptingRules;
  readonly nowMs: number;
}

/** In samples; what was passed over because the log had it is in `known`. */
export interface AdoptedTally {
  late: number;
  chunks: number;
  known: number;
  covered: number;
  deleted: number;
  /** Another value was there at the same time: that one stays. */
  duplicates: number;
  /** Of series that the log does not name. */
  unknownSeries: number;
  /** Samples with a time beyond ±2^53 ms. */
  timeless: number;
  /** Chunks whose checksum holds and that do not decode. */
  damagedChunks: number;
}

/** Samples that may wait to be logged: about 2 MiB. */
const PENDING_MAX = 65_536;
const COUNT_BYTES = 2;

/** One is used for one stream's adoption. */
export class Adopting implements AdoptsBeside {
  readonly tally: AdoptedTally = {
    late: 0,
    chunks: 0,
    known: 0,
    covered: 0,
    deleted: 0,
    duplicates: 0,
    unknownSeries: 0,
    timeless: 0,
    damagedChunks: 0,
  };
  readonly late: RecordSink;
  readonly #options: AdoptingOptions;
  readonly #reader = new ChunkReader();
  readonly #histogram = new HistogramValue();
  readonly #times = new F64Column(128);
  #pending = 0;

  constructor(options: AdoptingOptions) {
    this.#options = options;
    const ignore = (): void => undefined;
    this.late = {
      series: ignore,
      exemplars: ignore,
      metadata: ignore,
      tombstones: ignore,
      samples: (columns) => this.#takeFloats(columns),
      histograms: (columns) => this.#takeHistograms(columns),
    };
  }

  /** For the operator's log. */
  get figures(): Readonly<Record<string, number>> {
    const { late, chunks, known, covered, deleted, duplicates } = this.tally;
    return {
      late_samples: late,
      head_chunk_samples: chunks,
      beside_known: known,
      beside_covered: covered,
      beside_deleted: deleted,
      beside_duplicates: duplicates,
      beside_unknown_series: this.tally.unknownSeries,
      beside_timeless: this.tally.timeless,
      damaged_chunks: this.tally.damagedChunks,
    };
  }

  takeChunk(chunk: HeadChunk): void {
    const { data, encoding, isLate, maxTimeMs, ref } = chunk;
    const { head, rules, sink } = this.#options;
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const count = data.length < COUNT_BYTES ? 0 : chunkCount(encoding, view, 0);
    if ((!isLate && maxTimeMs < rules.coveredBeforeMs) || rules.isEvicted(ref)) {
      this.tally.covered += count;
      return;
    }
    const slot = sink.slotOf(ref);
    if (slot === NO_SLOT) {
      this.tally.unknownSeries += count;
      head.reserveWalRefs(ref);
      return;
    }
    const place = { encoding, view, base: 0, lengthBytes: data.length, count };
    if (!this.#readTimes(place)) return;
    const known = new BitSet(count);
    head.markTimes(slot, this.#times, known);
    this.#takeUnknown(chunk, place, { slot, known });
  }

  async commitIfMuch(): Promise<void> {
    if (this.#pending >= PENDING_MAX) await this.commit();
  }

  async commit(): Promise<void> {
    const { encoder, head, log, nowMs } = this.#options;
    this.#pending = 0;
    if (!head.hasPending) return;
    const batch = head.takeBatch();
    encoder.append({ head, log }, batch);
    await log.sync();
    head.publish(batch, nowMs);
  }

  /** Fills `#times`; false when the chunk does not decode to its end. */
  #readTimes(place: ChunkPlace): boolean {
    const times = this.#times;
    times.clear();
    try {
      this.#reader.open(place);
      while (this.#reader.next()) times.push(this.#reader.timeMs);
      return true;
    } catch (thrown) {
      const { kind, code } = asVarveError(thrown);
      if (kind !== 'damaged' && code !== 'unsupported') throw thrown;
      this.tally.damagedChunks++;
      return false;
    }
  }

  /** Once more over a chunk that decodes, for the samples that the head does not have. */
  #takeUnknown(
    { isLate, ref }: HeadChunk,
    place: ChunkPlace,
    { slot, known }: { readonly slot: number; readonly known: BitSet },
  ): void {
    const { head, rules } = this.#options;
    const reader = this.#reader;
    reader.open(place);
    for (let i = 0; reader.next(); i++) {
      const { timeMs } = reader;
      if (known.has(i)) this.tally.known++;
      else if (!isLate && timeMs < rules.coveredBeforeMs) this.tally.covered++;
      else if (this.#isLive(ref, timeMs)) {
        if (reader.isHistogram) reader.load(this.#histogram);
        const verdict = reader.isHistogram
          ? head.admitHistogram(slot, timeMs, this.#histogram)
          : head.admitFloat(slot, timeMs, reader.low, reader.high);
        if (this.#isNew(verdict)) this.tally.chunks++;
      }
    }
  }

  #takeFloats({ refs, times, lows, highs }: SampleColumns): void {
    const { head } = this.#options;
    for (let i = 0; i < refs.length; i++) {
      const slot = this.#slotFor(refs.at(i), times.at(i));
      if (slot === NO_SLOT) continue;
      const verdict = head.admitFloat(slot, times.at(i), lows.at(i), highs.at(i));
      if (this.#isNew(verdict)) this.tally.late++;
    }
  }

  #takeHistograms({ refs, times, values }: HistogramColumns): void {
    const { head } = this.#options;
    for (let i = 0; i < refs.length; i++) {
      const slot = this.#slotFor(refs.at(i), times.at(i));
      if (slot === NO_SLOT) continue;
      values.load(i, this.#histogram);
      const verdict = head.admitHistogram(slot, times.at(i), this.#histogram);
      if (this.#isNew(verdict)) this.tally.late++;
    }
  }

  #slotFor(ref: number, timeMs: number): number {
    const { head, sink } = this.#options;
    if (!Number.isFinite(timeMs)) {
      this.tally.timeless++;
      return NO_SLOT;
    }
    const slot = sink.slotOf(ref);
    if (slot === NO_SLOT) {
      this.tally.unknownSeries++;
      head.reserveWalRefs(ref);
    }
    return slot !== NO_SLOT && this.#isLive(ref, timeMs) ? slot : NO_SLOT;
  }

  #isLive(ref: number, timeMs: number): boolean {
    if (!this.#options.rules.deletesBeside(ref, timeMs)) return true;
    this.tally.deleted++;
    return false;
  }

  #isNew(verdict: Verdict): boolean {
    if (verdict === ADMITTED) {
      this.#pending++;
      return true;
    }
    if (verdict === ALREADY_STORED) this.tally.known++;
    else this.tally.duplicates++;
    return false;
  }
}
