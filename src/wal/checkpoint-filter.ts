// What of a log's older part a checkpoint keeps. Two passes over the records: the survey finds
// which series later records still name and which metadata is the latest; the filter writes what
// stays.
//
// Invariant: no record that stays, in the checkpoint or in the segments above it, names a series
// whose series record was left out, whatever happens to the head between the passes.
// Samples of a series that no readable record names are in no block, whatever the rules say of
// their times: they are handed over to be set aside.

import { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { F64Column } from '../base/bytes/columns.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import {
  beginExemplarsRecord,
  type ExemplarBase,
  type ExemplarColumns,
  writeExemplarRow,
} from './exemplars-record.ts';
import {
  clearHistograms,
  encodeHistograms,
  HISTOGRAM_RECORD_TYPES,
  type HistogramColumns,
  makeHistogramColumns,
} from './histograms-record.ts';
import type { LogPosition } from './log.ts';
import { beginMetadataRecord, type MetadataColumns, writeMetadataRow } from './metadata-record.ts';
import { encodeMinValidTime } from './min-valid-time-record.ts';
import type { RecordSink } from './record-decoder.ts';
import { RefTable } from './ref-table.ts';
import {
  clearSamples,
  encodeSamples,
  makeSampleColumns,
  type SampleColumns,
} from './samples-record.ts';
import {
  beginSeriesRecord,
  faultOfSeries,
  type SeriesColumns,
  writeSeriesRow,
} from './series-record.ts';
import {
  beginTombstonesRecord,
  type TombstoneColumns,
  writeTombstone,
} from './tombstones-record.ts';

/** What decides about samples and series. */
export interface CheckpointRules {
  /** Whether the head still holds the series with this WAL reference. */
  isLive(ref: number): boolean;
  /** Whether a sample of that series, logged there, is in a verified block or was deleted. */
  isCovered(at: LogPosition, timeMs: number, ref: number): boolean;
  /** The same for exemplars, which no block holds: whether this one may go. */
  isExemplarCovered(at: LogPosition, timeMs: number, ref: number): boolean;
  /** Whether a deletion logged there may concern samples that the checkpoint does not stand for. */
  isDeletionOpen(at: LogPosition): boolean;
  /**
   * Whether the latest metadata under this reference is still wanted, its series with it; undefined
   * when that depends on the series alone.
   */
  isMetadataKept(ref: number): boolean | undefined;
}

/** What the survey found. */
export class CheckpointSurvey {
  /** 1 for references that records name which stay. */
  readonly #named = new RefTable();
  /** The ordinal of each reference's latest metadata entry. */
  readonly #latestMetadata = new RefTable();
  #metadataSeen = 0;

  isNamed(ref: number): boolean {
    return this.#named.get(ref) !== 0;
  }

  isLatestMetadata(ref: number, ordinal: number): boolean {
    return this.#latestMetadata.get(ref) === ordinal;
  }

  /** Takes the records that the checkpoint will stand for. */
  below(rules: CheckpointRules): RecordSink {
    const name = (refs: F64Column, isGone: (row: number) => boolean): void => {
      for (let row = 0; row < refs.length; row++) {
        if (!isGone(row)) this.#named.set(refs.at(row), 1);
      }
    };
    return {
      series: () => undefined,
      samples: ({ refs, times }, at) =>
        name(refs, (row) => rules.isCovered(at, times.at(row), refs.at(row))),
      histograms: ({ refs, times }, at) =>
        name(refs, (row) => rules.isCovered(at, times.at(row), refs.at(row))),
      exemplars: ({ refs, times }, _bytes, at) =>
        name(refs, (row) => rules.isExemplarCovered(at, times.at(row), refs.at(row))),
      metadata: ({ refs }) => {
        for (let row = 0; row < refs.length; row++) {
          const ref = refs.at(row);
          this.#latestMetadata.set(ref, ++this.#metadataSeen);
          if (rules.isMetadataKept(ref) === true) this.#named.set(ref, 1);
        }
      },
      tombstones: () => undefined,
    };
  }

