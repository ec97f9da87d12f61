// The cursors of a merge of sorted sources, the smallest first: a binary heap. By the labels of the
// series on which they stand, then by stream, then by precedence.

/** What stands on a series. */
export interface Cursor {
  /** The series' labels (base/model/label-key.ts). */
  readonly source: { readonly key: Uint8Array };
  readonly stream: number;
  /** Its place among the sources given. */
  readonly rank: number;
}

/** See the head of the file. */
export class CursorHeap<One extends Cursor> {
  readonly #cursors: One[] = [];

  peek(): One | undefined {
    return this.#cursors.at(0);
  }

  push(cursor: One): void {
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

  /** Takes the smallest and all that stand on the same series of the same stream, by precedence. */
  popSeries(): One[] {
    const first = this.pop();
    if (first === undefined) return [];
    const here = [first];
    for (let next = this.peek(); next !== undefined && isSame(first, next); next = this.peek()) {
      this.pop();
      here.push(next);
    }
    return here;
  }

  pop(): One | undefined {
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

function isSame(a: Cursor, b: Cursor): boolean {
  return a.stream === b.stream && Buffer.compare(a.source.key, b.source.key) === 0;
}

function compare(a: Cursor, b: Cursor): number {
  return Buffer.compare(a.source.key, b.source.key) || a.stream - b.stream || a.rank - b.rank;
}
