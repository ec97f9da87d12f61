// Fills a head from its log: every record goes the way that a write goes, except that nothing is
// logged again and that samples which a block holds already are left out.
//
// Invariant: after the replay the head holds every logged sample that no block covers, once.

import { U32Column } from '../base/bytes/columns.ts';
import { NO_SLOT, RefMap } from '../base/bytes/ref-map.ts';
import { EMPTY_SYMBOL } from '../base/bytes/symbol-table.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { ExemplarColumns } from '../wal/exemplars-record.ts';
import { SERIES_LABELS_MAX, TEXT_BYTES_MAX } from '../wal/format.ts';
import type { HistogramColumns } from '../wal/histograms-record.ts';
import type { LogPosition } from '../wal/log.ts';
import type { MetadataColumns } from '../wal/metadata-record.ts';
import type { RecordSink } from '../wal/record-decoder.ts';
import type { LabelColumns } from '../wal/record-numbers.ts';
import type { SampleColumns } from '../wal/samples-record.ts';
import type { SeriesColumns } from '../wal/series-record.ts';
import type { TombstoneColumns } from '../wal/tombstones-record.ts';
import type { Head } from './head.ts';
import { OrphanTally } from './orphan-tally.ts';
import { ADMITTED, DUPLICATE, TOO_OLD } from './verdict.ts';

/** Answers whether a block holds a sample already (wal/coverage.ts). */
export interface CoverageRule {
  covers(at: LogPosition, timeMs: number): boolean;
}

/** What is known of the part of a log that a Prometheus wrote (wal/origin.ts, wal/deletions.ts). */
export interface ForeignRule {
  /** Was it deleted there? */
  deletes(ref: number, at: LogPosition, timeMs: number): boolean;
  /** Is it in a block if it was late, that is older than its series' newest? */
  coversLate(at: LogPosition, timeMs: number): boolean;
}

/** What a replay did, for the log line at its end and for metrics. */
export type ReplayTally = {
  series: number;
  samples: number;
  histograms: number;
  exemplars: number;
  /** Samples left out because a block holds them. */
  covered: number;
  /** Samples that say something else than one that came before: the first one stays. */
  duplicates: number;
  /** Samples, exemplars and metadata of series that the log does not name (a record was lost). */
  unknownSeries: number;
  /** Samples and exemplars whose times are beyond ±2^53: left out. */
  timelessSamples: number;
  /** Series records whose labels cannot be a series': not sorted, none at all, too long. */
  badSeries: number;
  /** Exemplars and metadata with texts that are too long to be kept. */
  tooLong: number;
  /** Records of deletions of a Prometheus: what they delete is left out. */
  tombstones: number;
  /** Samples left out because a Prometheus's user deleted them. */
  deleted: number;
};

export class ReplaySink implements RecordSink {
  readonly tally: ReplayTally = {
    series: 0,
    samples: 0,
    histograms: 0,
    exemplars: 0,
    covered: 0,
    duplicates: 0,
    unknownSeries: 0,
    timelessSamples: 0,
    badSeries: 0,
    tooLong: 0,
    tombstones: 0,
    deleted: 0,
  };
  /** The samples among `tally.unknownSeries`. */
  readonly orphans = new OrphanTally();
  readonly #head: Head;
  readonly #coverage: CoverageRule;
  readonly #nowMs: number;
  readonly #foreign: ForeignRule | undefined;
  readonly #slots = new RefMap();
  #ids = new U32Column(256);
  /** What `#ids` was for the series before, whose symbols are alive; empty if there is none. */
  #lastIds = new U32Column(256);
  readonly #histogram = new HistogramValue();

  /** @param foreign only for a log that a Prometheus began */
  constructor(head: Head, coverage: CoverageRule, nowMs: number, foreign?: ForeignRule) {
    this.#head = head;
    this.#coverage = coverage;
    this.#nowMs = nowMs;
    this.#foreign = foreign;
  }

  /** The slot of the series that the log last named by this reference, or NO_SLOT. */
  slotOf(ref: number): number {
    return this.#slots.get(ref);
  }