  /** Takes the records of the segments that stay. */
  above(): RecordSink {
    const name = ({ refs }: { readonly refs: F64Column }): void => {
      for (let row = 0; row < refs.length; row++) this.#named.set(refs.at(row), 1);
    };
    return {
      series: () => undefined,
      samples: name,
      histograms: name,
      exemplars: name,
      metadata: name,
      tombstones: name,
    };
  }
}

/** Entries of records that were met, and how many of them stayed. */
export interface CheckpointCounts {
  seriesSeen: number;
  seriesKept: number;
  /** Floats and histograms. */
  samplesSeen: number;
  samplesKept: number;
  exemplarsSeen: number;
  exemplarsKept: number;
  metadataSeen: number;
  metadataKept: number;
  tombstonesSeen: number;
  tombstonesKept: number;
  /** Records of types that this version does not read; they stay as they are. */
  otherKept: number;
  /** Samples whose series no readable record names. */
  orphansSetAside: number;
}

/** Nothing seen, nothing kept. */
export function noCounts(): CheckpointCounts {
  return {
    seriesSeen: 0,
    seriesKept: 0,
    samplesSeen: 0,
    samplesKept: 0,
    exemplarsSeen: 0,
    exemplarsKept: 0,
    metadataSeen: 0,
    metadataKept: 0,
    tombstonesSeen: 0,
    tombstonesKept: 0,
    otherKept: 0,
    orphansSetAside: 0,
  };
}

/** Where the filter writes to, and what it counts. */
export interface CheckpointOutput {
  append(record: Uint8Array): void;
  /** A record of what belongs to no series that can be read. */
  setAside(record: Uint8Array): void;
  readonly counts: CheckpointCounts;
}

/** Writes what stays of the records it takes, a record for a record, in their order. */
export class CheckpointFilter implements RecordSink {
  readonly #survey: CheckpointSurvey;
  readonly #rules: CheckpointRules;
  readonly #output: CheckpointOutput;
  readonly #counts: CheckpointCounts;
  readonly #record = new ByteWriter(64 * 1024);
  readonly #samples = makeSampleColumns();
  readonly #histograms = makeHistogramColumns();
  readonly #orphanSamples = makeSampleColumns();
  readonly #orphanHistograms = makeHistogramColumns();
  readonly #value = new HistogramValue();
  /** 1 for references of series that were met, with labels that can be a series'. */
  readonly #readable = new RefTable();

  constructor(survey: CheckpointSurvey, rules: CheckpointRules, output: CheckpointOutput) {
    this.#survey = survey;
    this.#rules = rules;
    this.#output = output;
    this.#counts = output.counts;
  }

  series(columns: SeriesColumns, bytes: Uint8Array): void {
    const into = this.#record;
    this.#counts.seriesSeen += columns.refs.length;
    for (let row = 0; row < columns.refs.length; row++) {
      const ref = columns.refs.at(row);
      if (faultOfSeries(columns, row, bytes) === undefined) this.#readable.set(ref, 1);
      else this.#setSeriesAside(columns, row, bytes);
      if (!this.#isKept(ref)) continue;
      if (into.length === 0) beginSeriesRecord(into);
      writeSeriesRow(columns, row, { bytes, into });
      this.#counts.seriesKept++;
    }
    this.#emit();
  }

  /** So that the samples of the series, which go there too, have their labels beside them. */
  #setSeriesAside(columns: SeriesColumns, row: number, bytes: Uint8Array): void {
    const into = new ByteWriter(1024);
    beginSeriesRecord(into);
    writeSeriesRow(columns, row, { bytes, into });
    this.#output.setAside(into.view());
  }

