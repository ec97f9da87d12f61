// `varve tsdb dump DIR`: every sample as a line, as `promtool tsdb dump` prints it: the series, the
// value, the time. Blocks by their time, each by its series; then the log, in the order of logging.

import { ChunkReader } from '../../base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { goFloat } from '../../base/model/go-text.ts';
import { histogramText } from '../../base/model/histogram-text.ts';
import { type Labels, labelsText } from '../../base/model/labels.ts';
import { BlockReader } from '../../block/block-reader.ts';
import { ENCODING_AGGREGATE } from '../../block/chunks/format.ts';
import { emptyChunk, placeOf } from '../../block/chunks/segment-reader.ts';
import type { SeriesEntry } from '../../block/index/series-entry.ts';
import { readMeta } from '../../block/meta.ts';
import { isAllDeleted, isDeleted } from '../../block/tombstones/intervals.ts';
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
  readonly #minTimeMs: number;
  readonly #maxTimeMs: number;

  constructor(context: ToolContext) {
    this.#context = context;
    this.#minTimeMs = context.config.minTimeMs ?? Number.NEGATIVE_INFINITY;
    this.#maxTimeMs = context.config.maxTimeMs ?? Number.POSITIVE_INFINITY;
  }

  /** May a chunk from `first` to `last` hold samples that are wanted? */
  overlaps(first: number, last: number): boolean {
    return last >= this.#minTimeMs && first <= this.#maxTimeMs;
  }

  wants(timeMs: number): boolean {
    return timeMs >= this.#minTimeMs && timeMs <= this.#maxTimeMs;
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
    for (const block of byTime(context, dir.blocks)) {
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
      return { path, minTimeMs: readMeta(context.disk, path).minTimeMs };
    } catch {
      // Opening it will say what is wrong with it.
      return { path, minTimeMs: Number.POSITIVE_INFINITY };
    }
  });
  return timed.sort((a, b) => a.minTimeMs - b.minTimeMs).map(({ path }) => path);
}

function dumpBlock(context: ToolContext, path: string, printer: SamplePrinter): void {
  const block = new BlockReader(context.disk, path);
  try {
    const dumper = new BlockDumper(block, printer);
    for (const entry of block.series()) dumper.series(entry);
    if (dumper.aggregates > 0)
      context.err(`${path}: ${dumper.aggregates} downsampled chunks are left out`);
  } finally {
    block.close();
  }
}

class BlockDumper {
  readonly #block: BlockReader;
  readonly #printer: SamplePrinter;
  readonly #chunk = emptyChunk();
  readonly #samples = new ChunkReader();
  readonly #histogram = new HistogramValue();
  aggregates = 0;

  constructor(block: BlockReader, printer: SamplePrinter) {
    this.#block = block;
    this.#printer = printer;
  }

  series(entry: SeriesEntry): void {
    const deleted = this.#block.deletedIntervals(entry);
    const text = this.#printer.seriesText(this.#block.labelsOf(entry));
    for (let i = 0; i < entry.chunkCount; i++) {
      const first = entry.chunkMinTimes.at(i);
      const last = entry.chunkMaxTimes.at(i);
      if (!this.#printer.overlaps(first, last) || isAllDeleted(deleted, first, last)) continue;
      this.#block.readChunk(entry, i, this.#chunk);
      if (this.#chunk.encoding === ENCODING_AGGREGATE) {
        this.aggregates++;
        continue;
      }
      const samples = this.#samples;
      samples.open(placeOf(this.#chunk));
      while (samples.next()) {
        if (!this.#printer.wants(samples.timeMs) || isDeleted(deleted, samples.timeMs)) continue;
        this.#printer.print(text, this.#valueText(samples), samples.timeMs);
      }
    }
  }

  #valueText(samples: ChunkReader): string {
    if (!samples.isHistogram) return floatText(samples.low, samples.high);
    samples.load(this.#histogram);
    return histogramText(this.#histogram);
  }
}
