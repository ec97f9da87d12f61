// The select: series of many sources as one, sorted, each sample once. What every reader of Varve
// is made of (docs/ARCHITECTURE.md, "Reading").
//
// One series is in memory at a time, and of the sources what their cursors hold.

import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { alignSources } from './align-sources.ts';
import { mergeSeries, type SelectedChunk } from './merge-series.ts';
import type { SeriesBudget, StreamSource } from './source.ts';

/** Bytes of chunks that one series may have in all sources together. */
export const SERIES_BYTES_MAX = 256 * 1024 * 1024;

/** A series of the answer. */
export interface MergedSeries {
  /** Number of its stream, as the sources gave it. */
  readonly stream: number;
  /** Its labels (base/model/label-key.ts). */
  readonly key: Uint8Array;
  /** By time, without overlaps; none when nothing of the series reaches into the range. */
  readonly chunks: readonly SelectedChunk[];
}

/** What a select goes by. */
export interface SelectOptions {
  /** Told of each chunk that should be merged and cannot be read. */
  readonly onDamaged: (error: VarveError) => void;
  readonly seriesBytesMax?: number;
  /** Shown the chunks of each series, by precedence, before they are merged. */
  readonly onChunks?: (chunks: readonly TimedChunk[]) => void;
}

/**
 * All series of the sources by their labels, then by stream; also those that turn out to have no
 * chunks. A series of two sources of one stream is one. Samples outside of the range may be in the
 * first and the last chunk: chunks are not cut.
 *
 * @param sources of each stream in order of precedence: of two samples at one time, the one of the
 *   source that comes first stays
 * @throws VarveError overloaded when a series is over its limit; whatever a source throws
 */
export function* select(
  sources: readonly StreamSource[],
  options: SelectOptions,
): Generator<MergedSeries> {
  const { onDamaged, seriesBytesMax = SERIES_BYTES_MAX } = options;
  for (const { key, stream, sources: here } of alignSources(sources)) {
    const budget = new Budget(seriesBytesMax);
    const chunks: TimedChunk[] = [];
    for (const source of here) chunks.push(...source.chunks(budget));
    options.onChunks?.(chunks);
    yield { stream, key, chunks: mergeSeries(chunks, onDamaged) };
  }
}

/** What one series may hold; `overloaded` beyond. */
export class Budget implements SeriesBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#bytesMax) return;
    const what = `A series has more than ${this.#bytesMax} bytes of chunks in the range asked for`;
    throw new VarveError('overloaded', `${what}; ask for a shorter one.`);
  }
}
