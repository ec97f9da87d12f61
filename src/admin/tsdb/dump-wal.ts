// The samples of a write-ahead log as lines, in the order in which they were logged.

import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { histogramText } from '../../base/model/histogram-text.ts';
import { labelsOf } from '../../base/model/labels.ts';
import type { HistogramColumns } from '../../wal/histograms-record.ts';
import type { RecordSink } from '../../wal/record-decoder.ts';
import type { SampleColumns } from '../../wal/samples-record.ts';
import type { SeriesColumns } from '../../wal/series-record.ts';
import { floatText, type SamplePrinter } from './dump.ts';
import type { ToolContext } from './output.ts';

const decoder = new TextDecoder();

/** Dumps the log in `dir`; 1 when something in it could not be read. */
export async function dumpWal(
  context: ToolContext,
  dir: string,
  printer: SamplePrinter,
): Promise<number> {
  const sink = new DumpSink(printer);
  try {
    const report = await context.access.replayWal(dir, sink);
    for (const damage of report.damages)
      context.err(`${damage.path}, byte ${damage.offset}: ${damage.reason}`);
    if (sink.orphans > 0) context.err(`${dir}: ${sink.orphans} samples of series not in the log`);
    return report.damageCount > 0 ? 1 : 0;
  } catch (thrown) {
    context.err(`${dir}: ${asVarveError(thrown).message}`);
    return 1;
  }
}

class DumpSink implements RecordSink {
  readonly #printer: SamplePrinter;
  /** Each series' text by its reference. */
  readonly #series = new Map<number, string>();
  readonly #histogram = new HistogramValue();
  /** Samples whose series was not in the log. */
  orphans = 0;

  constructor(printer: SamplePrinter) {
    this.#printer = printer;
  }

  series(columns: SeriesColumns, bytes: Uint8Array): void {
    const { labels, refs } = columns;
    const text = (start: number, length: number): string =>
      decoder.decode(bytes.subarray(start, start + length));
    for (let row = 0; row < refs.length; row++) {
      const pairs: [string, string][] = [];
      for (let cell = labels.firstOf(row); cell < labels.firstOf(row + 1); cell++)
        pairs.push([
          text(labels.nameStarts.at(cell), labels.nameLengths.at(cell)),
          text(labels.valueStarts.at(cell), labels.valueLengths.at(cell)),
        ]);
      this.#series.set(refs.at(row), this.#printer.seriesText(labelsOf(pairs)));
    }
  }

  samples(columns: SampleColumns): void {
    for (let i = 0; i < columns.refs.length; i++) {
      const timeMs = columns.times.at(i);
      if (!this.#printer.wants(timeMs)) continue;
      const value = floatText(columns.lows.at(i), columns.highs.at(i));
      this.#print(columns.refs.at(i), value, timeMs);
    }
  }

  histograms(columns: HistogramColumns): void {
    for (let i = 0; i < columns.refs.length; i++) {
      const timeMs = columns.times.at(i);
      if (!this.#printer.wants(timeMs)) continue;
      columns.values.load(i, this.#histogram);
      this.#print(columns.refs.at(i), histogramText(this.#histogram), timeMs);
    }
  }

  // Only samples are dumped.
  exemplars(): void {}
  metadata(): void {}
  tombstones(): void {}

  #print(ref: number, value: string, timeMs: number): void {
    const series = this.#series.get(ref);
    if (series === undefined) this.orphans++;
    else this.#printer.print(series, value, timeMs);
  }
}
