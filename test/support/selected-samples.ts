// What a select over a bucket gives, as plain values: samples, or the windows of aggregates. It
// checks on the way what every answer must be: series in order, chunks by time without overlaps.

import { AGGREGATES } from '../../src/base/chunk/aggregate-format.ts';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { labelKeyOf } from '../../src/base/model/label-key.ts';
import { labelsText } from '../../src/base/model/labels.ts';
import type { SelectedChunk } from '../../src/query/merge-series.ts';
import type { Selection } from '../../src/query/reader.ts';
import type { SelectedSeries } from '../../src/query/series-batch.ts';
import { plainAggregate } from './aggregate-samples.ts';
import { hex, type SampleText, textOf } from './merge-world.ts';

/** `series labels of its stream` → samples, or windows: time and all that is in them. */
export type Selected = Map<string, readonly SampleText[]>;

/** All of an answer, which must have no warnings. */
export async function selectedSamples(selection: Selection): Promise<Selected> {
  const all: Selected = new Map();
  let before: SelectedSeries | undefined;
  for await (const series of selection) {
    if (before !== undefined && compare(before, series) >= 0) throw new Error('not in order');
    before = series;
    all.set(nameOf(series), series.chunks.flatMap(samplesOfChunk));
    checkTimes(series.chunks);
  }
  if (selection.warnings.length > 0) throw new Error(selection.warnings.join('; '));
  return all;
}

/** Labels and stream of a series as one text. */
export function nameOf({ labels, streamLabels }: SelectedSeries): string {
  return `${labelsText(labels)} ${labelsText(streamLabels)}`;
}

function compare(a: SelectedSeries, b: SelectedSeries): number {
  const order = Buffer.compare(labelKeyOf(a.labels), labelKeyOf(b.labels));
  return order || Buffer.compare(labelKeyOf(a.streamLabels), labelKeyOf(b.streamLabels));
}

function checkTimes(chunks: readonly SelectedChunk[]): void {
  let endMs = Number.NEGATIVE_INFINITY;
  for (const { minTimeMs, maxTimeMs } of chunks) {
    if (!(minTimeMs > endMs)) throw new Error(`a chunk begins at ${minTimeMs}, not after ${endMs}`);
    endMs = maxTimeMs;
  }
}

/** The samples of a chunk, or the windows of a chunk of aggregates. */
export function samplesOfChunk(chunk: SelectedChunk): readonly SampleText[] {
  const { bytes, encoding, count, minTimeMs, maxTimeMs } = chunk;
  if (encoding === AGGREGATE) return windowsOf(chunk);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const reader = new ChunkReader();
  reader.open({ encoding, view, base: 0, lengthBytes: bytes.length, count });
  const value = new HistogramValue();
  const samples: SampleText[] = [];
  while (reader.next()) {
    if (reader.isHistogram) reader.load(value);
    const text = reader.isHistogram ? textOf(value) : hex(reader.low, reader.high);
    samples.push([reader.timeMs, text]);
  }
  const told = [samples.length, samples.at(0)?.[0], samples.at(-1)?.[0]];
  if (told.join() !== [count, minTimeMs, maxTimeMs].join()) throw new Error(`a chunk of ${told}`);
  return samples;
}

const AGGREGATE = 255;

/** By the counts, which every window has; the counter's first and last raw value left out. */
function windowsOf({ count, ...chunk }: SelectedChunk): readonly SampleText[] {
  const parts = plainAggregate({ ...chunk, sampleCount: count });
  const texts = new Map<number, string>();
  for (const { timeMs } of parts.count ?? []) texts.set(timeMs, '');
  if (texts.size !== count) throw new Error(`${texts.size} windows instead of ${count}`);
  for (const name of AGGREGATES) {
    if (name === 'counter') continue;
    for (const { timeMs, value, histogram } of parts[name] ?? []) {
      const text = histogram === undefined ? String(value) : textOf(histogram);
      texts.set(timeMs, `${texts.get(timeMs)} ${name}=${text}`);
    }
  }
  return [...texts].sort(([a], [b]) => a - b);
}
