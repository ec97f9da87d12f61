// The chunks of a downsampled block in `varve tsdb dump`: each part's samples as those of a series
// with the part's name in a label more.

import { AGGREGATES } from '../../base/chunk/aggregate-format.ts';
import { readAggregate } from '../../base/chunk/aggregate-reader.ts';
import type { ChunkPlace } from '../../base/chunk/chunk-format.ts';
import { ChunkReader } from '../../base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { histogramText } from '../../base/model/histogram-text.ts';
import type { BlockReader } from '../../block/block-reader.ts';
import { ENCODING_AGGREGATE } from '../../block/chunks/format.ts';
import type { StoredChunk } from '../../block/chunks/segment-reader.ts';
import type { SeriesEntry } from '../../block/index/series-entry.ts';
import { floatText, type SamplePrinter } from './dump.ts';

/** Comes before all labels of a series, which are by name. */
const PART_LABEL = '__aggregate__';

/**
 * Prints the aggregates of a series, chunk by chunk, in each part by part.
 *
 * @throws VarveError damaged_block, damaged_chunk
 */
export function dumpAggregates(
  block: BlockReader,
  entry: SeriesEntry,
  printer: SamplePrinter,
): void {
  const labels = block.labelsOf(entry);
  const chunk: StoredChunk = { encoding: 0, data: new Uint8Array(0), end: 0 };
  for (let i = 0; i < entry.chunkCount; i++) {
    block.readChunk(entry, i, chunk);
    if (chunk.encoding !== ENCODING_AGGREGATE) continue;
    const { buffer, byteOffset, length } = chunk.data;
    const parts = readAggregate(new DataView(buffer, byteOffset, length), 0, length);
    for (const [which, part] of parts.entries()) {
      if (part === undefined) continue;
      const value = AGGREGATES[which] ?? '';
      dumpPart(part, printer.seriesText([{ name: PART_LABEL, value }, ...labels]), printer);
    }
  }
}

function dumpPart(part: ChunkPlace, series: string, printer: SamplePrinter): void {
  const reader = new ChunkReader();
  const histogram = new HistogramValue();
  reader.open(part);
  while (reader.next()) {
    if (!printer.wants(reader.timeMs)) continue;
    if (reader.isHistogram) {
      reader.load(histogram);
      printer.print(series, histogramText(histogram), reader.timeMs);
    } else printer.print(series, floatText(reader.low, reader.high), reader.timeMs);
  }
}
