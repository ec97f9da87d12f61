// One cell of a list of label ids, for hot loops outside of base/bytes: `at` of typed arrays is a
// call that V8 does not inline.

/** `cells[index]`; the caller keeps `index` below the length. */
export function cellAt(cells: Uint32Array, index: number): number {
  return cells[index]!;
}
