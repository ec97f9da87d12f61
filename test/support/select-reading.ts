// Reads a select to plain samples, and checks on the way what every answer must be: series in order,
// chunks by time and without overlaps, each as its numbers say.

import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { reencode } from '../../src/base/chunk/reencode.ts';
import { labelsOfKey } from '../../src/base/model/label-key.ts';
import type { SelectedChunk } from '../../src/query/merge-series.ts';
import type { MergedSeries } from '../../src/query/select.ts';
import { floatKey } from './head/collecting-sink.ts';
import { histogramKey } from './head/histogram-samples.ts';

/** Label text `name|value|…` → time → value's key (floatKey, histogramKey). */
export type Content = Map<string, Map<number, string>>;

/** The samples of chunks, which must be as they say. */
export function samplesOf(chunks: readonly SelectedChunk[]): Map<number, string> {
  const samples = new Map<number, string>();
  const reader = new ChunkReader();
  const histogram = new HistogramValue();
  let endMs = Number.NEGATIVE_INFINITY;
  for (const { bytes, encoding, count, minTimeMs, maxTimeMs } of chunks) {
    if (!(minTimeMs > endMs)) throw new Error(`a chunk begins at ${minTimeMs}, not after ${endMs}`);
    endMs = maxTimeMs;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const place = { encoding, view, base: 0, lengthBytes: bytes.length, count };
    reader.open(place);
    const times: number[] = [view.getUint16(0)];
    while (reader.next()) {
      times.push(reader.timeMs);
      if (reader.isHistogram) reader.load(histogram);
      const value = reader.isHistogram
        ? histogramKey(histogram)
        : floatKey(reader.low, reader.high);
      samples.set(reader.timeMs, value);
    }
    const told = [count, times.length - 1, times[1], times.at(-1)].join();
    if (told !== [times[0], count, minTimeMs, maxTimeMs].join())
      throw new Error(`a chunk of ${told}`);
    // Nothing is behind the last sample, not even bits.
    if (!Buffer.from(reencode(place)).equals(bytes)) throw new Error('bits behind the last sample');
  }
  return samples;
}

/** All series; those without chunks are left out. */
export function contentOf(series: Iterable<MergedSeries>): Content {
  const content: Content = new Map();
  let before: Uint8Array | undefined;
  for (const { key, chunks } of series) {
    if (before !== undefined && Buffer.compare(before, key) >= 0) throw new Error('not in order');
    before = key;
    if (chunks.length === 0) continue;
    const labels = labelsOfKey(key).flatMap(({ name, value }) => [name, value]);
    content.set(labels.join('|'), samplesOf(chunks));
  }
  return content;
}
