// `varve tsdb analyze DIR`: what makes the newest block of each data directory large: series that
// come and go, labels with many values, metrics with many series. The figures are promtool's.

import { F64Column } from '../../base/bytes/columns.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { durationText } from '../../base/model/time-text.ts';
import { BlockReader } from '../../block/block-reader.ts';
import { PairTable } from '../../block/index/pair-table.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import { readMeta } from '../../block/meta.ts';
import { locate } from './locate.ts';
import type { ToolContext } from './output.ts';

interface Item {
  readonly name: string;
  readonly count: number;
}

/** One list of the analysis. */
interface Section {
  readonly title: string;
  readonly items: readonly Item[];
}

interface Analysis {
  readonly meta: BlockMeta;
  readonly seriesCount: number;
  readonly labelNames: number;
  readonly labelPairs: number;
  readonly entries: number;
  readonly sections: readonly Section[];
}

/** Analyzes the newest block of each data directory; 1 when one cannot be read. */
export function analyze(context: ToolContext, dirs: readonly string[]): number {
  let failed = 0;
  for (const dir of dirs.flatMap((one) => locate(context.disk, one))) {
    try {
      const newest = newestBlock(context, dir.blocks);
      if (newest !== undefined) print(context, dir.name, analyzeBlock(context, newest));
    } catch (thrown) {
      failed++;
      context.err(`${dir.path}: ${asVarveError(thrown).message}`);
    }
  }
  return failed > 0 ? 1 : 0;
}

function newestBlock(context: ToolContext, blocks: readonly string[]): string | undefined {
  let newest: { path: string; maxTimeMs: number } | undefined;
  for (const path of blocks) {
    const { maxTimeMs } = readMeta(context.disk, path);
    if (newest === undefined || maxTimeMs >= newest.maxTimeMs) newest = { path, maxTimeMs };
  }
  return newest?.path;
}

function analyzeBlock(context: ToolContext, path: string): Analysis {
  const block = new BlockReader(context.disk, path);
  try {
    const pairs = new PairTable();
    const uses = new F64Column();
    const uncovered = new F64Column();
    let seriesCount = 0;
    let entries = 0;
    for (const entry of block.series()) {
      seriesCount++;
      if (entry.chunkCount === 0) continue;
      // How much of the block's range the series does not cover: what churn costs.
      const missingMs =
        block.meta.maxTimeMs -
        entry.chunkMaxTimes.at(entry.chunkCount - 1) +
        (entry.chunkMinTimes.at(0) - block.meta.minTimeMs);
      for (let i = 0; i < entry.labels.length; i += 2) {
        const pair = pairs.numberOf(entry.labels.at(i), entry.labels.at(i + 1));
        if (pair === uses.length) {
          uses.push(0);
          uncovered.push(0);
        }
        uses.set(pair, uses.at(pair) + 1);
        uncovered.set(pair, uncovered.at(pair) + missingMs);
        entries++;
      }
    }
    return {
      meta: block.meta,
      seriesCount,
      labelNames: block.index.labelNames().length,
      labelPairs: pairs.count,
      entries,
      sections: sectionsOf(block, pairs, { uses, uncovered }),
    };
  } finally {
    block.close();
  }
}

function sectionsOf(
  block: BlockReader,
  pairs: PairTable,
  counts: { readonly uses: F64Column; readonly uncovered: F64Column },
): readonly Section[] {
  const rangeMs = Math.max(1, block.meta.maxTimeMs - block.meta.minTimeMs);
  const text = (symbol: number): string => block.index.symbols.text(symbol);
  const pairChurn: Item[] = [];
  const pairUses: Item[] = [];
  const metrics: Item[] = [];
  const names = new Map<string, { uncovered: number; values: number; valueBytes: number }>();
  for (let pair = 0; pair < pairs.count; pair++) {
    const name = text(pairs.nameOf(pair));
    const value = text(pairs.valueOf(pair));
    const uncovered = counts.uncovered.at(pair);
    pairChurn.push({ name: `${name}=${value}`, count: Math.floor(uncovered / rangeMs) });
    pairUses.push({ name: `${name}=${value}`, count: counts.uses.at(pair) });
    if (name === '__name__') metrics.push({ name: value, count: counts.uses.at(pair) });
    const sums = names.get(name) ?? { uncovered: 0, values: 0, valueBytes: 0 };
    sums.uncovered += uncovered;
    sums.values++;
    sums.valueBytes += block.index.symbols.bytes(pairs.valueOf(pair)).length;
    names.set(name, sums);
  }
  const byName = (
    count: (sums: { uncovered: number; values: number; valueBytes: number }) => number,
  ) => [...names].map(([name, sums]) => ({ name, count: count(sums) }));
  return [
    { title: 'Label pairs most involved in churning', items: pairChurn },
    {
      title: 'Label names most involved in churning',
      items: byName((sums) => Math.floor(sums.uncovered / rangeMs)),
    },
    { title: 'Most common label pairs', items: pairUses },
    {
      title: 'Label names with highest cumulative label value length',
      items: byName((sums) => sums.valueBytes),
    },
    { title: 'Highest cardinality labels', items: byName((sums) => sums.values) },
    { title: 'Highest cardinality metric names', items: metrics },
  ];
}

function print(context: ToolContext, directory: string, analysis: Analysis): void {
  const { out, config } = context;
  const { meta, seriesCount, labelNames, labelPairs, entries } = analysis;
  const sections = analysis.sections.map(({ title, items }) => ({
    title,
    items: items.toSorted((a, b) => b.count - a.count).slice(0, config.limit),
  }));
  if (config.output === 'json') {
    const block = meta.ulid;
    out.line(
      JSON.stringify({ directory, block, seriesCount, labelNames, labelPairs, entries, sections }),
    );
    return;
  }
  if (directory !== '') out.line(`Directory: ${directory}`);
  out.line(`Block ID: ${meta.ulid}`);
  out.line(`Duration: ${durationText(meta.maxTimeMs - meta.minTimeMs)}`);
  out.line(`Total Series: ${seriesCount}`);
  out.line(`Label names: ${labelNames}`);
  out.line(`Postings (unique label pairs): ${labelPairs}`);
  out.line(`Postings entries (total label pairs): ${entries}`);
  for (const { title, items } of sections) {
    out.line('');
    out.line(`${title}:`);
    for (const { name, count } of items) out.line(`${count} ${name}`);
  }
}