  series(columns: SeriesColumns, bytes: Uint8Array): void {
    this.#forgetLast();
    for (let row = 0; row < columns.refs.length; row++) {
      const ref = columns.refs.at(row);
      this.#head.reserveWalRefs(ref);
      if (!this.#internLabels(columns, row, bytes)) {
        this.tally.badSeries++;
        continue;
      }
      const ids = this.#ids.view();
      this.#slots.set(ref, this.#head.replaySeries(ref, ids, ids.length));
      this.tally.series++;
    }
    this.#head.memory.symbols.sweep();
  }

  /** Without its series record a sample cannot be read, although it is in the log. */
  tellOrphans(logger: Logger): void {
    const { badSeries } = this.tally;
    if (this.orphans.samples === 0 && badSeries === 0) return;
    const message = 'samples in the WAL belong to no series that can be read; they are left in it';
    const fields = this.orphans.samples === 0 ? { samples: 0 } : this.orphans.fields;
    logger.error(message, { ...fields, badSeriesRecords: badSeries });
  }

  samples(columns: SampleColumns, at: LogPosition): void {
    const { refs, times, lows, highs } = columns;
    for (let i = 0; i < refs.length; i++) {
      const slot = this.#slotFor(refs.at(i), at, times.at(i));
      if (slot === NO_SLOT) continue;
      const verdict = this.#head.admitFloat(slot, times.at(i), lows.at(i), highs.at(i));
      if (this.#count(verdict)) this.tally.samples++;
    }
    this.#publish();
  }

  histograms(columns: HistogramColumns, at: LogPosition): void {
    const { refs, times, values } = columns;
    for (let i = 0; i < refs.length; i++) {
      const slot = this.#slotFor(refs.at(i), at, times.at(i));
      if (slot === NO_SLOT) continue;
      values.load(i, this.#histogram);
      if (this.#count(this.#head.admitHistogram(slot, times.at(i), this.#histogram))) {
        this.tally.histograms++;
      }
    }
    this.#publish();
  }

  exemplars(columns: ExemplarColumns, bytes: Uint8Array): void {
    this.#forgetLast();
    const { refs, times, lows, highs, labels } = columns;
    for (let row = 0; row < refs.length; row++) {
      if (!Number.isFinite(times.at(row))) {
        this.tally.timelessSamples++;
        continue;
      }
      const slot = this.#slots.get(refs.at(row));
      if (slot === NO_SLOT) {
        this.tally.unknownSeries++;
        continue;
      }
      if (!isShort(labels, row)) {
        this.tally.tooLong++;
        continue;
      }
      this.#ids.clear();
      for (let cell = labels.firstOf(row); cell < labels.firstOf(row + 1); cell++) {
        this.#intern(bytes, labels.nameStarts.at(cell), labels.nameLengths.at(cell));
        this.#intern(bytes, labels.valueStarts.at(cell), labels.valueLengths.at(cell));
      }
      const ids = this.#ids.view();
      const [timeMs, low, high] = [times.at(row), lows.at(row), highs.at(row)];
      this.#head.admitExemplar(slot, timeMs, low, high, ids, ids.length);
      this.tally.exemplars++;
    }
    this.#publish();
    this.#head.memory.symbols.sweep();
  }

  metadata(columns: MetadataColumns, bytes: Uint8Array): void {
    const { symbols } = this.#head.memory;
    for (let row = 0; row < columns.refs.length; row++) {
      const slot = this.#slots.get(columns.refs.at(row));
      if (slot === NO_SLOT) {
        this.tally.unknownSeries++;
        continue;
      }
      const { unitStarts, unitLengths, helpStarts, helpLengths } = columns;
      if (Math.max(unitLengths.at(row), helpLengths.at(row)) > TEXT_BYTES_MAX) {
        this.tally.tooLong++;
        continue;
      }
      const unit = symbols.intern(bytes, unitStarts.at(row), unitLengths.at(row));
      const help = symbols.intern(bytes, helpStarts.at(row), helpLengths.at(row));
      this.#head.admitMetadata(slot, columns.types.at(row), unit, help);
    }
    this.#publish();
    symbols.sweep();
    for (let row = 0; row < columns.refs.length; row++) {
      const slot = this.#slots.get(columns.refs.at(row));
      if (slot !== NO_SLOT) this.#head.metadata.noteRef(slot, columns.refs.at(row));
    }
  }

  tombstones(columns: TombstoneColumns): void {
    this.tally.tombstones += columns.refs.length;
  }

  /** The series' slot, or NO_SLOT when the sample is to be left out. */
  #slotFor(ref: number, at: LogPosition, timeMs: number): number {
    if (!Number.isFinite(timeMs)) {
      this.tally.timelessSamples++;
      return NO_SLOT;
    }
    const slot = this.#slots.get(ref);
    if (slot === NO_SLOT) {
      // Of its range or not, no block that was cut without the series can have it.
      this.tally.unknownSeries++;
      this.orphans.note(ref, at, timeMs);
      // Else a new series would get the reference, and with it these samples.
      this.#head.reserveWalRefs(ref);
      return NO_SLOT;
    }
    if (this.#coverage.covers(at, timeMs)) {
      this.tally.covered++;
      return NO_SLOT;
    }
    const foreign = this.#foreign;
    if (foreign === undefined) return slot;
    if (foreign.deletes(ref, at, timeMs)) {
      this.tally.deleted++;
      return NO_SLOT;
    }
    if (timeMs >= this.#head.newestInOrderMs(slot) || !foreign.coversLate(at, timeMs)) return slot;
    this.tally.covered++;
    return NO_SLOT;
  }

  #count(verdict: number): boolean {
    if (verdict === ADMITTED) return true;
    if (verdict === DUPLICATE || verdict === TOO_OLD) this.tally.duplicates++;
    return false;
  }

  /** A sweep may have ended symbols that only refused labels had. */
  #forgetLast(): void {
    this.#ids.clear();
    this.#lastIds.clear();
  }

