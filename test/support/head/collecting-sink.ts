// A block sink that keeps what it is given, and decodes it to plain samples.

import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import type { BlockSink, ChunkToWrite } from '../../../src/block/block-sink.ts';
import { histogramKey } from './histogram-samples.ts';

export class CollectingSink implements BlockSink {
  readonly symbols: string[] = [];
  readonly symbolBytes: Buffer[] = [];
  /** Label text → time → value's key. */
  readonly series = new Map<string, Map<number, string>>();
  readonly labelLists: (readonly number[])[] = [];
  readonly chunkCounts: number[] = [];
  readonly overlaps: string[] = [];

  addSymbol(bytes: Uint8Array): void {
    this.symbolBytes.push(Buffer.from(bytes));
    this.symbols.push(Buffer.from(bytes).toString());
  }

  addSeries(labels: Uint32Array, chunks: readonly ChunkToWrite[]): void {
    const text = [...labels].map((symbol) => this.symbols[symbol]).join('|');
    const samples = new Map<number, string>();
    let endMs = Number.NEGATIVE_INFINITY;
    for (const chunk of chunks) {
      if (chunk.minTimeMs <= endMs) this.overlaps.push(text);
      endMs = chunk.maxTimeMs;
      this.chunkCounts.push(chunk.sampleCount);
      decode(chunk, samples);
    }
    this.labelLists.push([...labels]);
    this.series.set(text, samples);
  }
}

function decode(chunk: ChunkToWrite, into: Map<number, string>): void {
  const reader = new ChunkReader();
  const { bytes, encoding, sampleCount } = chunk;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint16(0) !== sampleCount) throw new Error('the header has another count');
  reader.open({ encoding, view, base: 0, lengthBytes: bytes.length, count: sampleCount });
  const value = new HistogramValue();
  let first: number | undefined;
  while (reader.next()) {
    first ??= reader.timeMs;
    if (into.has(reader.timeMs)) throw new Error('a time twice');
    if (reader.isHistogram) {
      reader.load(value);
      into.set(reader.timeMs, histogramKey(value));
    } else {
      into.set(reader.timeMs, floatKey(reader.low, reader.high));
    }
  }
  if (first !== chunk.minTimeMs || reader.timeMs !== chunk.maxTimeMs)
    throw new Error('the times of the chunk are not those of its samples');
}

/** A float's bits as text. */
export function floatKey(low: number, high: number): string {
  return `${high >>> 0}:${low >>> 0}`;
}
