// The samples of a write-ahead log as lines, in the order in which they were logged; or its
// exemplars, or its metadata.

import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { histogramText } from '../../base/model/histogram-text.ts';
import { type Labels, labelsOf } from '../../base/model/labels.ts';
import type { ExemplarColumns } from '../../wal/exemplars-record.ts';
import type { HistogramColumns } from '../../wal/histograms-record.ts';
import type { MetadataColumns } from '../../wal/metadata-record.ts';
import type { RecordSink } from '../../wal/record-decoder.ts';
import type { LabelColumns } from '../../wal/record-numbers.ts';
import type { SampleColumns } from '../../wal/samples-record.ts';
import type { SeriesColumns } from '../../wal/series-record.ts';
import { floatText, type SamplePrinter } from './dump.ts';
import type { ToolContext } from './output.ts';

const decoder = new TextDecoder();

/** By their numbers in metadata records. */
const METRIC_TYPES: readonly string[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
];

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
    if (sink.orphans > 0)
      context.err(`${dir}: ${sink.orphans} ${printer.records} of series not in the log`);
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
  /** What was to be printed and has no series in the log. */
  orphans = 0;

  constructor(printer: SamplePrinter) {
    this.#printer = printer;
  }

  series(columns: SeriesColumns, bytes: Uint8Array): void {
    const { labels, refs } = columns;
    for (let row = 0; row < refs.length; row++)
      this.#series.set(refs.at(row), this.#printer.seriesText(labelsIn(labels, row, bytes)));
  }

  samples(columns: SampleColumns): void {
    if (this.#printer.records !== 'samples') return;
    for (let i = 0; i < columns.refs.length; i++) {
      const timeMs = columns.times.at(i);
      if (!this.#printer.wants(timeMs)) continue;
      const value = floatText(columns.lows.at(i), columns.highs.at(i));
      this.#print(columns.refs.at(i), value, timeMs);
    }
  }

  histograms(columns: HistogramColumns): void {
    if (this.#printer.records !== 'samples') return;
    for (let i = 0; i < columns.refs.length; i++) {
      const timeMs = columns.times.at(i);
      if (!this.#printer.wants(timeMs)) continue;
      columns.values.load(i, this.#histogram);
      this.#print(columns.refs.at(i), histogramText(this.#histogram), timeMs);
    }
  }

  exemplars({ refs, times, lows, highs, labels }: ExemplarColumns, bytes: Uint8Array): void {
    if (this.#printer.records !== 'exemplars') return;
    for (let row = 0; row < refs.length; row++) {
      const timeMs = times.at(row);
      const series = this.#series.get(refs.at(row));
      if (!this.#printer.wants(timeMs)) continue;
      if (series === undefined) {
        this.orphans++;
        continue;
      }
      const value = floatText(lows.at(row), highs.at(row));
      const own = labelsIn(labels, row, bytes);
      this.#printer.printExemplar(series, { labels: own, value, timeMs });
    }
  }

  metadata(columns: MetadataColumns, bytes: Uint8Array): void {
    if (this.#printer.records !== 'metadata') return;
    const { helpLengths, helpStarts, refs, types, unitLengths, unitStarts } = columns;
    for (let row = 0; row < refs.length; row++) {
      const series = this.#series.get(refs.at(row));
      if (series === undefined) {
        this.orphans++;
        continue;
      }
      const type = METRIC_TYPES.at(types.at(row)) ?? `type ${types.at(row)}`;
      const unit = textOf(bytes, unitStarts.at(row), unitLengths.at(row));
      const help = textOf(bytes, helpStarts.at(row), helpLengths.at(row));
      this.#printer.printMetadata(series, { type, unit, help });
    }
  }

  // Nothing of Varve's own is ever deleted by one.
  tombstones(): void {}

  #print(ref: number, value: string, timeMs: number): void {
    const series = this.#series.get(ref);
    if (series === undefined) this.orphans++;
    else this.#printer.print(series, value, timeMs);
  }
}

function labelsIn(labels: LabelColumns, row: number, bytes: Uint8Array): Labels {
  const pairs: [string, string][] = [];
  for (let cell = labels.firstOf(row); cell < labels.firstOf(row + 1); cell++)
    pairs.push([
      textOf(bytes, labels.nameStarts.at(cell), labels.nameLengths.at(cell)),
      textOf(bytes, labels.valueStarts.at(cell), labels.valueLengths.at(cell)),
    ]);
  return labelsOf(pairs);
}

function textOf(bytes: Uint8Array, start: number, length: number): string {
  return decoder.decode(bytes.subarray(start, start + length));
}
