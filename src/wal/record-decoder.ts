// Decodes records of every type that this version knows into columns that it reuses, and hands them
// to a sink. What it does not know is counted by name, so that nothing is left out in silence.
// Invariant: a malformed record hands out nothing, one in which rows are bad hands out the others.

import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import type { F64Column } from '../base/bytes/columns.ts';
import { decodeExemplars, ExemplarColumns } from './exemplars-record.ts';
import {
  RECORD_CUSTOM_FLOAT_HISTOGRAMS,
  RECORD_CUSTOM_HISTOGRAMS,
  RECORD_EXEMPLARS,
  RECORD_FLOAT_HISTOGRAMS,
  RECORD_FLOAT_HISTOGRAMS_ST,
  RECORD_HISTOGRAMS,
  RECORD_HISTOGRAMS_ST,
  RECORD_METADATA,
  RECORD_MIN_VALID_TIME,
  RECORD_SAMPLES,
  RECORD_SAMPLES_ST,
  RECORD_SERIES,
  RECORD_TOMBSTONES,
  recordTypeName,
} from './format.ts';
import {
  decodeHistograms,
  type HistogramColumns,
  isHistogramRecord,
  makeHistogramColumns,
} from './histograms-record.ts';
import type { LogPosition } from './log.ts';
import { decodeMetadata, MetadataColumns } from './metadata-record.ts';
import { decodeMinValidTime } from './min-valid-time-record.ts';
import { dropBadFloats, dropBadHistograms } from './row-faults.ts';
import { decodeSamples, makeSampleColumns, type SampleColumns } from './samples-record.ts';
import { decodeSeries, SeriesColumns } from './series-record.ts';
import { decodeTombstones, TombstoneColumns } from './tombstones-record.ts';

/**
 * Takes what records hold. Columns and bytes are valid during the call only; places of labels and
 * texts in the columns are places in `bytes`, the record. Times, in milliseconds, are ±Infinity
 * when they are beyond ±2^53. `at` is where the record was logged.
 */
export interface RecordSink {
  series(columns: SeriesColumns, bytes: Uint8Array, at: LogPosition): void;
  samples(columns: SampleColumns, at: LogPosition): void;
  histograms(columns: HistogramColumns, at: LogPosition): void;
  exemplars(columns: ExemplarColumns, bytes: Uint8Array, at: LogPosition): void;
  metadata(columns: MetadataColumns, bytes: Uint8Array, at: LogPosition): void;
  tombstones(columns: TombstoneColumns, at: LogPosition): void;
  /**
   * What a newer Prometheus's checkpoint begins with: its log was truncated up to this time, so
   * in-order samples before it are in its blocks, or gone.
   */
  minValidTime?(timeMs: number, at: LogPosition): void;
  /** A record of a type that this version does not read. */
  other?(record: Uint8Array, at: LogPosition): void;
}

/** The first and the last time in a record of samples, in milliseconds. */
export interface TimeRange {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** What happened to a record. */
export type Decoded =
  | { readonly outcome: 'decoded' }
  /** Of a type that this version does not read. */
  | { readonly outcome: 'skipped' }
  /** Some rows were left out, all others handed out. */
  | { readonly outcome: 'partial'; readonly reason: string }
  | { readonly outcome: 'malformed'; readonly reason: string };

const DECODED: Decoded = { outcome: 'decoded' };
const SKIPPED: Decoded = { outcome: 'skipped' };

/** Reused for all records of a replay or a checkpoint. */
export class RecordDecoder {
  readonly #series = new SeriesColumns();
  readonly #samples = makeSampleColumns();
  readonly #histograms = makeHistogramColumns();
  readonly #exemplars = new ExemplarColumns();
  readonly #metadata = new MetadataColumns();
  readonly #tombstones = new TombstoneColumns();
  /** The times of the samples that were decoded last. */
  #lastTimes: F64Column | undefined;
  /** How many records of each type were met, by the type's name. */
  readonly counts = new Map<string, number>();
  /** Those among them that this version does not read. */
  readonly skipped = new Map<string, number>();

