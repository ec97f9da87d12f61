// What `promtool tsdb dump` finds in a data directory or in blocks, as series and samples that can
// be compared. promtool is the judge here: nothing of Varve's reads the data.

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROMTOOL } from './peers.ts';
import type { BlockOnDisk } from './varve-process.ts';

/** Labels by name as Go quotes them → times → values as Go prints them. */
export type Dump = Map<string, Map<number, string>>;

/** Labels that are added to each series, by name. */
export type AddedLabels = Readonly<Record<string, string>>;

/** Dumps a data directory into `into`, each series with `added` among its labels. */
export async function dumpDir(dir: string, added: AddedLabels, into: Dump): Promise<void> {
  const child = spawn(PROMTOOL, ['tsdb', 'dump', dir], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
  let lastText = '';
  let samples: Map<number, string> = new Map();
  for await (const line of lines) {
    const end = line.lastIndexOf('}') + 1;
    const text = line.slice(0, end);
    if (text !== lastText) {
      const key = withLabels(text, added);
      samples = into.get(key) ?? new Map();
      into.set(key, samples);
      lastText = text;
    }
    const [value = '', time = ''] = line.slice(end + 1).split(' ');
    samples.set(Number(time), value);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`promtool tsdb dump ${dir}: ${code} ${stderr}`);
}

/**
 * Dumps blocks, those with the same labels together; of these labels, `added` chooses which are
 * put back into the series. Works on copies in a directory under `scratch`.
 */
export async function dumpBlocks(
  blocks: readonly BlockOnDisk[],
  scratch: string,
  added: (labels: BlockOnDisk['labels']) => AddedLabels,
): Promise<Dump> {
  const dump: Dump = new Map();
  const groups = new Map<string, BlockOnDisk[]>();
  for (const block of blocks) {
    const key = JSON.stringify(block.labels);
    groups.set(key, [...(groups.get(key) ?? []), block]);
  }
  for (const group of groups.values()) {
    const dir = mkdtempSync(join(scratch, 'blocks-'));
    mkdirSync(join(dir, 'wal'));
    for (const block of group) cpSync(block.dir, join(dir, block.ulid), { recursive: true });
    await dumpDir(dir, added(group[0]?.labels ?? {}), dump);
    rmSync(dir, { recursive: true });
  }
  return dump;
}

/** `{a="b", c="d"}` with more labels, in the order of names. */
function withLabels(text: string, added: AddedLabels): string {
  const pairs = [...text.slice(1, -1).matchAll(/([^=, ]+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([pair, name = '']) => ({ name, pair }),
  );
  for (const [name, value] of Object.entries(added)) {
    if (pairs.some((pair) => pair.name === name)) throw new Error(`${text} has ${name} already`);
    pairs.push({ name, pair: `${name}=${JSON.stringify(value)}` });
  }
  pairs.sort((a, b) => (a.name < b.name ? -1 : 1));
  return `{${pairs.map(({ pair }) => pair).join(', ')}}`;
}

/** How many samples a dump has. */
export function samplesIn(dump: Dump): number {
  let count = 0;
  for (const samples of dump.values()) count += samples.size;
  return count;
}

/** The earliest time in a dump. */
export function firstTimeIn(dump: Dump): number {
  let first = Number.POSITIVE_INFINITY;
  for (const samples of dump.values())
    for (const time of samples.keys()) first = Math.min(first, time);
  return first;
}

export interface Comparison {
  readonly equal: number;
  /** In `want` and not in `have`: how many, and the first few. */
  readonly missing: number;
  /** In `have` and not in `want`. */
  readonly extra: number;
  readonly different: number;
  readonly examples: readonly string[];
}

/** Compares sample for sample, both ways, value texts exactly. */
export function compareDumps(want: Dump, have: Dump): Comparison {
  const result = { equal: 0, missing: 0, extra: 0, different: 0, examples: [] as string[] };
  const example = (kind: 'missing' | 'extra' | 'different', text: () => string): void => {
    result[kind]++;
    if (result.examples.length < 10) result.examples.push(`${kind}: ${text()}`);
  };
  for (const [series, samples] of want) {
    const others = have.get(series);
    for (const [time, value] of samples) {
      const other = others?.get(time);
      if (other === value) result.equal++;
      else if (other === undefined) example('missing', () => `${series} ${value} ${time}`);
      else example('different', () => `${series} ${value} ${time}: has ${other}`);
    }
  }
  for (const [series, samples] of have) {
    const others = want.get(series);
    for (const [time, value] of samples) {
      if (!others?.has(time)) example('extra', () => `${series} ${value} ${time}`);
    }
  }
  return result;
}