  samples({ highs, lows, refs, times }: SampleColumns, at: LogPosition): void {
    const kept = this.#samples;
    const orphans = this.#orphanSamples;
    this.#counts.samplesSeen += refs.length;
    clearSamples(kept);
    clearSamples(orphans);
    for (let row = 0; row < refs.length; row++) {
      const isOrphan = this.#readable.get(refs.at(row)) === 0;
      if (!isOrphan && this.#rules.isCovered(at, times.at(row), refs.at(row))) continue;
      const into = isOrphan ? orphans : kept;
      into.refs.push(refs.at(row));
      into.times.push(times.at(row));
      into.lows.push(lows.at(row));
      into.highs.push(highs.at(row));
    }
    this.#counts.samplesKept += kept.refs.length;
    if (kept.refs.length > 0) encodeSamples(kept, this.#record);
    this.#emit();
    this.#counts.orphansSetAside += orphans.refs.length;
    if (orphans.refs.length > 0) encodeSamples(orphans, this.#record);
    this.#emitAside();
  }

  histograms({ refs, times, values }: HistogramColumns, at: LogPosition): void {
    const kept = this.#histograms;
    const orphans = this.#orphanHistograms;
    this.#counts.samplesSeen += refs.length;
    clearHistograms(kept);
    clearHistograms(orphans);
    for (let row = 0; row < refs.length; row++) {
      const isOrphan = this.#readable.get(refs.at(row)) === 0;
      if (!isOrphan && this.#rules.isCovered(at, times.at(row), refs.at(row))) continue;
      values.load(row, this.#value);
      const into = isOrphan ? orphans : kept;
      into.refs.push(refs.at(row));
      into.times.push(times.at(row));
      into.values.push(this.#value);
    }
    this.#counts.samplesKept += kept.refs.length;
    this.#counts.orphansSetAside += orphans.refs.length;
    for (const type of HISTOGRAM_RECORD_TYPES) {
      encodeHistograms(kept, type, this.#record);
      this.#emit();
      encodeHistograms(orphans, type, this.#record);
      this.#emitAside();
    }
  }

  exemplars(columns: ExemplarColumns, bytes: Uint8Array, at: LogPosition): void {
    const into = this.#record;
    this.#counts.exemplarsSeen += columns.refs.length;
    let base: ExemplarBase | undefined;
    for (let row = 0; row < columns.refs.length; row++) {
      if (this.#rules.isExemplarCovered(at, columns.times.at(row), columns.refs.at(row))) continue;
      if (base === undefined) {
        base = { ref: columns.refs.at(row), timeMs: columns.times.at(row) };
        beginExemplarsRecord(base, into);
      }
      writeExemplarRow(columns, row, { base, bytes, into });
      this.#counts.exemplarsKept++;
    }
    this.#emit();
  }

  metadata(columns: MetadataColumns, bytes: Uint8Array): void {
    const into = this.#record;
    for (let row = 0; row < columns.refs.length; row++) {
      const ref = columns.refs.at(row);
      const ordinal = ++this.#counts.metadataSeen;
      if (!this.#survey.isLatestMetadata(ref, ordinal) || !this.#isKept(ref)) continue;
      if (this.#rules.isMetadataKept(ref) === false) continue;
      if (into.length === 0) beginMetadataRecord(into);
      writeMetadataRow(columns, row, { bytes, into });
      this.#counts.metadataKept++;
    }
    this.#emit();
  }

  tombstones(columns: TombstoneColumns, at: LogPosition): void {
    const into = this.#record;
    this.#counts.tombstonesSeen += columns.refs.length;
    if (!this.#rules.isDeletionOpen(at)) return;
    for (let row = 0; row < columns.refs.length; row++) {
      if (!this.#isKept(columns.refs.at(row))) continue;
      if (into.length === 0) beginTombstonesRecord(into);
      writeTombstone(columns, row, into);
      this.#counts.tombstonesKept++;
    }
    this.#emit();
  }

  minValidTime(timeMs: number): void {
    encodeMinValidTime(timeMs, this.#record);
    this.#emit();
  }

  other(record: Uint8Array): void {
    this.#counts.otherKept++;
    this.#output.append(record);
  }

  #isKept(ref: number): boolean {
    return this.#survey.isNamed(ref) || this.#rules.isLive(ref);
  }

  #emitAside(): void {
    if (this.#record.length > 0) this.#output.setAside(this.#record.view());
    this.#record.clear();
  }

  #emit(): void {
    if (this.#record.length > 0) this.#output.append(this.#record.view());
    this.#record.clear();
  }
}
