// What makes a block large: series that come and go, labels with many values, metrics with many
// series. The figures are promtool's.

import { F64Column } from '../base/bytes/columns.ts';
import type { BlockReader } from './block-reader.ts';
import { PairTable } from './index/pair-table.ts';
import type { BlockMeta } from './meta/format.ts';

/** A name and how often, how many or how long. */
export interface CountedName {
  readonly name: string;
  readonly count: number;
}

/** One list of the analysis; in no order. */
export interface AnalysisSection {
  readonly title: string;
  readonly items: readonly CountedName[];
}

/** The figures of one block. */
export interface BlockAnalysis {
  readonly meta: BlockMeta;
  readonly seriesCount: number;
  readonly labelNames: number;
  /** Different pairs of label name and value, and how often they stand in series in all. */
  readonly labelPairs: number;
  readonly entries: number;
  readonly sections: readonly AnalysisSection[];
}

interface NameSums {
  uncoveredMs: number;
  values: number;
  valueBytes: number;
}

/** Goes through all series of `block` once. */
export function analyzeBlock(block: BlockReader): BlockAnalysis {
  const pairs = new PairTable();
  const uses = new F64Column();
  const uncoveredMs = new F64Column();
  const meta = block.readMeta();
  const { minTimeMs, maxTimeMs } = meta;
  let seriesCount = 0;
  let entries = 0;
  for (const entry of block.series()) {
    seriesCount++;
    if (entry.chunkCount === 0) continue;
    // How much of the block's range the series does not cover: what churn costs.
    const behindMs = maxTimeMs - entry.chunkMaxTimes.at(entry.chunkCount - 1);
    const missingMs = behindMs + entry.chunkMinTimes.at(0) - minTimeMs;
    for (let i = 0; i < entry.labels.length; i += 2) {
      const pair = pairs.numberOf(entry.labels.at(i), entry.labels.at(i + 1));
      if (pair === uses.length) {
        uses.push(0);
        uncoveredMs.push(0);
      }
      uses.set(pair, uses.at(pair) + 1);
      uncoveredMs.set(pair, uncoveredMs.at(pair) + missingMs);
      entries++;
    }
  }
  return {
    meta,
    seriesCount,
    labelNames: block.index.labelNames().length,
    labelPairs: pairs.count,
    entries,
    sections: sectionsOf(block, pairs, { uses, uncoveredMs, rangeMs: maxTimeMs - minTimeMs }),
  };
}

function sectionsOf(
  block: BlockReader,
  pairs: PairTable,
  counts: {
    readonly uses: F64Column;
    readonly uncoveredMs: F64Column;
    readonly rangeMs: number;
  },
): readonly AnalysisSection[] {
  const { symbols } = block.index;
  const rangeMs = Math.max(1, counts.rangeMs);
  const churn: CountedName[] = [];
  const common: CountedName[] = [];
  const metrics: CountedName[] = [];
  const names = new Map<string, NameSums>();
  for (let pair = 0; pair < pairs.count; pair++) {
    const name = symbols.text(pairs.nameOf(pair));
    const value = symbols.text(pairs.valueOf(pair));
    const uncoveredMs = counts.uncoveredMs.at(pair);
    const uses = counts.uses.at(pair);
    churn.push({ name: `${name}=${value}`, count: Math.floor(uncoveredMs / rangeMs) });
    common.push({ name: `${name}=${value}`, count: uses });
    if (name === '__name__') metrics.push({ name: value, count: uses });
    const sums = names.get(name) ?? { uncoveredMs: 0, values: 0, valueBytes: 0 };
    sums.uncoveredMs += uncoveredMs;
    sums.values++;
    sums.valueBytes += symbols.lengthOf(pairs.valueOf(pair));
    names.set(name, sums);
  }
  const byName = (count: (sums: NameSums) => number): CountedName[] =>
    [...names].map(([name, sums]) => ({ name, count: count(sums) }));
  return [
    { title: 'Label pairs most involved in churning', items: churn },
    {
      title: 'Label names most involved in churning',
      items: byName((sums) => Math.floor(sums.uncoveredMs / rangeMs)),
    },
    { title: 'Most common label pairs', items: common },
    {
      title: 'Label names with highest cumulative label value length',
      items: byName((sums) => sums.valueBytes),
    },
    { title: 'Highest cardinality labels', items: byName((sums) => sums.values) },
    { title: 'Highest cardinality metric names', items: metrics },
  ];
}
