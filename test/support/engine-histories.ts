// Random histories of a whole machine, over many lives, each from a seed: senders that send in
// order, late, twice, and other bits; time that passes; cuts, flushes, uploads, local retention;
// failing and full disks; kills and power losses at any operation. sample-ledger.ts is the oracle.

import { blockLabels } from '../../src/base/model/stream-labels.ts';
import type { WriteOutcome } from '../../src/write/outcome.ts';
import type { FaultyOperation } from './disk-faults.ts';
import { BUCKET, type End, EngineMachine, TSDB } from './engine-machine.ts';
import { type ExactSample, type ExactSeries, exactBody, STALE_BITS } from './exact-body.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk } from './memory-disk.ts';
import { SampleLedger, type SentSample } from './sample-ledger.ts';
import { SeededRandom } from './seeded-random.ts';
import { histogramOf, readBlocks, textOf } from './stored-samples.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULES = { external: [], tenantLabelName: 'tenant_id' };
/** Turns of the event loop after which something that should end is taken to be stuck. */
const TURNS_MAX = 5_000;
const REQUESTS_REMEMBERED = 30;
/** Seeds that may fail before a run ends: their number says how rare a fault is. */
const FAILURES_MAX = 10;

const FAULTS: readonly FaultyOperation[] = [
  ...(['open', 'write', 'sync', 'truncate', 'rename'] as const),
  ...(['remove', 'makeDir', 'syncDir', 'read'] as const),
];
const PATHS = [/wal\/\d+$/, /checkpoint/, /tmp-for-creation/, /\.json/, /bucket/, /tsdb/, /./];

/** A request that was made, with what it carries. */
interface Request {
  readonly tenant: string;
  readonly series: readonly ExactSeries[];
}

/** What histories did. */
export interface HistoryCounts {
  histories: number;
  steps: number;
  lives: number;
  faults: number;
  acknowledged: number;
  checks: number;
  cuts: number;
  uploads: number;
}

/** Steps of one history. */
const STEPS = 120;

function noCounts(): HistoryCounts {
  const none = { steps: 0, lives: 0, faults: 0, acknowledged: 0 };
  return { histories: 0, ...none, checks: 0, cuts: 0, uploads: 0 };
}

/** Runs the history of each seed; throws with the seed's number when a promise was broken. */
export async function runEngineHistories(
  seeds: Iterable<number>,
  { isTraced }: { readonly isTraced: boolean } = { isTraced: false },
): Promise<HistoryCounts> {
  const total = noCounts();
  const trace = (line: string): void => {
    if (isTraced) process.stdout.write(`${line}\n`);
  };
  const failures: string[] = [];
  for (const seed of seeds) {
    try {
      const counts = await new History(seed, trace).run();
      for (const name of Object.keys(total) as (keyof HistoryCounts)[]) total[name] += counts[name];
    } catch (thrown) {
      failures.push(`seed ${seed}: ${thrown}`);
      trace(thrown instanceof Error ? `${thrown.stack}` : '');
      if (failures.length >= FAILURES_MAX) break;
    }
  }
  if (failures.length > 0) throw new Error(`${failures.join('\n')}\n${JSON.stringify(total)}`);
  return total;
}

class History {
  readonly #trace: (line: string) => void;
  readonly #random: SeededRandom;
  readonly #clock = new ManualClock();
  readonly #ledger = new SampleLedger();
  readonly #blockLabels: readonly string[];
  readonly #retentionMs: number;
  readonly #walCompression: boolean;
  readonly #recent: Request[] = [];
  readonly #newest = new Map<string, number>();
  #disk: MemoryDisk;
  #machine: EngineMachine;
  #pending: Promise<unknown>[] = [];
  readonly #counts: HistoryCounts = { ...noCounts(), histories: 1, lives: 1 };

  constructor(seed: number, trace: (line: string) => void) {
    this.#trace = trace;
    const random = new SeededRandom(seed);
    this.#random = random;
    this.#blockLabels = random.fraction() < 0.4 ? ['replica'] : [];
    this.#retentionMs = this.#pick([0, 26 * HOUR, 50 * HOUR]);
    this.#walCompression = random.fraction() < 0.3;
    const slow = random.fraction() < 0.5;
    const latency = async (): Promise<void> => {
      for (let turns = slow ? random.between(0, 4) : 0; turns > 0; turns--) await turn();
    };
    this.#disk = new MemoryDisk({ latency, nowMs: () => this.#clock.nowMs() });
    this.#machine = this.#build();
  }

