// Sorted lists of distinct u32: what selecting by several labels does with postings.

import { U32Column } from './columns.ts';

/** What two sorted lists share, sorted. Time goes by the shorter one. */
export function intersectSorted(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length > b.length) return intersectSorted(b, a);
  const result = new U32Column(Math.max(1, a.length));
  let at = 0;
  for (const wanted of a) {
    at = lowerBound(b, wanted, at);
    if (at === b.length) break;
    if (b[at] === wanted) result.push(wanted);
  }
  return result.view();
}

/**
 * First index from `from` on whose value is at least `wanted`: in growing steps, then by halves.
 */
function lowerBound(list: Uint32Array, wanted: number, from: number): number {
  let step = 1;
  let low = from;
  while (low + step < list.length && list[low + step]! < wanted) {
    low += step;
    step *= 2;
  }
  let high = Math.min(list.length, low + step + 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
