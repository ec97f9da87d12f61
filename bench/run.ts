// `npm run bench`: Varve beside Debian's prometheus and victoria-metrics, with the same data, on
// this machine, one after the other. `npm run bench -- ingest` runs one part, `-- ingest varve` one
// part on one server; the parts: ingest (and block size), ingest2, first-sight (and
// replay), restart, and of Varve alone: store-requests (on each local object store), block-view (a
// bucket of 20,000 blocks), merge, downsample; compact is beside Thanos where one is found.
//
// Prints what DESIGN §4 wants beside what was reached, and appends a line to bench/results.jsonl.
// Takes about ten minutes, 6 GB of memory and 3 GB under the system's temporary directory.

import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { blockView } from './bucket/block-view.ts';
import { compact } from './compact/compact.ts';
import { merge } from './compact/merge.ts';
import { downsample } from './downsample/downsample.ts';
import { restart } from './restart/restart.ts';
import { firstSight, ingest, ingest2, type Part } from './side-by-side/parts.ts';
import { SERVERS } from './side-by-side/servers.ts';
import { compare, type PartFigures, type Reached } from './side-by-side/targets.ts';
import { storeRequests } from './stores/requests.ts';

const PARTS: Readonly<Record<string, Part>> = {
  ingest,
  ingest2,
  'first-sight': firstSight,
  restart,
  'store-requests': storeRequests,
  'block-view': blockView,
  compact,
  merge,
  downsample,
};

/** The checkout: this file runs from its dist/ (or from a copy of it, then nothing is recorded). */
function checkoutRoot(): string | undefined {
  const root = dirname(dirname(import.meta.dirname));
  return existsSync(join(root, 'bench', 'run.ts')) ? root : undefined;
}

function git(...args: readonly string[]): string {
  const cwd = process.env.BENCH_CHECKOUT ?? checkoutRoot() ?? '.';
  return execFileSync('git', args, { cwd, encoding: 'utf8' }).trim();
}

function shown(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}

function printTable(rows: readonly Reached[]): void {
  const cells = rows.map((row) => [
    row.what,
    row.against === 'fixed' ? '' : `× ${row.against}`,
    shown(row.figure),
    shown(row.reached),
    row.wanted,
    row.isMet ? 'met' : 'NOT MET',
  ]);
  const all = [['what', 'against', 'varve', 'reached', 'wanted', ''], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  for (const row of all) {
    console.log(row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  '));
  }
}

const asked = process.argv.slice(2);
const partNames = Object.keys(PARTS).filter(
  (name) => asked.includes(name) || !asked.some((one) => one in PARTS),
);
const wanted = SERVERS.filter(
  ({ name }) => asked.includes(name) || !asked.some((one) => SERVERS.some((s) => s.name === one)),
);
const versions = new Map(wanted.map((kind) => [kind, kind.version()]));
const servers = wanted.filter((kind) => versions.get(kind) !== undefined);
for (const kind of wanted) {
  if (!servers.includes(kind)) console.error(`${kind.name} is not installed and left out`);
}

const startMs = Date.now();
/** Above the machine's processors, others were at work: then only ratios say something. */
const [loadAverage = 0] = loadavg();
const figures: Record<string, PartFigures> = {};
for (const name of partNames) {
  const dir = mkdtempSync(join(tmpdir(), 'varve-bench-'));
  try {
    const context = { dir, servers, nowMs: Date.now() };
    Object.assign(figures, await PARTS[name]?.(context));
  } finally {
    if (process.env.BENCH_KEEP === undefined) rmSync(dir, { recursive: true, force: true });
  }
}

const reached = compare(figures);
const line = {
  date: new Date(startMs).toISOString(),
  seconds: Math.round((Date.now() - startMs) / 1000),
  commit: git('rev-parse', 'HEAD'),
  changed: git('status', '--porcelain', '--', 'src', 'bench') !== '',
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    loadAverage,
  },
  versions: Object.fromEntries(servers.map((kind) => [kind.name, versions.get(kind)])),
  figures,
  reached,
};
const root = process.env.BENCH_CHECKOUT ?? checkoutRoot();
if (root !== undefined && servers.length > 0 && process.env.BENCH_NO_RECORD === undefined) {
  appendFileSync(join(root, 'bench', 'results.jsonl'), `${JSON.stringify(line)}\n`);
}
printTable(reached);
