// `varve tsdb dump --merged DIR`: blocks and log of a stream's directory as one, as a reader of the
// running Varve would see them: each sample once, by series and time.

import { ChunkReader } from '../../base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { histogramText } from '../../base/model/histogram-text.ts';
import { labelsOfKey } from '../../base/model/label-key.ts';
import { labelsText } from '../../base/model/labels.ts';
import type { SelectedChunk } from '../../query/merge-series.ts';
import { floatText, type SamplePrinter } from './dump.ts';
import type { DataDir } from './locate.ts';
import type { MergedView, ToolContext } from './output.ts';

/** Dumps one directory; 1 when something in it could not be read. */
export async function dumpMerged(
  context: ToolContext,
  dir: DataDir,
  printer: SamplePrinter,
): Promise<number> {
  try {
    checkOneStream(context, dir);
    const minTimeMs = context.config.minTimeMs ?? Number.MIN_SAFE_INTEGER;
    const maxTimeMs = context.config.maxTimeMs ?? Number.MAX_SAFE_INTEGER;
    const view = await context.access.openMerged(dir.path, { minTimeMs, maxTimeMs, matchers: [] });
    try {
      const samples = print(view, printer);
      tell(context, dir, view, samples);
      return view.warnings.length > 0 ? 1 : 0;
    } finally {
      view.close();
    }
  } catch (thrown) {
    context.err(`${dir.path}: ${asVarveError(thrown).message}`);
    return 1;
  }
}

/** Blocks of several streams are not one: their series may have the same labels. */
function checkOneStream(context: ToolContext, dir: DataDir): void {
  if (dir.wal !== undefined) return;
  if (dir.blocks.includes(dir.path))
    throw new VarveError('bad_parameter', '--merged takes the directory of a stream, not a block');
  const labels = dir.blocks.map((path) =>
    labelsText(context.access.readMeta(path).thanos?.labels ?? []),
  );
  if (new Set(labels).size > 1) {
    const what = 'the blocks here are of several streams; --merged takes the directory of one';
    throw new VarveError('bad_parameter', what);
  }
}

function print(view: MergedView, printer: SamplePrinter): number {
  const reader = new ChunkReader();
  const histogram = new HistogramValue();
  let samples = 0;
  for (const { key, chunks } of view.series) {
    if (chunks.length === 0) continue;
    const text = printer.seriesText(labelsOfKey(key));
    for (const chunk of chunks) {
      reader.open(placeOf(chunk));
      while (reader.next()) {
        const { timeMs } = reader;
        if (!printer.wants(timeMs)) continue;
        samples++;
        if (reader.isHistogram) {
          reader.load(histogram);
          printer.print(text, histogramText(histogram), timeMs);
        } else printer.print(text, floatText(reader.low, reader.high), timeMs);
      }
    }
  }
  return samples;
}

function placeOf({ bytes, encoding, count }: SelectedChunk) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { encoding, view, base: 0, lengthBytes: bytes.length, count };
}

function tell(context: ToolContext, { path }: DataDir, view: MergedView, samples: number): void {
  const { doubles, replay, warnings } = view;
  for (const warning of warnings) context.err(warning);
  const twice = `${doubles.same} with the same value, ${doubles.other} with another`;
  const leftOut = [
    `${replay.covered} that blocks hold`,
    `${replay.duplicates} with another value`,
    `${replay.unknownSeries} of unknown series`,
  ].join(', ');
  context.err(`${path}: ${samples} samples; in more than one place ${twice}`);
  context.err(`${path}: in the log and left out ${leftOut}`);
}
