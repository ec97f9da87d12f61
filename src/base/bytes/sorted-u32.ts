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

/** What the first has and the second has not, sorted. */
export function subtractSorted(from: Uint32Array, taken: Uint32Array): Uint32Array {
  if (taken.length === 0) return from;
  const result = new U32Column(Math.max(1, from.length));
  let at = 0;
  for (const number of from) {
    at = lowerBound(taken, number, at);
    if (at === taken.length || taken[at] !== number) result.push(number);
  }
  return result.view();
}

/** Sorts numbers in their place, if they are not, and gives each once. */
export function sortDistinct(numbers: Uint32Array): Uint32Array {
  let rises = true;
  for (let i = 1; i < numbers.length && rises; i++) rises = numbers[i - 1]! < numbers[i]!;
  if (rises) return numbers;
  numbers.sort();
  let kept = 1;
  for (let i = 1; i < numbers.length; i++)
    if (numbers[i] !== numbers[kept - 1]) numbers[kept++] = numbers[i]!;
  return numbers.subarray(0, kept);
}
