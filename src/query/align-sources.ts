// The series of many sources side by side: a merge of sorted cursors by a binary heap.
//
// Order: by the series' labels, then by stream. Sources of one stream that have the series come
// together, in the order in which they were given: that is whose value stays at equal times.

import { CursorHeap } from './cursor-heap.ts';
import type { SeriesSource, StreamSource } from './source.ts';

/** A series and the sources that stand on it; valid until the next one. */
export interface AlignedSeries {
  readonly key: Uint8Array;
  readonly stream: number;
  /** By precedence. */
  readonly sources: readonly SeriesSource[];
}

/** All series of all sources in order, each once. */
export function* alignSources(sources: readonly StreamSource[]): Generator<AlignedSeries> {
  const heap = new CursorHeap<StreamSource & { readonly rank: number }>();
  for (const [rank, { stream, source }] of sources.entries())
    if (source.next()) heap.push({ stream, source, rank });
  for (let here = heap.popSeries(); here.length > 0; here = heap.popSeries()) {
    const [first] = here;
    if (first === undefined) return;
    yield {
      key: first.source.key,
      stream: first.stream,
      sources: here.map(({ source }) => source),
    };
    for (const cursor of here) if (cursor.source.next()) heap.push(cursor);
  }
}