  /** The times in the last record of samples that was decoded, if it held any. */
  lastTimes(): TimeRange | undefined {
    const times = this.#lastTimes;
    if (times === undefined || times.length === 0) return undefined;
    let minTimeMs = Number.POSITIVE_INFINITY;
    let maxTimeMs = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < times.length; i++) {
      minTimeMs = Math.min(minTimeMs, times.at(i));
      maxTimeMs = Math.max(maxTimeMs, times.at(i));
    }
    return { minTimeMs, maxTimeMs };
  }

  /** Whether `lastTimes` are those of this record, which was decoded last. */
  isOfSamples(record: Uint8Array): boolean {
    const type = record.at(0) ?? 0;
    return type === RECORD_SAMPLES || type === RECORD_SAMPLES_ST || isHistogramRecord(type);
  }

  /** Hands the contents of `record` to `sink`. */
  decode(record: Uint8Array, at: LogPosition, sink: RecordSink): Decoded {
    const type = record.at(0);
    if (type === undefined) return { outcome: 'malformed', reason: 'a record without bytes' };
    const name = recordTypeName(type);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    try {
      return this.#dispatch(type, record, { at, sink });
    } catch (thrown) {
      if (!(thrown instanceof OutOfBytes)) throw thrown;
      return { outcome: 'malformed', reason: `a record of ${name}: ${thrown.message}` };
    }
  }

  #dispatch(
    type: number,
    record: Uint8Array,
    { at, sink }: { readonly at: LogPosition; readonly sink: RecordSink },
  ): Decoded {
    let fault: string | undefined;
    switch (type) {
      case RECORD_SERIES:
        decodeSeries(record, this.#series);
        sink.series(this.#series, record, at);
        return DECODED;
      case RECORD_SAMPLES:
      case RECORD_SAMPLES_ST:
        decodeSamples(record, this.#samples);
        fault = dropBadFloats(this.#samples);
        this.#lastTimes = this.#samples.times;
        sink.samples(this.#samples, at);
        return decodedBut(fault, type);
      case RECORD_HISTOGRAMS:
      case RECORD_FLOAT_HISTOGRAMS:
      case RECORD_CUSTOM_HISTOGRAMS:
      case RECORD_CUSTOM_FLOAT_HISTOGRAMS:
      case RECORD_HISTOGRAMS_ST:
      case RECORD_FLOAT_HISTOGRAMS_ST:
        decodeHistograms(record, this.#histograms);
        fault = dropBadHistograms(this.#histograms);
        this.#lastTimes = this.#histograms.times;
        sink.histograms(this.#histograms, at);
        return decodedBut(fault, type);
      case RECORD_EXEMPLARS:
        decodeExemplars(record, this.#exemplars);
        sink.exemplars(this.#exemplars, record, at);
        return DECODED;
      case RECORD_METADATA:
        decodeMetadata(record, this.#metadata);
        sink.metadata(this.#metadata, record, at);
        return DECODED;
      case RECORD_TOMBSTONES:
        decodeTombstones(record, this.#tombstones);
        sink.tombstones(this.#tombstones, at);
        return DECODED;
      case RECORD_MIN_VALID_TIME: {
        const timeMs = decodeMinValidTime(record);
        sink.minValidTime?.(timeMs, at);
        return DECODED;
      }
      default: {
        const name = recordTypeName(type);
        this.skipped.set(name, (this.skipped.get(name) ?? 0) + 1);
        sink.other?.(record, at);
        return SKIPPED;
      }
    }
  }
}

function decodedBut(fault: string | undefined, type: number): Decoded {
  if (fault === undefined) return DECODED;
  return { outcome: 'partial', reason: `a record of ${recordTypeName(type)}: ${fault}` };
}
