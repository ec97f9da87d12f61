// Comparing what a list of references stands for without writing it down first.

/**
 * Where `refs`, from `start` to `end` (exclusive), first leads to another cell of `table` than the
 * words of `view` from `at` on say; `end` when nowhere. Each of `refs` must be a place in `table`.
 */
export function firstOther(
  refs: Uint32Array,
  start: number,
  end: number,
  table: Int32Array,
  view: DataView,
  at: number,
): number {
  for (let i = start; i < end; i++, at += 4) {
    if (table[refs[i]!]! !== view.getInt32(at, true)) return i;
  }
  return end;
}
