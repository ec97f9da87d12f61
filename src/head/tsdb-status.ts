// What /api/v1/status/tsdb says about heads: counts, and the longest lists (Prometheus's HTTP API,
// "TSDB Stats"). One walk over the label pairs; names are read for the winners only.

import { NO_SYMBOL } from '../base/bytes/symbol-table.ts';
import type { Head } from './head.ts';
import { PAIR_COUNT, PAIR_NAME, PAIR_VALUE } from './pair-record.ts';

/** A line of a list: a count, or bytes, of what is named. */
export interface NamedCount {
  readonly name: string;
  readonly value: number;
}

/** One head, or several together; in the shape that the HTTP answer has. */
export interface HeadStatus {
  readonly headStats: {
    readonly numSeries: number;
    readonly numLabelPairs: number;
    readonly chunkCount: number;
    readonly minTime: number;
    readonly maxTime: number;
  };
  readonly seriesCountByMetricName: readonly NamedCount[];
  readonly labelValueCountByLabelName: readonly NamedCount[];
  readonly memoryInBytesByLabelName: readonly NamedCount[];
  readonly seriesCountByLabelValuePair: readonly NamedCount[];
}

/** Entries kept of each list of a head, so that lists of several can be put together. */
const KEPT = 1000;

/** The status of one head. Without samples the times are 0. */
export function headStatus(head: Head): HeadStatus {
  const { memory, store } = head;
  const { pairs, symbols } = memory;
  const metrics = new Longest(KEPT);
  const values = new Longest(KEPT);
  const bytes = new Longest(KEPT);
  const byPair = new Longest(KEPT);
  const field = (record: number, at: number) =>
    pairs.view(record).getUint32(pairs.offset(record) + at, true);
  for (const name of store.postings.names()) {
    values.offer(name, field(name, PAIR_COUNT));
    const isMetric = field(name, PAIR_NAME) === head.nameSymbol;
    let nameBytes = 0;
    for (const pair of store.postings.pairsOf(name)) {
      const count = field(pair, PAIR_COUNT);
      nameBytes += symbols.lengthOf(field(pair, PAIR_VALUE)) * count;
      byPair.offer(pair, count);
      if (isMetric) metrics.offer(pair, count);
    }
    bytes.offer(name, nameBytes);
  }
  const nameText = (record: number) => symbols.textOf(field(record, PAIR_NAME));
  const valueText = (record: number) => {
    const value = field(record, PAIR_VALUE);
    return value === NO_SYMBOL ? '' : symbols.textOf(value);
  };
  const { minTimeMs, maxTimeMs } = head.timeRange;
  return {
    headStats: {
      numSeries: head.seriesCount,
      numLabelPairs: store.postings.pairCount,
      chunkCount: head.chunkCount,
      minTime: Number.isFinite(minTimeMs) ? minTimeMs : 0,
      maxTime: Number.isFinite(maxTimeMs) ? maxTimeMs : 0,
    },
    seriesCountByMetricName: metrics.named(valueText),
    labelValueCountByLabelName: values.named(nameText),
    memoryInBytesByLabelName: bytes.named(nameText),
    seriesCountByLabelValuePair: byPair.named((pair) => `${nameText(pair)}=${valueText(pair)}`),
  };
}

/** Several heads (the streams of a tenant) as one, with `limit` entries a list. */
export function mergeStatus(statuses: readonly HeadStatus[], limit: number): HeadStatus {
  const stats = statuses.map((status) => status.headStats);
  const filled = stats.filter((stat) => stat.numSeries > 0);
  const sum = (of: (stat: HeadStatus['headStats']) => number) =>
    stats.reduce((total, stat) => total + of(stat), 0);
  const list = (of: (status: HeadStatus) => readonly NamedCount[]) =>
    mergeLists(statuses.map(of), limit);
  return {
    headStats: {
      numSeries: sum((stat) => stat.numSeries),
      numLabelPairs: sum((stat) => stat.numLabelPairs),
      chunkCount: sum((stat) => stat.chunkCount),
      minTime: filled.length === 0 ? 0 : Math.min(...filled.map((stat) => stat.minTime)),
      maxTime: filled.length === 0 ? 0 : Math.max(...filled.map((stat) => stat.maxTime)),
    },
    seriesCountByMetricName: list((status) => status.seriesCountByMetricName),
    labelValueCountByLabelName: list((status) => status.labelValueCountByLabelName),
    memoryInBytesByLabelName: list((status) => status.memoryInBytesByLabelName),
    seriesCountByLabelValuePair: list((status) => status.seriesCountByLabelValuePair),
  };
}

function mergeLists(lists: readonly (readonly NamedCount[])[], limit: number): NamedCount[] {
  const sums = new Map<string, number>();
  for (const { name, value } of lists.flat()) sums.set(name, (sums.get(name) ?? 0) + value);
  return [...sums]
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => b.value - a.value)
    .slice(0, limit);
}

/** The records with the highest counts of all that were offered. */
class Longest {
  readonly #limit: number;
  #kept: { readonly record: number; readonly count: number }[] = [];
  /** What is not above this need not be looked at. */
  #least = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(record: number, count: number): void {
    if (count <= this.#least) return;
    this.#kept.push({ record, count });
    if (this.#kept.length >= this.#limit * 2) this.#shrink();
  }

  named(name: (record: number) => string): NamedCount[] {
    this.#shrink();
    return this.#kept.map(({ record, count }) => ({ name: name(record), value: count }));
  }

  #shrink(): void {
    this.#kept.sort((a, b) => b.count - a.count);
    this.#kept = this.#kept.slice(0, this.#limit);
    if (this.#kept.length === this.#limit) this.#least = this.#kept.at(-1)?.count ?? this.#least;
  }
}
