// What of a log's older part a checkpoint keeps. Two passes over the records: the survey finds which
// series later records still name and which metadata is the latest; the filter writes what stays.
//
// Invariant: no record that stays, in the checkpoint or in the segments above it, names a series
// whose series record was left out, whatever happens to the head between the passes.

import { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { F64Column } from '../base/bytes/columns.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import { beginExemplarsRecord, type ExemplarBase, writeExemplarRow } from './exemplars-record.ts';
import {
  clearHistograms,
  encodeHistograms,
  HISTOGRAM_RECORD_TYPES,
  makeHistogramColumns,
} from './histograms-record.ts';
import type { LogPosition } from './log.ts';
import { beginMetadataRecord, writeMetadataRow } from './metadata-record.ts';
import type { RecordSink } from './record-decoder.ts';
import { RefTable } from './ref-table.ts';
import { clearSamples, encodeSamples, makeSampleColumns } from './samples-record.ts';
import { beginSeriesRecord, writeSeriesRow } from './series-record.ts';
import { beginTombstonesRecord, writeTombstone } from './tombstones-record.ts';

/** What decides about samples and series. */
export interface CheckpointRules {
  /** Whether the head still holds the series with this WAL reference. */
  isLive(ref: number): boolean;
  /** Whether a sample logged there, of that time, is in a verified block. */
  isCovered(at: LogPosition, timeMs: number): boolean;
  /** The same for exemplars, which no block holds: whether this one may go. */
  isExemplarCovered(at: LogPosition, timeMs: number): boolean;
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
      samples: ({ refs, times }, at) => name(refs, (row) => rules.isCovered(at, times.at(row))),
      histograms: ({ refs, times }, at) => name(refs, (row) => rules.isCovered(at, times.at(row))),
      exemplars: ({ refs, times }, _bytes, at) =>
        name(refs, (row) => rules.isExemplarCovered(at, times.at(row))),
      metadata: ({ refs }) => {
        for (let row = 0; row < refs.length; row++) {
          this.#latestMetadata.set(refs.at(row), ++this.#metadataSeen);
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
}

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
  };
}

/** Writes what stays of the records it takes, a record for a record, in their order. */
export function checkpointFilter(
  survey: CheckpointSurvey,
  rules: CheckpointRules,
  { append, counts }: { append: (record: Uint8Array) => void; counts: CheckpointCounts },
): RecordSink {
  const record = new ByteWriter(64 * 1024);
  const samples = makeSampleColumns();
  const histograms = makeHistogramColumns();
  const value = new HistogramValue();
  const isKept = (ref: number): boolean => survey.isNamed(ref) || rules.isLive(ref);
  const emit = (): void => {
    if (record.length > 0) append(record.view());
    record.clear();
  };

  return {
    series(columns, bytes) {
      counts.seriesSeen += columns.refs.length;
      for (let row = 0; row < columns.refs.length; row++) {
        if (!isKept(columns.refs.at(row))) continue;
        if (record.length === 0) beginSeriesRecord(record);
        writeSeriesRow(columns, row, { bytes, into: record });
        counts.seriesKept++;
      }
      emit();
    },
    samples({ refs, times, lows, highs }, at) {
      counts.samplesSeen += refs.length;
      clearSamples(samples);
      for (let row = 0; row < refs.length; row++) {
        if (rules.isCovered(at, times.at(row))) continue;
        samples.refs.push(refs.at(row));
        samples.times.push(times.at(row));
        samples.lows.push(lows.at(row));
        samples.highs.push(highs.at(row));
      }
      counts.samplesKept += samples.refs.length;
      if (samples.refs.length > 0) encodeSamples(samples, record);
      emit();
    },
    histograms({ refs, times, values }, at) {
      counts.samplesSeen += refs.length;
      clearHistograms(histograms);
      for (let row = 0; row < refs.length; row++) {
        if (rules.isCovered(at, times.at(row))) continue;
        values.load(row, value);
        histograms.refs.push(refs.at(row));
        histograms.times.push(times.at(row));
        histograms.values.push(value);
      }
      counts.samplesKept += histograms.refs.length;
      for (const type of HISTOGRAM_RECORD_TYPES) {
        encodeHistograms(histograms, type, record);
        emit();
      }
    },
    exemplars(columns, bytes, at) {
      counts.exemplarsSeen += columns.refs.length;
      let base: ExemplarBase | undefined;
      for (let row = 0; row < columns.refs.length; row++) {
        if (rules.isExemplarCovered(at, columns.times.at(row))) continue;
        if (base === undefined) {
          base = { ref: columns.refs.at(row), timeMs: columns.times.at(row) };
          beginExemplarsRecord(base, record);
        }
        writeExemplarRow(columns, row, { base, bytes, into: record });
        counts.exemplarsKept++;
      }
      emit();
    },
    metadata(columns, bytes) {
      for (let row = 0; row < columns.refs.length; row++) {
        const ref = columns.refs.at(row);
        if (!survey.isLatestMetadata(ref, ++counts.metadataSeen) || !isKept(ref)) continue;
        if (record.length === 0) beginMetadataRecord(record);
        writeMetadataRow(columns, row, { bytes, into: record });
        counts.metadataKept++;
      }
      emit();
    },
    tombstones(columns) {
      counts.tombstonesSeen += columns.refs.length;
      for (let row = 0; row < columns.refs.length; row++) {
        if (!isKept(columns.refs.at(row))) continue;
        if (record.length === 0) beginTombstonesRecord(record);
        writeTombstone(columns, row, record);
        counts.tombstonesKept++;
      }
      emit();
    },
    other(bytes) {
      counts.otherKept++;
      append(bytes);
    },
  };
}
