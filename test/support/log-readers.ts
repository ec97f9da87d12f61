// Everything in Varve that reads a write-ahead log, each run on a copy of the same directory, so
// that a table of damage says of each row what every reader makes of it.

import { runTsdbTool } from '../../src/admin/tsdb-tool.ts';
import { loadTsdbToolConfig } from '../../src/base/config/load-config.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import { writeCheckpoint } from '../../src/wal/checkpoint.ts';
import { listWal } from '../../src/wal/directory.ts';
import { EngineMachine, TSDB } from './engine-machine.ts';
import { exactBody } from './exact-body.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk } from './memory-disk.ts';
import type { LogRecord } from './memory-logger.ts';
import { readBlocks } from './stored-samples.ts';

/** The tenant whose log is damaged, and one beside it that must not notice. */
export const TENANT = 't';
export const DIR = `${TSDB}/${TENANT}`;
export const WAL = `${DIR}/wal`;
export const QUARANTINE = `${TSDB}/.varve/quarantine/${TENANT}`;
const OTHER = 'other';
const ONE = '3ff0000000000000';

/** What a tool printed. */
export interface ToolRun {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export async function runTool(
  disk: Disk,
  command: 'dump' | 'verify' | 'ls' | 'analyze',
  dir: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ToolRun> {
  let out = '';
  let err = '';
  const config = { ...loadTsdbToolConfig(new Map()), ...settings };
  const stdout = (text: string): void => {
    out += text;
  };
  const stderr = (text: string): void => {
    err += text;
  };
  const code = await runTsdbTool(command, [dir], { config, stdout, stderr }, disk);
  const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
  return { code, out: linesOf(out), err: linesOf(err) };
}

/** `series value time` of every sample that the log gives, sorted. */
export async function samplesInLog(disk: Disk, dir = WAL): Promise<readonly string[]> {
  const parent = dir.slice(0, dir.lastIndexOf('/'));
  return (await runTool(disk, 'dump', parent)).out.toSorted();
}

/** Truncates up to the last but one segment, covering nothing; what was not kept is a loss. */
export async function checkpointAll(disk: MemoryDisk): Promise<void> {
  const through = listWal(disk, WAL).segments.at(-2);
  if (through === undefined) return;
  await writeCheckpoint({
    disk,
    dir: WAL,
    through,
    isLive: () => false,
    isCovered: () => false,
    quarantineDir: QUARANTINE,
  });
}

/** What two lives of an engine on the damaged directory did. */
export interface Lives {
  /** The disk at the end. */
  readonly disk: MemoryDisk;
  /** Messages of the first start. */
  readonly started: readonly LogRecord[];
  readonly logged: readonly LogRecord[];
  /** `series labels@time` of every sample in the tenant's blocks, sorted. */
  readonly stored: readonly string[];
}

/** The text of a log line, for looking for words in it. */
export function lineOf({ level, message, fields }: LogRecord): string {
  return `${level} ${message} ${JSON.stringify(fields)}`;
}

/**
 * Starts an engine on the directory, writes, cuts all, ends it, starts another, writes and cuts
 * again. Both tenants must take every write and every cut must succeed.
 */
export async function liveOn(damaged: MemoryDisk, nowMs?: number): Promise<Lives> {
  const clock = new ManualClock(nowMs);
  let disk = damaged;
  let started: readonly LogRecord[] = [];
  const logged: LogRecord[] = [];
  for (let life = 0; life < 2; life++) {
    const machine = machineOn(disk, clock);
    await machine.start();
    if (life === 0) started = [...machine.logger.records];
    for (const tenant of [TENANT, OTHER]) await writeOne(machine, tenant, life, clock.nowMs());
    const round = await machine.cutRound(true);
    if (round.failed > 0) throw new Error(`${round.failed} cuts failed ${describe(machine)}`);
    await clock.advance(60_000);
    await machine.ship();
    logged.push(...machine.logger.records);
    await machine.drain();
    disk = machine.remains;
  }
  const blocks = readBlocks(disk, DIR);
  const samples = blocks.flatMap((block) => block.samples.map(([key]) => key.split('|')));
  const stored = samples.map(([, series, time]) => `${series}@${time}`).toSorted();
  return { disk, started, logged, stored };
}

export function machineOn(disk: MemoryDisk, clock: ManualClock): EngineMachine {
  return new EngineMachine({
    disk,
    clock,
    seed: 7,
    blockLabels: [],
    retentionMs: 0,
    walCompression: false,
    onCut: () => undefined,
  });
}

/** The sample that each life writes, as `stored` shows it. */
export function writtenIn(life: number, nowMs: number): string {
  return `__name__=life${life}@${nowMs}`;
}

async function writeOne(machine: EngineMachine, tenant: string, life: number, nowMs: number) {
  const labels: [string, string][] = [['__name__', `life${life}`]];
  const body = exactBody([{ labels, samples: [{ timeMs: nowMs, bits: ONE }] }]);
  const outcome = await machine.write(tenant, body);
  if (outcome.written.samples !== 1)
    throw new Error(`${tenant} took no write: ${JSON.stringify(outcome)} ${describe(machine)}`);
}

function describe(machine: EngineMachine): string {
  return machine.logger.records.map(lineOf).join('\n');
}

/** A disk of its own with the same files, so that one reader does not meet what another did. */
export function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk();
  copyTree(disk, copy, '/data');
  return copy;
}

function copyTree(from: MemoryDisk, to: MemoryDisk, dir: string): void {
  to.makeDir(dir);
  for (const { name, isDirectory } of from.list(dir)) {
    const path = `${dir}/${name}`;
    if (isDirectory) copyTree(from, to, path);
    else to.replaceFile(path, from.readFile(path));
  }
}