  async run(): Promise<HistoryCounts> {
    await this.#machine.start();
    for (let step = 0; step < STEPS; step++) {
      this.#counts.steps++;
      await this.#step();
      if (!this.#machine.isUp) await this.#restart();
    }
    await this.#check();
    await this.#end();
    await this.#check();
    this.#counts.acknowledged = this.#ledger.acknowledgedCount;
    return this.#counts;
  }

  #build(): EngineMachine {
    return new EngineMachine({
      disk: this.#disk,
      clock: this.#clock,
      seed: this.#random.u32(),
      blockLabels: this.#blockLabels,
      retentionMs: this.#retentionMs,
      walCompression: this.#walCompression,
      onCut: (cut) => {
        this.#counts.cuts++;
        this.#ledger.noteCut(cut);
      },
    });
  }

  async #step(): Promise<void> {
    const chance = this.#random.fraction();
    if (chance < 0.48) return this.#write();
    if (chance < 0.6) return this.#pass();
    if (chance < 0.74) return this.#cut();
    if (chance < 0.82) return this.#ship();
    if (chance < 0.9) return this.#break();
    if (chance < 0.93) return this.#repair();
    if (chance < 0.97) return this.#end();
    if (chance < 0.985) return this.#killThenPower();
    return this.#check();
  }

  // ── What a machine is asked to do ───────────────────────────────────────────────────────────

  async #write(): Promise<void> {
    for (let left = this.#random.between(1, 4); left > 0; left--) {
      const again = this.#recent.length > 0 && this.#random.fraction() < 0.2;
      const request = again ? this.#pick(this.#recent) : this.#makeRequest();
      this.#recent.push(request);
      if (this.#recent.length > REQUESTS_REMEMBERED) this.#recent.shift();
      this.#spawn(this.#send(request));
    }
    this.#say('write');
    await this.#waitOrNot();
  }

  async #pass(): Promise<void> {
    const far = this.#random.fraction() < 0.3;
    const byMs = far ? this.#random.between(HOUR, 5 * HOUR) : this.#random.between(1000, HOUR / 2);
    this.#say(`${byMs} ms pass`);
    await this.#clock.advance(byMs);
  }

  async #cut(): Promise<void> {
    const flush = this.#random.fraction() < 0.25;
    this.#say(flush ? 'flush' : 'cut');
    this.#spawn(this.#machine.cutRound(flush));
    await this.#waitOrNot();
  }

  async #ship(): Promise<void> {
    this.#say('ship');
    const round = this.#machine.ship().then((report) => {
      this.#counts.uploads += report.uploaded;
    });
    this.#spawn(round);
    await this.#waitOrNot();
  }

  async #break(): Promise<void> {
    this.#counts.faults++;
    if (this.#random.fraction() < 0.25) {
      const room = this.#random.between(0, 60_000);
      this.#say(`disk full in ${room} bytes`);
      this.#machine.capacityBytes = this.#disk.usedBytes() + room;
      return;
    }
    const fault = {
      operation: this.#pick(FAULTS),
      path: this.#pick(PATHS),
      code: this.#pick(['disk_full', 'disk_failed'] as const),
      nth: this.#random.between(1, 6),
      times: this.#pick([1, 1, 3, 20]),
      bytesTaken: this.#random.between(0, 50),
    };
    this.#say(`fault ${fault.operation} ${fault.path} ${fault.nth} ${fault.times}`);
    this.#machine.order(fault);
  }

  async #repair(): Promise<void> {
    this.#say('repair');
    this.#machine.clearFaults();
    this.#machine.capacityBytes = Number.POSITIVE_INFINITY;
  }

  async #end(): Promise<void> {
    const end = this.#pick(['drain', 'kill', 'kill', 'power', 'torn power'] as const);
    if (end !== 'drain' && this.#random.fraction() < 0.7) {
      const nth = this.#random.between(1, this.#pick([10, 100, 400]));
      this.#say(`${end} at operation ${nth}`);
      this.#machine.goDownAtOperation(nth, end, this.#random);
      return;
    }
    this.#say(end);
    if (end === 'drain') {
      await this.#repair();
      await this.#until(this.#machine.drain());
    } else this.#machine.goDown(end, this.#random);
    if (!this.#machine.isUp) await this.#restart();
  }

  /** What a kill left unsynced is seen by the next life, and not by the one after a power loss. */
  async #killThenPower(): Promise<void> {
    this.#machine.goDownAtOperation(this.#random.between(1, 25), 'kill', undefined);
    this.#say('kill, then power');
    for (let left = 4; left > 0 && this.#machine.isUp; left--) {
      await (this.#random.fraction() < 0.5 ? this.#write() : this.#cut());
    }
    if (this.#machine.isUp) return;
    await this.#restart();
    for (const request of this.#recent.slice(-6)) this.#spawn(this.#send(request));
    await this.#settled();
    for (let left = this.#random.between(0, 4); left > 0; left--) await this.#cut();
    this.#machine.goDown(this.#pick(['power', 'torn power'] as const), this.#random);
    await this.#restart();
  }

  async #restart(): Promise<void> {
    for (;;) {
      this.#counts.lives++;
      this.#pending = [];
      this.#disk = this.#machine.remains;
      this.#machine = this.#build();
      if (this.#random.fraction() < 0.1) await this.#break();
      if (this.#random.fraction() < 0.15) {
        const end = this.#pick(['kill', 'power', 'torn power'] as const satisfies readonly End[]);
        const nth = this.#random.between(1, 60);
        this.#machine.goDownAtOperation(nth, end, this.#random);
        this.#say(`${end} at operation ${nth} of the start`);
      }
      this.#say('start');
      // A bucket that cannot be opened ends the start; the supervisor tries again.
      const started = await this.#until(this.#machine.start().then(() => 'started'));
      if (started !== undefined) return;
      this.#machine.goDown('kill', undefined);
    }
  }

  // ── Sending ─────────────────────────────────────────────────────────────────────────────────

  #makeRequest(): Request {
    const tenant = this.#pick(['a', 'b']);
    const series: ExactSeries[] = [];
    for (let left = this.#random.between(1, 8); left > 0; left--) {
      const labels: [string, string][] = [['__name__', `m${this.#random.between(0, 10)}`]];
      if (this.#blockLabels.length > 0 && this.#random.fraction() < 0.8)
        labels.push(['replica', this.#pick(['r1', 'r2'])]);
      const samples = this.#makeSamples(tenant, labels);
      if (samples.length > 0) series.push({ labels, samples });
    }
    return { tenant, series };
  }

  #makeSamples(tenant: string, labels: readonly [string, string][]): ExactSample[] {
    const nowMs = this.#clock.nowMs();
    const stream = `${tenant} ${labels[1]?.[1]}`;
    const newest = this.#newest.get(stream) ?? nowMs;
    const chance = this.#random.fraction();
    const times: number[] = [];
    if (chance < 0.6) times.push(nowMs - this.#random.between(0, 30_000));
    else if (chance < 0.75) {
      let at = nowMs - this.#random.between(0, 6 * HOUR);
      const step = this.#random.between(15_000, HOUR / 2);
      for (; at < nowMs && times.length < 300; at += step) times.push(at);
    } else if (chance < 0.93) times.push(newest - this.#random.between(0, DAY + HOUR));
    else times.push(nowMs + this.#random.between(0, 11 * 60_000));
    const isHistogram = this.#random.fraction() < 0.2;
    const samples = times.map((timeMs) => this.#makeSample(timeMs, isHistogram));
    const wanted = samples.filter(
      (sample) => !this.#ledger.isInDoubt(keyOf(tenant, labels, sample)),
    );
    const last = Math.max(...wanted.map(({ timeMs }) => timeMs), newest);
    if (last <= nowMs + 600_000) this.#newest.set(stream, last);
    return wanted;
  }

  #makeSample(timeMs: number, isHistogram: boolean): ExactSample {
    if (isHistogram) return { timeMs, count: this.#random.between(1, 50) };
    const chance = this.#random.fraction();
    if (chance < 0.1) return { timeMs, bits: STALE_BITS };
    if (chance < 0.5) return { timeMs, bits: hex(this.#random.u32()) + hex(this.#random.u32()) };
    const whole = Buffer.alloc(8);
    whole.writeDoubleBE(this.#random.between(0, 1000));
    return { timeMs, bits: whole.toString('hex') };
  }

  async #send(request: Request): Promise<void> {
    const all = request.series.flatMap(({ labels, samples }) =>
      samples.map((sample) => ({ labels, sample })),
    );
    if (all.length === 0) return;
    const outcome = await this.#sendOnce(request);
    const written = outcome.written.samples + outcome.written.histograms;
    if (written === all.length) {
      for (const { labels, sample } of all)
        this.#ledger.noteAcknowledged(sentSample(request.tenant, labels, sample));
      return;
    }
    if (written === 0 || all.length === 1) return;
    // Which ones? Whoever sends them again, one by one, is told.
    for (const { labels, sample } of all) {
      if (this.#machine.isUp)
        await this.#send({ ...request, series: [{ labels, samples: [sample] }] });
    }
  }

  async #sendOnce({ tenant, series }: Request): Promise<WriteOutcome> {
    for (const { labels, samples } of series)
      for (const sample of samples) this.#ledger.noteSent(sentSample(tenant, labels, sample));
    const machine = this.#machine;
    const outcome = await machine.write(tenant, exactBody(series));
    // A machine that is down tells nobody anything.
    if (!machine.isUp) throw new Error('the machine went down');
    return outcome;
  }

  // ── Checking ────────────────────────────────────────────────────────────────────────────────

  async #check(): Promise<void> {
    this.#say('check');
    await this.#repair();
    if (!(await this.#settled())) return this.#restart();
    const round = await this.#until(this.#machine.cutRound(true));
    if (!this.#machine.isUp) {
      await this.#restart();
      return this.#check();
    }
    if (round === undefined || round.failed > 0) throw new Error('a flush failed on a good disk');
    this.#counts.checks++;
    const disk = this.#disk;
    const dirs = disk.stat(TSDB) === undefined ? [] : disk.list(TSDB);
    const local = dirs.flatMap(({ name }) => readBlocks(disk, `${TSDB}/${name}`));
    // No kill, power loss or failing disk makes anything look damaged.
    const aside = disk.allFiles().filter((path) => /quarantine.*(block|orphans)-/.test(path));
    if (aside.length > 0) throw new Error(`set aside: ${aside}`);
    const known = new Set(local.map(({ ulid }) => ulid));
    const inBucket = readBlocks(disk, BUCKET).filter(({ ulid }) => !known.has(ulid));
    this.#ledger.check(local, inBucket);
  }

  // ── Small things ────────────────────────────────────────────────────────────────────────────

  #spawn(work: Promise<unknown>): void {
    this.#pending.push(work.catch((thrown: unknown) => this.#say(`  failed: ${thrown}`)));
  }

  async #waitOrNot(): Promise<void> {
    if (this.#random.fraction() < 0.75) await this.#settled();
    else for (let left = this.#random.between(0, 6); left > 0; left--) await turn();
  }

  /** Waits for all that is under way; false when the machine went down meanwhile. */
  async #settled(): Promise<boolean> {
    const pending = this.#pending;
    this.#pending = [];
    await this.#until(Promise.all(pending));
    return this.#machine.isUp;
  }

  /** Waits for it, but not when the machine is down; and not for ever. */
  async #until<T>(work: Promise<T>): Promise<T | undefined> {
    let result: { readonly value: T | undefined } | undefined;
    void work.then(
      (value) => {
        result = { value };
      },
      (thrown: unknown) => {
        this.#say(`  failed: ${thrown}`);
        result = { value: undefined };
      },
    );
    for (let turns = 0; turns < TURNS_MAX; turns++) {
      if (result !== undefined) return result.value;
      if (!this.#machine.isUp) return undefined;
      await turn();
    }
    throw new Error('something is stuck');
  }

  #pick<T>(from: readonly T[]): T {
    const one = from[this.#random.between(0, from.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }

  #say(line: string): void {
    for (const { level, message, fields } of this.#machine.logger.records.splice(0))
      this.#trace(`    ${level} ${message} ${JSON.stringify(fields)}`);
    this.#trace(`${this.#counts.steps}: ${line}`);
  }
}

function sentSample(
  tenant: string,
  labels: readonly (readonly [string, string])[],
  sample: ExactSample,
): SentSample {
  const value = 'bits' in sample ? sample.bits : histogramOf(sample.count);
  return { key: keyOf(tenant, labels, sample), value };
}

function keyOf(
  tenant: string,
  labels: readonly (readonly [string, string])[],
  { timeMs }: ExactSample,
): string {
  const lifted = labels
    .filter(([name]) => name === 'replica')
    .map(([name, value]) => ({ name, value }));
  const ofBlock = blockLabels({ tenant, lifted }, RULES);
  const ofSeries = labels.filter(([name]) => name !== 'replica');
  return `${textOf(ofBlock.map(({ name, value }) => [name, value]))}|${textOf(ofSeries)}|${timeMs}`;
}

function hex(half: number): string {
  return half.toString(16).padStart(8, '0');
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
