// A select over sources that have to be waited for: the same series, in the same order, as of
// sources that are at hand (select.ts). One series is in memory at a time.

import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import type { VarveError } from '../base/errors/varve-error.ts';
import { CursorHeap } from './cursor-heap.ts';
import { layApart } from './lay-apart.ts';
import { mergeSeries, type SelectedChunk } from './merge-series.ts';
import { Budget, type MergedSeries, SERIES_BYTES_MAX } from './select.ts';
import type { RemoteSource } from './source.ts';

/** A source of one stream; see StreamSource. */
export interface RemoteStreamSource {
  readonly stream: number;
  readonly source: RemoteSource;
}

/** What such a select goes by. */
export interface RemoteSelectOptions {
  /** Told of each chunk that should be in the answer and cannot be. */
  readonly onDamaged: (error: VarveError) => void;
  /** Are the chunks aggregates, which no merge takes apart? */
  readonly isAggregated: boolean;
  /** Others are stepped over: an answer that goes on where one broke off leaves out the first. */
  readonly isWanted: (key: Uint8Array, stream: number) => boolean;
  readonly seriesBytesMax?: number;
}

/**
 * All series of the sources by their labels, then by stream, that have chunks in the range.
 *
 * @param sources of each stream in order of precedence
 * @throws VarveError overloaded when a series is over its limit; whatever a source throws
 */
export async function* selectRemote(
  sources: readonly RemoteStreamSource[],
  options: RemoteSelectOptions,
): AsyncGenerator<MergedSeries, void> {
  const heap = new CursorHeap<RemoteStreamSource & { readonly rank: number }>();
  const cursors = sources.map((one, rank) => ({ ...one, rank }));
  const step = async (some: typeof cursors): Promise<void> => {
    const isThere = await Promise.all(some.map(({ source }) => source.next()));
    for (const [i, cursor] of some.entries()) if (isThere.at(i) === true) heap.push(cursor);
  };
  await step(cursors);
  for (let here = heap.popSeries(); here.length > 0; here = heap.popSeries()) {
    const [first] = here;
    if (first === undefined) return;
    const { stream, source } = first;
    const { key } = source;
    if (options.isWanted(key, stream)) {
      const chunks = await mergedChunks(here, options);
      if (chunks.length > 0) yield { stream, key, chunks };
    }
    await step(here);
  }
}

async function mergedChunks(
  here: readonly RemoteStreamSource[],
  { onDamaged, isAggregated, seriesBytesMax = SERIES_BYTES_MAX }: RemoteSelectOptions,
): Promise<SelectedChunk[]> {
  const budget = new Budget(seriesBytesMax);
  const lists = await Promise.all(here.map(({ source }) => source.chunks(budget)));
  const chunks: readonly TimedChunk[] = lists.flat();
  return isAggregated ? layApart(chunks, onDamaged) : mergeSeries(chunks, onDamaged);
}
