// Deleted intervals of time. Both ends belong to them; neighbours in the next millisecond are one.

/** Milliseconds, both inclusive. Ends that do not fit a double exactly are rounded. */
export interface Interval {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** `sorted` with `added`, merged with all that it overlaps or touches. */
export function addInterval(sorted: readonly Interval[], added: Interval): Interval[] {
  const before = sorted.filter((one) => one.maxTimeMs < added.minTimeMs - 1);
  const after = sorted.filter((one) => one.minTimeMs > added.maxTimeMs + 1);
  const touched = sorted.slice(before.length, sorted.length - after.length);
  const merged = {
    minTimeMs: Math.min(added.minTimeMs, ...touched.map((one) => one.minTimeMs)),
    maxTimeMs: Math.max(added.maxTimeMs, ...touched.map((one) => one.maxTimeMs)),
  };
  return [...before, merged, ...after];
}

/** Is this time deleted? */
export function isDeleted(intervals: readonly Interval[], timeMs: number): boolean {
  return intervals.some((one) => timeMs >= one.minTimeMs && timeMs <= one.maxTimeMs);
}

/** Is everything from `minTimeMs` to `maxTimeMs` deleted? */
export function isAllDeleted(
  intervals: readonly Interval[],
  minTimeMs: number,
  maxTimeMs: number,
): boolean {
  return intervals.some((one) => minTimeMs >= one.minTimeMs && maxTimeMs <= one.maxTimeMs);
}
