// `npm run simulate`: histories of the whole gateway on simulated machines, seed after seed.
//
//   npm run simulate -- --seeds=10000            goes on until so many seeds have been run in all
//   npm run simulate -- --minutes=30 --jobs=2    … or until that time is over
//   npm run simulate -- --seed=7                 one history, with a line for every step
//   npm run simulate -- --first                  ends with the first seed that fails
//
// What was run is added up in runs.json (beside this file's source, `--record=FILE`, or nowhere with
// `--record=`); the next call goes on behind the last seed. Exit code 1 when a promise was broken.

import { execFileSync, fork } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addCounts, type HistoryCounts, noCounts } from './history-counts.ts';
import { type Failure, type Outcome, runHistories } from './run-histories.ts';

/** With `--first` each seed is told at once. */
const SEEDS_PER_BATCH = 20;

/** What one call did, and on which code. */
interface Run {
  readonly date: string;
  /** The sources' tree in git; with `+` when they were changed and not committed. */
  readonly code: string;
  readonly firstSeed: number;
  seeds: number;
  seconds: number;
  counts: HistoryCounts;
  failures: Failure[];
}

interface Batch {
  readonly firstSeed: number;
  readonly seeds: number;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '100000' },
    jobs: { type: 'string', default: '1' },
    first: { type: 'boolean', default: false },
    record: { type: 'string', default: 'test/simulation/runs.json' },
  },
});

if (process.send !== undefined) serveBatches();
else if (values.seed !== undefined) process.exit(await one(Number(values.seed)));
else process.exit(await campaign());

/** One history, told step by step. */
async function one(seed: number): Promise<number> {
  const trace = (line: string): void => void process.stdout.write(`${line}\n`);
  const { counts, failures } = await runHistories([seed], trace);
  trace(JSON.stringify({ seed, counts, failures }, undefined, 1));
  return failures.length === 0 ? 0 : 1;
}

/** A child: runs batches as they come. */
function serveBatches(): void {
  process.on('message', async ({ firstSeed, seeds }: Batch) => {
    process.send?.(await runHistories(Array.from({ length: seeds }, (_, i) => firstSeed + i)));
  });
  process.on('disconnect', () => process.exit(0));
}

async function campaign(): Promise<number> {
  const before = values.record === '' ? [] : readRuns(values.record);
  const seedsBefore = before.reduce((sum, { seeds }) => sum + seeds, 0);
  const run: Run = {
    date: new Date().toISOString().slice(0, 10),
    code: values.record === '' ? '' : codeOf(),
    firstSeed: before.reduce((next, one) => Math.max(next, one.firstSeed + one.seeds), 1),
    seeds: 0,
    seconds: 0,
    counts: noCounts(),
    failures: [],
  };
  const seedsMax = Number(values.seeds) - seedsBefore;
  const startedMs = Date.now();
  await runBatches(run.firstSeed, seedsMax, ({ seeds }, { counts, failures }) => {
    run.seeds += seeds;
    run.seconds = Math.round((Date.now() - startedMs) / 1000);
    addCounts(run.counts, counts);
    run.failures.push(...failures);
    for (const { seed, why } of failures) process.stdout.write(`seed ${seed}: ${why}\n`);
    if (values.first && failures.length > 0) process.exit(1);
    if (values.record !== '') writeRuns(values.record, [...before, run]);
    process.stdout.write(`${summary([...before, run])}\n`);
  });
  return run.failures.length === 0 ? 0 : 1;
}

/** Hands out batches to children; tells of them in the order of their seeds. */
async function runBatches(
  firstSeed: number,
  seedsMax: number,
  tell: (batch: Batch, outcome: Outcome) => void,
): Promise<void> {
  const untilMs = Date.now() + Number(values.minutes) * 60_000;
  const endSeed = firstSeed + seedsMax;
  const perBatch = values.first ? 1 : SEEDS_PER_BATCH;
  let next = firstSeed;
  let told = firstSeed;
  const done = new Map<number, { readonly batch: Batch; readonly outcome: Outcome }>();
  const work = async (): Promise<void> => {
    const child = fork(process.argv[1] ?? '', [], { stdio: 'inherit' });
    while (next < endSeed && Date.now() < untilMs) {
      const batch = { firstSeed: next, seeds: Math.min(perBatch, endSeed - next) };
      next += batch.seeds;
      const outcome = await new Promise<Outcome>((resolve, reject) => {
        child.once('message', (message) => resolve(message as Outcome));
        child.once('exit', (code) => reject(new Error(`a child ended with code ${code}`)));
        child.send(batch);
      });
      child.removeAllListeners('exit');
      done.set(batch.firstSeed, { batch, outcome });
      for (let first = done.get(told); first !== undefined; first = done.get(told)) {
        done.delete(told);
        told += first.batch.seeds;
        tell(first.batch, first.outcome);
      }
    }
    child.disconnect();
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
}

/** All runs added up. */
function summary(runs: readonly Run[]): string {
  const counts = noCounts();
  for (const run of runs) addCounts(counts, run.counts);
  const seeds = runs.reduce((sum, run) => sum + run.seeds, 0);
  const failed = runs.reduce((sum, run) => sum + run.failures.length, 0);
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const { hours, steps, lives, faults, requests, acknowledged, checks, reads, cuts } = counts;
  return [
    `${seeds} seeds (${failed} failed) in ${seconds} s: ${Math.round(hours)} simulated hours`,
    `${steps} steps, ${lives} lives, ${faults} faults, ${requests} requests`,
    `${acknowledged} samples acknowledged, ${cuts} cuts, ${checks} checks, ${reads} reads`,
  ].join('; ');
}

function readRuns(path: string): Run[] {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Run[]) : [];
}

function writeRuns(path: string, runs: readonly Run[]): void {
  writeFileSync(`${path}.tmp`, `[\n${runs.map((run) => JSON.stringify(run)).join(',\n')}\n]\n`);
  renameSync(`${path}.tmp`, path);
}

function codeOf(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', 'src', 'storage-adapters') === '' ? '' : '+';
  return git('rev-parse', '--short', 'HEAD:src') + changed;
}
