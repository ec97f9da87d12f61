// `varve bucket inspect`: what each meta.json says, in the columns of `thanos tools bucket
// inspect`.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { INSPECT_COLUMNS, type InspectColumn } from '../../base/config/options-bucket-tool.ts';
import { printable } from '../../base/errors/printable.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import { compareUtf8 } from '../../base/model/labels.ts';
import { durationText, timeText } from '../../base/model/time-text.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { Lines } from '../tsdb/output.ts';
import { partialText } from './ls.ts';
import { hasLabels, seeBlocks } from './read-blocks.ts';
import { type BucketTool, withTimeout } from './tool.ts';

/** A block is downsampled when it is so long; by its resolution. */
const DOWNSAMPLED_FROM_MS: ReadonlyMap<number, number> = new Map([
  [0, 40 * 3_600_000],
  [300_000, 10 * 86_400_000],
]);
/** Longer texts in a cell are cut. */
const CELL_BYTES_MAX = 4096;

type InspectConfig = BucketToolConfig<'inspect'>;

/** A cell: what is shown, and what it is sorted by. */
interface Cell {
  readonly text: string;
  readonly value: string | number;
}

type Row = readonly Cell[];

/** Prints the table; 1 when some block's meta.json cannot be read. */
export async function inspect(given: BucketTool<InspectConfig>): Promise<number> {
  const { timeoutMs } = given.config;
  const { tool, end } = withTimeout(given, timeoutMs, () => {
    const what = `reading ${given.bucket.name} took longer than --timeout`;
    return new VarveError('store_unavailable', what);
  });
  try {
    return await printAll(tool);
  } finally {
    end();
  }
}

async function printAll(tool: BucketTool<InspectConfig>): Promise<number> {
  const { config, err, out } = tool;
  const rows: Row[] = [];
  let unreadable = 0;
  for await (const { listing, meta, error } of seeBlocks(tool)) {
    if (error !== undefined) {
      unreadable++;
      err(`${listing.ulid}: ${error.message}`);
    } else if (meta === undefined) err(`${listing.ulid} is no block: ${partialText(listing)}`);
    else if (hasLabels(meta, config.selector)) rows.push(rowOf(meta));
  }
  rows.sort(orderBy(config.sortBy));
  if (config.output === 'table') printBordered(out, rows);
  else if (config.output === 'json') for (const row of rows) out.line(jsonOf(row));
  else printSeparated(out, rows, config.output === 'csv' ? ',' : '\t');
  return unreadable > 0 ? 1 : 0;
}

function rowOf(meta: BlockMeta): Row {
  const { stats, compaction, thanos } = meta;
  const rangeMs = meta.maxTimeMs - meta.minTimeMs;
  const resolutionMs = thanos?.resolutionMs ?? 0;
  const labels = (thanos?.labels ?? []).map(({ name, value }) => `${name}=${value}`).join(',');
  const untilMs = untilDownsampledMs(resolutionMs, rangeMs);
  return [
    textCell(meta.ulid),
    { text: timeText(meta.minTimeMs), value: meta.minTimeMs },
    { text: timeText(meta.maxTimeMs), value: meta.maxTimeMs },
    { text: durationText(rangeMs), value: rangeMs },
    untilMs === undefined
      ? { text: '-', value: Number.NEGATIVE_INFINITY }
      : { text: durationText(untilMs), value: untilMs },
    countCell(stats.numSeries),
    countCell(stats.numSamples),
    countCell(stats.numChunks),
    countCell(compaction.level),
    textCell(String(compaction.failed)),
    textCell(labels),
    { text: durationText(resolutionMs), value: resolutionMs },
    textCell(thanos?.source ?? ''),
  ];
}

/** How much longer a block would have to be; undefined when it is never downsampled. */
function untilDownsampledMs(resolutionMs: number, rangeMs: number): number | undefined {
  const fromMs = DOWNSAMPLED_FROM_MS.get(resolutionMs);
  return fromMs === undefined ? undefined : fromMs - rangeMs;
}

function textCell(text: string): Cell {
  return { text: printable(text, CELL_BYTES_MAX), value: text };
}

/** Thousands are set apart, as Thanos does. */
function countCell(count: number): Cell {
  return { text: String(count).replace(/\B(?=(\d{3})+$)/g, ','), value: count };
}

/** By the columns in turn, then by ULID. */
function orderBy(columns: readonly string[]): (a: Row, b: Row) => number {
  const places = [...columns, 'ULID'].map((name) => INSPECT_COLUMNS.indexOf(name as InspectColumn));
  return (a, b) => {
    for (const place of places) {
      const order = compareCells(a.at(place), b.at(place));
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareCells(a: Cell | undefined, b: Cell | undefined): number {
  const [x, y] = [a?.value ?? '', b?.value ?? ''];
  if (typeof x === 'number' && typeof y === 'number') return x < y ? -1 : x > y ? 1 : 0;
  return compareUtf8(String(x), String(y));
}

/** Bars between the cells and under the head, as Thanos's table. */
function printBordered(out: Lines, rows: readonly Row[]): void {
  const widths: number[] = INSPECT_COLUMNS.map((name) => name.length);
  for (const row of rows)
    for (const [i, { text }] of row.entries()) widths[i] = Math.max(widths.at(i) ?? 0, text.length);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths.at(i) ?? 0)).join(' | ')} |`;
  out.line(line(INSPECT_COLUMNS));
  out.line(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  for (const row of rows) out.line(line(row.map(({ text }) => text)));
}

/** RFC 4180's quotes, for both separators. */
function printSeparated(out: Lines, rows: readonly Row[], separator: string): void {
  const quoted = (cell: string): string =>
    cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  out.line(INSPECT_COLUMNS.map(quoted).join(separator));
  for (const row of rows) out.line(row.map(({ text }) => quoted(text)).join(separator));
}

/** Keys are the columns; counts and times (milliseconds) are numbers. */
function jsonOf(row: Row): string {
  const entries = INSPECT_COLUMNS.map((name, i): [string, string | number | null] => {
    const value = row.at(i)?.value ?? null;
    return [name, value === Number.NEGATIVE_INFINITY ? null : value];
  });
  return JSON.stringify(Object.fromEntries(entries));
}
