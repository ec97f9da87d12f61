// Machines that are lost in full, one after the other: a `varve serve` with a WAL archive is killed
// under load, its whole data directory is deleted, and another restores from the bucket on another
// directory and other ports. What was acknowledged longer ago than the bound must be there.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { metricsOf } from '../e2e/metrics-page.ts';
import type { Processes } from '../e2e/processes.ts';
import { VarveProcess } from '../e2e/varve-process.ts';
import { waitFor } from '../e2e/waiting.ts';
import { SeededRandom } from '../seeded-random.ts';
import { judge, textOf } from './campaign.ts';
import { Fleet, LIFTED } from './fleet.ts';
import { KillLoad } from './load.ts';
import { Oracle } from './oracle.ts';
import { SampleTable } from './sample-table.ts';

const HOUR_MS = 3_600_000;
const INTERVAL_MS = 1000;
/** One upload, on a machine that others use, too. */
const UPLOAD_MS = Number(process.env.VARVE_UPLOAD_MS ?? 2000);
const WORKERS = 3;
const FLUSH_SHARE = 0.4;

/** A sample that was acknowledged, and when. */
interface Acknowledged {
  readonly series: number;
  readonly timeMs: number;
  readonly atMs: number;
}

/** What the archive cost. */
interface Costs {
  seconds: number;
  requests: number;
  bytes: number;
  pieces: number;
}

class ArchiveRun {
  readonly dir = mkdtempSync(join(tmpdir(), 'varve-archive-'));
  readonly costs: Costs = { seconds: 0, requests: 0, bytes: 0, pieces: 0 };
  inDoubt = 0;
  /** How long before its loss a machine had acknowledged the oldest sample that went with it. */
  oldestLostMs = 0;
  readonly #processes: Processes;
  readonly #random: SeededRandom;
  readonly #fleet = new Fleet();
  readonly #table = new SampleTable(Date.now() - 30 * HOUR_MS);
  readonly #oracle: Oracle;
  readonly #bucketDir = join(this.dir, 'bucket');
  #dataDir = join(this.dir, 'machine-0');
  #recent: Acknowledged[] = [];
  #killedMs = 0;

  constructor(processes: Processes, seed: number) {
    this.#processes = processes;
    this.#random = new SeededRandom(seed);
    const tsdbDir = (): string => join(this.#dataDir, 'tsdb');
    this.#oracle = new Oracle({
      fleet: this.#fleet,
      table: this.#table,
      bucketDir: this.#bucketDir,
      get tsdbDir() {
        return tsdbDir();
      },
    });
  }

  /** A machine works, is lost, and the next one takes its place. */
  async round(number: number): Promise<string> {
    await this.#workAndDie(number);
    rmSync(this.#dataDir, { recursive: true });
    this.#dataDir = join(this.dir, `machine-${number}`);
    const restoring = await this.#prepare(['--restore']);
    await restoring.start();
    const code = await restoring.terminate();
    if (code !== 0) throw new Error(`exit code ${code}; ${restoring.process.lastWords()}`);
    const findings = await this.#oracle.look();
    this.#noteOldestLost();
    judge(findings);
    return textOf(findings);
  }

  async #workAndDie(number: number): Promise<void> {
    const varve = await this.#prepare([]);
    await varve.start();
    this.#recent = [];
    const load = new KillLoad({
      origin: varve.writeOrigin,
      workers: WORKERS,
      fleet: this.#fleet,
      table: this.#table,
      seed: number,
      onAcknowledged: (series, timeMs) =>
        this.#recent.push({ series, timeMs, atMs: performance.now() }),
    });
    if (this.#random.fraction() < 0.3) load.mood = { ...load.mood, lateShare: 0.2 };
    const startedMs = performance.now();
    load.start();
    await waitFor('requests are taken', () => load.acknowledgedRequests > 10, {
      limitMs: 30_000,
      everyMs: 20,
      explain: () => varve.process.lastWords(),
    });
    await sleep(INTERVAL_MS + UPLOAD_MS + this.#random.between(0, 3000));
    const flushes = this.#random.fraction() < FLUSH_SHARE;
    const flushing = flushes ? varve.flush().catch(() => '') : undefined;
    // In the middle of it, or when all is in the bucket.
    if (this.#random.fraction() < 0.5) await flushing;
    if (flushes) await sleep(this.#random.between(0, 1500));
    await this.#noteCosts(varve, performance.now() - startedMs);
    const killedMs = performance.now();
    this.#killedMs = killedMs;
    await varve.kill();
    await load.stop();
    await flushing;
    for (const { atMs, series, timeMs } of this.#recent) {
      if (atMs < killedMs - INTERVAL_MS - UPLOAD_MS) continue;
      this.#table.withdrawAcknowledged(series, timeMs);
      this.inDoubt++;
    }
    expect(load.complaints).toEqual([]);
  }

  #noteOldestLost(): void {
    for (const { atMs, series, timeMs } of this.#recent) {
      const sample = this.#table.at(this.#table.find(series, timeMs));
      if (sample === undefined || sample.blocks + sample.log > 0) continue;
      this.oldestLostMs = Math.max(this.oldestLostMs, this.#killedMs - atMs);
    }
  }

  async #noteCosts(varve: VarveProcess, ms: number): Promise<void> {
    const page = await metricsOf(varve.adminOrigin);
    this.costs.seconds += ms / 1000;
    this.costs.requests += page.sum('varve_objstore_requests_total', 'purpose="archive"');
    this.costs.bytes += page.sum('varve_wal_archive_bytes_total');
    this.costs.pieces += page.sum('varve_wal_archive_pieces_total');
  }

  #prepare(args: readonly string[]): Promise<VarveProcess> {
    return VarveProcess.prepare(this.#processes, {
      dataDir: this.#dataDir,
      args: [
        '--web.enable-lifecycle',
        `--receive.block-label=${LIFTED}`,
        '--tsdb.wal-segment-size=1MiB',
        `--objstore.config={type: FILESYSTEM, config: {directory: ${this.#bucketDir}}}`,
        `--wal.archive-interval=${INTERVAL_MS / 1000}s`,
        ...args,
      ],
    });
  }
}

/** Loses `rounds` machines in a row and prints what it found and what the archive cost. */
export async function runArchive(processes: Processes, rounds: number): Promise<void> {
  const seed = Number(process.env.VARVE_SEED ?? Date.now() % 1_000_000);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  print(`seed ${seed}`);
  const run = new ArchiveRun(processes, seed);
  for (let number = 1; number <= rounds; number++)
    print(`${number} machines lost: ${await run.round(number)}`);
  const { bytes, pieces, requests, seconds } = run.costs;
  const perHour = (value: number): string => Math.round((value * 3600) / seconds).toLocaleString();
  print(
    `lost beyond the bound: 0; ${run.inDoubt} samples were acknowledged within ` +
      `${INTERVAL_MS + UPLOAD_MS} ms of a loss, the oldest that went with its machine ` +
      `${Math.round(run.oldestLostMs)} ms before it`,
  );
  print(
    `archive at ${INTERVAL_MS} ms under load, per hour: ${perHour(requests)} requests, ` +
      `${perHour(pieces)} pieces, ${perHour(bytes)} bytes`,
  );
  expect(pieces).toBeGreaterThan(rounds);
  rmSync(run.dir, { recursive: true, force: true });
}
