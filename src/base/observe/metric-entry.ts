// How a metric is declared, and the words the catalogue is written in.

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** How the values that several threads have for one set of labels become one. */
export type MetricMerge = 'sum' | 'min' | 'max';

/** A name under which Prometheus or Thanos has the very same value. */
export interface CompatibleName {
  readonly name: string;
  /** `summary` where they have one: its sum and count are then exposed, without quantiles. */
  readonly type?: 'summary';
  /** What to multiply with, where they have another unit. 1 by default. */
  readonly scale?: number;
}

/** A declared metric. */
export interface MetricEntry {
  readonly kind: MetricKind;
  readonly help: string;
  readonly labels: readonly string[];
  readonly compatible: readonly CompatibleName[];
  /** `sum` unless said otherwise. */
  readonly merge: MetricMerge;
  /** Upper bounds of a histogram's buckets, ascending, without +Inf. */
  readonly buckets: readonly number[];
}

/** An entry with its kind and labels kept as types, so that handles can be checked. */
export type DeclaredMetric<K extends MetricKind, L extends string> = MetricEntry & {
  readonly kind: K;
  readonly labels: readonly L[];
};

interface Extras {
  readonly compatible?: readonly CompatibleName[];
  readonly merge?: MetricMerge;
}

/** Only ever goes up; its name ends in `_total`. */
export function counter<const L extends string>(
  help: string,
  labels: readonly L[] = [],
  extras: Extras = {},
): DeclaredMetric<'counter', L> {
  return { kind: 'counter', help, labels, compatible: [], merge: 'sum', buckets: [], ...extras };
}

/** A value that goes up and down. */
export function gauge<const L extends string>(
  help: string,
  labels: readonly L[] = [],
  extras: Extras = {},
): DeclaredMetric<'gauge', L> {
  return { kind: 'gauge', help, labels, compatible: [], merge: 'sum', buckets: [], ...extras };
}

/** A distribution over fixed buckets. */
export function histogram<const L extends string>(
  help: string,
  buckets: readonly number[],
  labels: readonly L[] = [],
  extras: Extras = {},
): DeclaredMetric<'histogram', L> {
  return { kind: 'histogram', help, labels, compatible: [], merge: 'sum', buckets, ...extras };
}

/** The same value under one other name. */
export function alsoAs(name: string, rest: Omit<CompatibleName, 'name'> = {}): Extras {
  return { compatible: [{ name, ...rest }] };
}
