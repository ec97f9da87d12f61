// `varve tsdb dump DIR`: every sample as a line, as `promtool tsdb dump` prints it: the series, the
// value, the time. Blocks by their time, each by its series; then the log, in the order of logging.
// With --records=exemplars or metadata: those, of the log.

import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { goFloat, goQuote } from '../../base/model/go-text.ts';
import { histogramText } from '../../base/model/histogram-text.ts';
import { type Labels, labelsText } from '../../base/model/labels.ts';
import { dumpAggregates } from './dump-aggregates.ts';
import { dumpMerged } from './dump-merged.ts';
import { dumpWal } from './dump-wal.ts';
import { locate } from './locate.ts';
import type { ToolContext } from './output.ts';

const halves = new DataView(new ArrayBuffer(8));

/** The text of a float that comes as two halves. */
export function floatText(low: number, high: number): string {
  halves.setUint32(0, high);
  halves.setUint32(4, low);
  return goFloat(halves.getFloat64(0));
}

/** Prints samples in the configured range of times. */
export class SamplePrinter {
  readonly #context: ToolContext;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;

  constructor(context: ToolContext) {
    this.#context = context;
    this.minTimeMs = context.config.minTimeMs ?? Number.NEGATIVE_INFINITY;
    this.maxTimeMs = context.config.maxTimeMs ?? Number.POSITIVE_INFINITY;
  }

  wants(timeMs: number): boolean {
    return timeMs >= this.minTimeMs && timeMs <= this.maxTimeMs;
  }

  /** One line; `series` is the series as `seriesText` made it. */
  print(series: string, value: string, timeMs: number): void {
    const isJson = this.#context.config.output === 'json';
    this.#context.out.line(
      isJson
        ? `{"labels":${series},"time":${timeMs},"value":${JSON.stringify(value)}}`
        : `${series} ${value} ${timeMs}`,
    );
  }

  /** One line of an exemplar, as OpenMetrics writes one behind its series. */
  printExemplar(series: string, exemplar: { labels: Labels; value: string; timeMs: number }): void {
    const { labels, timeMs, value } = exemplar;
    const isJson = this.#context.config.output === 'json';
    const own = this.seriesText(labels);
    this.#context.out.line(
      isJson
        ? `{"labels":${series},"exemplar":${own},"time":${timeMs},"value":${JSON.stringify(value)}}`
        : `${series} # ${own} ${value} ${timeMs}`,
    );
  }

  /** One line of what is known of the series' metric. */
  printMetadata(series: string, known: { type: string; unit: string; help: string }): void {
    const { help, type, unit } = known;
    const isJson = this.#context.config.output === 'json';
    const [quotedUnit, quotedHelp] = isJson
      ? [JSON.stringify(unit), JSON.stringify(help)]
      : [goQuote(unit), goQuote(help)];
    this.#context.out.line(
      isJson
        ? `{"labels":${series},"type":"${type}","unit":${quotedUnit},"help":${quotedHelp}}`
        : `${series} ${type} unit=${quotedUnit} help=${quotedHelp}`,
    );
  }

  get records(): 'samples' | 'exemplars' | 'metadata' {
    return this.#context.config.records;
  }

  /** The series in the configured format, made once for all its samples. */
  seriesText(labels: Labels): string {
    if (this.#context.config.output !== 'json') return labelsText(labels);
    return JSON.stringify(labels.map(({ name, value }) => [name, value]));
  }
}

/** Dumps all blocks and logs; 1 when something could not be read. */
export async function dump(context: ToolContext, dirs: readonly string[]): Promise<number> {
  const printer = new SamplePrinter(context);
  let failed = 0;
  for (const dir of dirs.flatMap((one) => locate(context.disk, one))) {
    if (context.config.merged) {
      failed += await dumpMerged(context, dir, printer);
      continue;
    }
    // Exemplars and metadata are in the log only.
    for (const block of printer.records === 'samples' ? byTime(context, dir.blocks) : []) {
      try {
        dumpBlock(context, block, printer);
      } catch (thrown) {
        failed++;
        context.err(`${block}: ${asVarveError(thrown).message}`);
      }
    }
    if (dir.wal !== undefined) failed += await dumpWal(context, dir.wal, printer);
  }
  return failed > 0 ? 1 : 0;
}

function byTime(context: ToolContext, blocks: readonly string[]): readonly string[] {
  const timed = blocks.map((path) => {
    try {
      return { path, minTimeMs: context.access.readMeta(path).minTimeMs };
    } catch {
      // Opening it will say what is wrong with it.
      return { path, minTimeMs: Number.POSITIVE_INFINITY };
    }
  });
  return timed.sort((a, b) => a.minTimeMs - b.minTimeMs).map(({ path }) => path);
}

function dumpBlock(context: ToolContext, path: string, printer: SamplePrinter): void {
  const { block, samples } = context.access.openBlock(path);
  const histogram = new HistogramValue();
  try {
    for (const entry of block.series()) {
      const labels = block.labelsOf(entry);
      const text = printer.seriesText(labels);
      samples.open(entry, printer.minTimeMs, printer.maxTimeMs);
      while (samples.next()) {
        if (samples.isHistogram) {
          samples.load(histogram);
          printer.print(text, histogramText(histogram), samples.timeMs);
        } else printer.print(text, floatText(samples.low, samples.high), samples.timeMs);
      }
      if (samples.aggregates > 0) dumpAggregates(block, entry, printer);
    }
  } finally {
    block.close();
  }
}