  #publish(): void {
    this.#head.publish(this.#head.takeBatch(), this.#nowMs);
  }

  /**
   * Fills `#ids` with the row's labels; false when they are not what a series can have. Series
   * logged together have most labels in common, so the first guess is the row before.
   */
  #internLabels(columns: SeriesColumns, row: number, bytes: Uint8Array): boolean {
    const { labels } = columns;
    const { symbols } = this.#head.memory;
    if (labels.firstOf(row + 1) - labels.firstOf(row) > SERIES_LABELS_MAX) return false;
    const last = this.#ids;
    const ids = this.#lastIds;
    this.#ids = ids;
    this.#lastIds = last;
    ids.clear();
    let isRepeat = true;
    for (let cell = labels.firstOf(row); cell < labels.firstOf(row + 1); cell++) {
      const at = ids.length;
      const nameLength = labels.nameLengths.at(cell);
      const valueLength = labels.valueLengths.at(cell);
      if (valueLength === 0) continue; // Prometheus's rule: no such label
      if (nameLength === 0 || nameLength > TEXT_BYTES_MAX || valueLength > TEXT_BYTES_MAX) {
        ids.clear();
        return false;
      }
      this.#intern(bytes, labels.nameStarts.at(cell), nameLength);
      this.#intern(bytes, labels.valueStarts.at(cell), valueLength);
      // Names that follow each other as in the row before are in order.
      isRepeat &&= at < last.length && last.at(at) === ids.at(at);
      if (isRepeat || at === 0) continue;
      if (symbols.compare(ids.at(at - 2), ids.at(at)) >= 0) {
        ids.clear();
        return false;
      }
    }
    return ids.length > 0;
  }

  /** Appends the symbol of these bytes to `#ids`: that of the row before, or another. */
  #intern(bytes: Uint8Array, start: number, length: number): void {
    const { symbols } = this.#head.memory;
    const at = this.#ids.length;
    const guess = at < this.#lastIds.length ? this.#lastIds.at(at) : EMPTY_SYMBOL;
    const isGuess = guess !== EMPTY_SYMBOL && symbols.equals(guess, bytes, start, length);
    this.#ids.push(isGuess ? guess : symbols.intern(bytes, start, length));
  }
}

function isShort(labels: LabelColumns, row: number): boolean {
  const end = labels.firstOf(row + 1);
  for (let cell = labels.firstOf(row); cell < end; cell++) {
    const length = Math.max(labels.nameLengths.at(cell), labels.valueLengths.at(cell));
    if (length > TEXT_BYTES_MAX) return false;
  }
  return true;
}
