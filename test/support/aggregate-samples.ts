// Aggregate chunks as plain values, for tests: every part's samples.

import { AGGREGATES, type Aggregate } from '../../src/base/chunk/aggregate-format.ts';
import { readAggregate } from '../../src/base/chunk/aggregate-reader.ts';
import type { MadeChunk } from '../../src/base/chunk/chunk-builder.ts';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import type { TimedChunk } from '../../src/base/chunk/merge-chunks.ts';
import { doubleOf } from '../../src/base/chunk/xor-cells.ts';
import type { ChunkToWrite } from '../../src/block/block-sink.ts';

/** A sample of a part: a number, or a histogram. */
export interface PartSample {
  readonly timeMs: number;
  readonly value: number;
  readonly histogram: HistogramValue | undefined;
}

export type PlainAggregate = Readonly<Record<Aggregate, readonly PartSample[] | undefined>>;

/** A chunk that was made, to be read. */
export function placed(chunk: MadeChunk | ChunkToWrite): TimedChunk {
  const { bytes, encoding, minTimeMs, maxTimeMs } = chunk;
  const count = 'count' in chunk ? chunk.count : chunk.sampleCount;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { encoding, minTimeMs, maxTimeMs, count, view, base: 0, lengthBytes: bytes.length };
}

/** All samples of all parts. */
export function plainAggregate({ bytes }: ChunkToWrite): PlainAggregate {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const reader = new ChunkReader();
  const entries = readAggregate(view, 0, bytes.length).map((part, which) => {
    if (part === undefined) return [AGGREGATES[which], undefined];
    const samples: PartSample[] = [];
    reader.open(part);
    while (reader.next()) {
      let histogram: HistogramValue | undefined;
      if (reader.isHistogram) {
        histogram = new HistogramValue();
        reader.load(histogram);
      }
      const value = histogram === undefined ? doubleOf(reader.low, reader.high) : Number.NaN;
      samples.push({ timeMs: reader.timeMs, value, histogram });
    }
    return [AGGREGATES[which], samples];
  });
  return Object.fromEntries(entries) as PlainAggregate;
}
