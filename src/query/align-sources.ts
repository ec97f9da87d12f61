// The series of many sources side by side: a merge of sorted cursors by a binary heap.
//
// Order: by the series' labels, then by stream. Sources of one stream that have the series come
// together, in the order in which they were given: that is whose value stays at equal times.

import type { SeriesSource, StreamSource } from './source.ts';

/** A series and the sources that stand on it; valid until the next one. */
export interface AlignedSeries {
  readonly key: Uint8Array;
  readonly stream: number;
  /** By precedence. */
  readonly sources: readonly SeriesSource[];
}

interface Cursor extends StreamSource {
  /** Its place among the sources given. */
  readonly rank: number;
}

/** All series of all sources in order, each once. */
export function* alignSources(sources: readonly StreamSource[]): Generator<AlignedSeries> {
  const heap = new CursorHeap();
  for (const [rank, { stream, source }] of sources.entries())
    if (source.next()) heap.push({ stream, source, rank });
  for (let first = heap.pop(); first !== undefined; first = heap.pop()) {
    const here = [first];
    for (let next = heap.peek(); next !== undefined && isSame(first, next); next = heap.peek()) {
      heap.pop();
      here.push(next);
    }
    yield {
      key: first.source.key,
      stream: first.stream,
      sources: here.map(({ source }) => source),
    };
    for (const cursor of here) if (cursor.source.next()) heap.push(cursor);
  }
}

function isSame(a: Cursor, b: Cursor): boolean {
  return a.stream === b.stream && Buffer.compare(a.source.key, b.source.key) === 0;
}

function compare(a: Cursor, b: Cursor): number {
  return Buffer.compare(a.source.key, b.source.key) || a.stream - b.stream || a.rank - b.rank;
}

/** The smallest cursor first. */
class CursorHeap {
  readonly #cursors: Cursor[] = [];

  peek(): Cursor | undefined {
    return this.#cursors.at(0);
  }

  push(cursor: Cursor): void {
    const cursors = this.#cursors;
    cursors.push(cursor);
    let at = cursors.length - 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = cursors.at(above);
      if (parent === undefined || compare(parent, cursor) <= 0) break;
      cursors[at] = parent;
      at = above;
    }
    cursors[at] = cursor;
  }

  pop(): Cursor | undefined {
    const cursors = this.#cursors;
    const first = cursors.at(0);
    const last = cursors.pop();
    if (last === undefined || cursors.length === 0) return first;
    let at = 0;
    for (;;) {
      const below = this.#smallerChild(at);
      const child = cursors.at(below);
      if (child === undefined || below >= cursors.length || compare(last, child) <= 0) break;
      cursors[at] = child;
      at = below;
    }
    cursors[at] = last;
    return first;
  }

  #smallerChild(at: number): number {
    const left = 2 * at + 1;
    const a = this.#cursors.at(left);
    const b = this.#cursors.at(left + 1);
    return a !== undefined && b !== undefined && compare(b, a) < 0 ? left + 1 : left;
  }
}
