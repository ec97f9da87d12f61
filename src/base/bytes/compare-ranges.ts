// Compares pieces of two byte arrays without a view being made of either, and columns of numbers:
// for loops over very many short ones, such as symbols, label sets and paddings.

import type { U32Column } from './columns.ts';

/** Below 0, 0 or above 0, as the bytes of `a` before `b`; a beginning of the other comes first. */
export function compareRanges(a: BytesRange, b: BytesRange): number {
  const { bytes: one, start: from } = a;
  const { bytes: other, start: otherFrom } = b;
  const lengths = a.end - from - (b.end - otherFrom);
  const shared = lengths < 0 ? a.end - from : b.end - otherFrom;
  for (let i = 0; i < shared; i++) {
    const difference = one[from + i]! - other[otherFrom + i]!;
    if (difference !== 0) return difference;
  }
  return lengths;
}

/** A piece of an array; reused objects, so that no view is made for each piece. */
export interface BytesRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Below 0, 0 or above 0, number by number; a beginning of the other comes first. */
export function compareColumns(a: U32Column, b: U32Column): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a.at(i) - b.at(i);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Where the first byte of [start, end) is that is not zero; -1 when there is none. */
export function firstNonZero(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return at;
  return -1;
}
