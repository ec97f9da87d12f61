// Reads a gateway as any reader would, and gives what it read in the ledger's words.

import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import type { Labels } from '../../src/base/model/labels.ts';
import type { Gateway } from '../../src/gateway.ts';
import type { TenantQuery } from '../../src/query/reader.ts';
import type { SelectedSeries } from '../../src/query/series-batch.ts';
import { floatBits, histogramText, textOf } from '../support/stored-samples.ts';

/** What a read gave. */
export interface ReadSamples {
  /** By key (see SentSample): the value. */
  readonly samples: ReadonlyMap<string, string>;
  /** What the reader was told to be missing. */
  readonly warnings: readonly string[];
}

/** Reads everything that is asked for; throws when a sample comes twice or out of order. */
export async function readSamples(gateway: Gateway, wanted: TenantQuery): Promise<ReadSamples> {
  const samples = new Map<string, string>();
  const selection = gateway.select(wanted);
  let before: string | undefined;
  for await (const series of selection) {
    const name = `${nameOf(series.streamLabels)}|${nameOf(series.labels)}`;
    const order = `${nameOf(series.labels)}|${nameOf(series.streamLabels)}`;
    if (before !== undefined && order <= before) throw new Error(`${order} comes after ${before}`);
    before = order;
    addSamples(series, name, samples);
  }
  return { samples, warnings: selection.warnings };
}

function nameOf(labels: Labels): string {
  return textOf(labels.map(({ name, value }) => [name, value]));
}

function addSamples({ chunks }: SelectedSeries, name: string, samples: Map<string, string>): void {
  const reader = new ChunkReader();
  const histogram = new HistogramValue();
  let beforeMs = Number.NEGATIVE_INFINITY;
  for (const { bytes, encoding, count } of chunks) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    reader.open({ encoding, view, base: 0, lengthBytes: bytes.length, count });
    while (reader.next()) {
      const { timeMs } = reader;
      if (timeMs <= beforeMs) throw new Error(`${name} has ${timeMs} behind ${beforeMs}`);
      beforeMs = timeMs;
      if (reader.isHistogram) reader.load(histogram);
      const value = reader.isHistogram
        ? histogramText(histogram)
        : floatBits(reader.low, reader.high);
      samples.set(`${name}|${timeMs}`, value);
    }
  }
}
