// The two passes over a log that its verification makes: which series there are and what their
// samples are like; then, only when there are late samples, whether those contradict others.

import type { F64Column } from '../../base/bytes/columns.ts';
import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import type { ExemplarColumns } from '../exemplars-record.ts';
import type { HistogramColumns } from '../histograms-record.ts';
import type { LogPosition } from '../log.ts';
import type { MetadataColumns } from '../metadata-record.ts';
import type { RecordSink } from '../record-decoder.ts';
import type { SampleColumns } from '../samples-record.ts';
import type { SeriesColumns } from '../series-record.ts';
import { placeOf, WalFindings } from './findings.ts';
import { histogramWords } from './histogram-words.ts';
import { OrphanGroups } from './orphan-groups.ts';
import { type LateCheck, SampleCheck } from './sample-check.ts';
import { SeriesBook } from './series-book.ts';

/** What is wrong with a histogram, as half a sentence. */
export type HistogramFault = (value: HistogramValue) => string | undefined;

/** Everything but contradictions among late samples. `finish` tells what is summed up. */
export class FirstPass implements RecordSink {
  readonly #findings: WalFindings;
  readonly #histogramFault: HistogramFault;
  readonly #book: SeriesBook;
  readonly #check: SampleCheck;
  readonly #orphans = new OrphanGroups();
  readonly #value = new HistogramValue();

  constructor(findings: WalFindings, histogramFault: HistogramFault) {
    this.#findings = findings;
    this.#histogramFault = histogramFault;
    this.#book = new SeriesBook(findings);
    this.#check = new SampleCheck(findings);
  }

  /** The late samples to compare in a second pass; undefined without any. */
  finish(): LateCheck | undefined {
    this.#orphans.tell(this.#findings);
    const { notCompared } = this.#check;
    if (notCompared > 0) {
      const what = `${notCompared} late samples more are not compared with others`;
      this.#findings.info({ file: '', offset: undefined }, what, 'samples not compared');
    }
    return this.#check.late;
  }

  series(columns: SeriesColumns, bytes: Uint8Array, at: LogPosition): void {
    this.#book.add(columns, bytes, at);
  }

  samples({ refs, times, lows, highs }: SampleColumns, at: LogPosition): void {
    for (let i = 0; i < refs.length; i++) {
      const series = this.#book.numberOf(refs.at(i));
      if (series === 0) this.#orphans.note('samples', refs.at(i), at, times.at(i));
      else this.#check.add(series, times.at(i), lows.at(i), highs.at(i));
    }
  }

  histograms({ refs, times, values }: HistogramColumns, at: LogPosition): void {
    for (let i = 0; i < refs.length; i++) {
      const ref = refs.at(i);
      const series = this.#book.numberOf(ref);
      values.load(i, this.#value);
      const fault = this.#histogramFault(this.#value);
      if (fault !== undefined) {
        const what = `series ${ref}: a histogram at ${times.at(i)}: ${fault}`;
        this.#findings.warning(placeOf(at), what);
      }
      if (series === 0) this.#orphans.note('samples', ref, at, times.at(i));
      else {
        const { low, high } = histogramWords(this.#value);
        this.#check.add(series, times.at(i), low, high);
      }
    }
  }

  exemplars({ refs, times }: ExemplarColumns, _bytes: Uint8Array, at: LogPosition): void {
    for (let i = 0; i < refs.length; i++)
      if (this.#isUnknown(refs, i)) this.#orphans.note('exemplars', refs.at(i), at, times.at(i));
  }

  metadata({ refs }: MetadataColumns, _bytes: Uint8Array, at: LogPosition): void {
    for (let i = 0; i < refs.length; i++)
      if (this.#isUnknown(refs, i)) this.#orphans.note('metadata entries', refs.at(i), at);
  }

  // A Prometheus leaves tombstones of series that have gone.
  tombstones(): void {}

  #isUnknown(refs: F64Column, row: number): boolean {
    return this.#book.numberOf(refs.at(row)) === 0;
  }
}

/** Hands all samples to a LateCheck, with the series numbers of the first pass. */
export class SecondPass implements RecordSink {
  readonly #late: LateCheck;
  // What is wrong with the series records was told in the first pass.
  readonly #book = new SeriesBook(new WalFindings());
  readonly #value = new HistogramValue();

  constructor(late: LateCheck) {
    this.#late = late;
  }

  series(columns: SeriesColumns, bytes: Uint8Array, at: LogPosition): void {
    this.#book.add(columns, bytes, at);
  }

  samples({ refs, times, lows, highs }: SampleColumns, at: LogPosition): void {
    for (let i = 0; i < refs.length; i++) {
      const ref = refs.at(i);
      const words = { low: lows.at(i), high: highs.at(i) };
      this.#late.add(this.#book.numberOf(ref), times.at(i), words, { ref, at });
    }
  }

  histograms({ refs, times, values }: HistogramColumns, at: LogPosition): void {
    for (let i = 0; i < refs.length; i++) {
      const ref = refs.at(i);
      values.load(i, this.#value);
      const words = histogramWords(this.#value);
      this.#late.add(this.#book.numberOf(ref), times.at(i), words, { ref, at });
    }
  }

  exemplars(): void {}
  metadata(): void {}
  tombstones(): void {}
}
