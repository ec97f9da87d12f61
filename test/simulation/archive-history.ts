// One random history of a gateway with a WAL archive whose machines are lost in full, one after the
// other: senders, time, flushes, outages of the store, kills and losses of power before it; then all
// disks are gone, and another machine restores. sample-ledger.ts is the oracle.

import type { End } from '../support/machine-life.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { readBlocks, readObjects, type StoredBlock } from '../support/stored-samples.ts';
import { GatewayMachine, type Setup, setupOf, TSDB } from './gateway-machine.ts';
import { encoded, halvesOf, RequestMaker, type SimulatedRequest, samplesOf } from './requests.ts';
import { SampleLedger } from './sample-ledger.ts';
import { FAIR, OUTAGE, SimulatedStore } from './simulated-store.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** After an outage or a start: blocks that wait, and pieces, have gone by then. */
const RECOVERY_MS = 5 * MINUTE;
const STEPS = 25;
const ATTEMPTS_MAX = 30;
const TURNS_MAX = 20_000;

/** What happened in a history. */
export interface ArchiveCounts {
  acknowledged: number;
  /** Acknowledged so late before a loss that they may be gone. */
  inDoubt: number;
  losses: number;
  kills: number;
  /** Restores that were cut off and begun again. */
  cutOff: number;
}

export class ArchiveHistory {
  readonly counts: ArchiveCounts = { acknowledged: 0, inDoubt: 0, losses: 0, kills: 0, cutOff: 0 };
  readonly #trace: (line: string) => void;
  readonly #random: SeededRandom;
  readonly #clock = new ManualClock();
  readonly #ledger = new SampleLedger();
  readonly #maker: RequestMaker;
  readonly #store: SimulatedStore;
  readonly #flags: readonly string[];
  readonly #setup: Setup;
  /** What may be lost with the machine. */
  readonly #boundMs: number;
  #disk: MemoryDisk;
  #machine: GatewayMachine;
  /** Since when store and machine are well without a break; Infinity when they are not. */
  #wellSinceMs = 0;
  /** The ordinals of acknowledgements, by time. */
  readonly #times: { readonly atMs: number; readonly ordinal: number }[] = [];
  #safeOrdinal = 0;

  constructor(seed: number, trace: (line: string) => void) {
    this.#trace = trace;
    const random = new SeededRandom(seed);
    this.#random = random;
    const hasReplicas = random.fraction() < 0.4;
    const intervalMs = random.pick([5, 30, 120]) * SECOND;
    // One upload takes no time here.
    this.#boundMs = intervalMs + SECOND;
    this.#flags = [
      `--wal.archive-interval=${intervalMs / SECOND}s`,
      '--tsdb.retention=6h',
      ...(hasReplicas ? ['--receive.block-label=replica'] : []),
      ...(random.fraction() < 0.3 ? ['--tsdb.wal-compression'] : []),
      ...(random.fraction() < 0.2 ? ['--engine.threads=2'] : []),
    ];
    this.#setup = setupOf(this.#flags);
    this.#store = new SimulatedStore(this.#clock, random);
    const trueNowMs = () => this.#clock.nowMs();
    this.#maker = new RequestMaker({ random, ledger: this.#ledger, trueNowMs, hasReplicas });
    this.#disk = this.#emptyDisk();
    this.#machine = this.#build(this.#setup);
  }

  async run(losses: number): Promise<ArchiveCounts> {
    await this.#start();
    await this.#write();
    await this.#clock.advance(this.#boundMs); // before that there is nothing to restore
    for (; this.counts.losses < losses; this.counts.losses++) {
      for (let left = this.#random.between(3, STEPS); left > 0; left--) await this.#step();
      await this.#lose();
      await this.#check();
    }
    this.counts.acknowledged = this.#ledger.acknowledgedCount;
    return this.counts;
  }

  async #step(): Promise<void> {
    const chance = this.#random.fraction();
    if (chance < 0.55) await this.#write();
    else if (chance < 0.62) await this.#until(this.#machine.ask('POST', '/-/flush'));
    else if (chance < 0.72) this.#setWeather();
    else if (chance < 0.82) await this.#kill();
    await this.#pass();
    if (!this.#machine.isUp) await this.#restart();
  }

  async #write(): Promise<void> {
    for (let left = this.#random.between(1, 4); left > 0; left--)
      await this.#send(this.#maker.make());
  }

  async #send(request: SimulatedRequest): Promise<void> {
    const samples = samplesOf(request);
    if (samples.length === 0) return;
    const { headers, body } = encoded(request);
    const options = { headers: { ...headers, 'THANOS-TENANT': request.tenant }, body };
    let status = 503;
    for (let left = ATTEMPTS_MAX; status >= 500 && left > 0; left--) {
      for (const sample of samples) this.#ledger.noteSent(sample);
      const answer = await this.#until(this.#machine.ask('POST', '/api/v1/receive', options));
      if (!this.#machine.isUp) return; // the sender dies with it, as far as this history goes
      status = answer?.status ?? 503;
      if (status >= 500) await this.#clock.advance(2 * SECOND);
    }
    if (status === 204) {
      for (const sample of samples) this.#ledger.noteAcknowledged(sample);
      this.#times.push({
        atMs: this.#clock.monotonicMs(),
        ordinal: this.#ledger.acknowledgedCount,
      });
    }
    if (status === 400 && samples.length > 1)
      for (const half of halvesOf(request)) await this.#send(half);
  }

  #setWeather(): void {
    const weather = this.#random.pick([
      FAIR,
      FAIR,
      OUTAGE,
      { ...FAIR, unanswered: 0.3 },
      { ...FAIR, refused: 0.3, cutOff: 0.3 },
    ]);
    this.#noteSafe();
    this.#store.weather = weather;
    this.#say(`store ${JSON.stringify(weather)}`);
    if (weather !== FAIR) this.#wellSinceMs = Number.POSITIVE_INFINITY;
    else if (this.#wellSinceMs === Number.POSITIVE_INFINITY)
      this.#wellSinceMs = this.#clock.monotonicMs();
  }

  async #pass(): Promise<void> {
    const range = this.#random.pick([
      [0, 3 * SECOND],
      [SECOND, MINUTE],
      [MINUTE, HOUR / 2],
      [HOUR / 2, 2 * HOUR],
    ] as const);
    const [least, most] = range;
    const byMs = this.#random.between(least, most);
    this.#say(`${byMs} ms pass`);
    for (let left = byMs; left > 0 && this.#machine.isUp; left -= MINUTE) {
      await this.#clock.advance(Math.min(left, MINUTE));
      this.#noteSafe();
    }
  }

  async #kill(): Promise<void> {
    this.counts.kills++;
    this.#noteSafe();
    const end = this.#random.pick(['kill', 'power', 'torn power'] as const);
    const nth = this.#random.between(1, 60);
    this.#say(`${end} at operation ${nth}`);
    this.#machine.goDownAtOperation(nth, end, this.#random);
    this.#wellSinceMs = Number.POSITIVE_INFINITY;
    await this.#write();
    if (this.#machine.isUp) this.#machine.goDown(end, this.#random);
    await this.#restart();
  }

  async #restart(): Promise<void> {
    this.#disk = this.#machine.remains;
    this.#machine = this.#build(this.#setup);
    await this.#start();
    if (this.#store.weather === FAIR) this.#wellSinceMs = this.#clock.monotonicMs();
  }

  /** Everything of the machine is gone; another one takes its place. */
  async #lose(): Promise<void> {
    this.#noteSafe();
    if (this.#random.fraction() < 0.5) {
      this.#machine.goDownAtOperation(this.#random.between(1, 40), 'kill', undefined);
      await this.#write();
      if (this.#machine.isUp) await this.#until(this.#machine.ask('POST', '/-/flush'));
    }
    this.#machine.goDown('kill', undefined);
    this.counts.inDoubt += this.#ledger.acknowledgedCount - this.#safeOrdinal;
    this.#say(`lost; ${this.#safeOrdinal} of ${this.#ledger.acknowledgedCount} must be there`);
    this.#ledger.forgetAfter(this.#safeOrdinal);
    this.#store.weather = FAIR;
    this.#disk = this.#emptyDisk();
    const setup = setupOf([...this.#flags, '--restore']);
    for (let attempt = 0; ; attempt++) {
      this.#machine = this.#build(setup);
      const cutsOff = attempt < 3 && this.#random.fraction() < 0.4;
      const end = this.#random.pick(['kill', 'power', 'torn power'] as const satisfies End[]);
      if (cutsOff) this.#machine.goDownAtOperation(this.#random.between(1, 150), end, this.#random);
      this.#say(cutsOff ? `restore, to be cut off by ${end}` : 'restore');
      const started = await this.#until(this.#machine.gateway.start().then(() => true));
      if (this.#machine.isUp) {
        this.#machine.clearFaults();
        if (started !== true) throw new Error('the restore did not start');
        break;
      }
      this.counts.cutOff++;
      this.#disk = this.#machine.remains;
      if (!this.#hasStreams()) continue;
      await this.#startAfterRestore(setup);
      break;
    }
    this.#wellSinceMs = this.#clock.monotonicMs();
  }

  /** Killed behind the restore: it is over, and a start goes on with what it made. */
  async #startAfterRestore(setup: Setup): Promise<void> {
    const isOpen = this.#disk.stat(`${TSDB}/.varve/restore.json`) !== undefined;
    this.#machine = this.#build(isOpen ? setup : this.#setup);
    await this.#start();
  }

  #hasStreams(): boolean {
    return this.#disk.stat(`${TSDB}/.varve/wal-archive.json`) !== undefined;
  }

  /** What must be there is, once, with its bits; in blocks, when all is cut. */
  async #check(): Promise<void> {
    const flushed = await this.#until(this.#machine.ask('POST', '/-/flush'));
    this.#say(`flushed: ${flushed?.status} ${flushed?.text}`);
    if (flushed?.status !== 200) throw new Error(`flush: ${flushed?.status} ${flushed?.text}`);
    const local = this.#machine.undisturbed((disk) =>
      disk.list(TSDB).flatMap(({ name }) => readBlocks(disk, `${TSDB}/${name}`)),
    );
    const known = new Set(local.map(({ ulid }) => ulid));
    const all: StoredBlock[] = await readObjects(this.#store.objects);
    const remote = all.filter(({ ulid }) => !known.has(ulid));
    try {
      this.#ledger.check({ local, remote }, this.#ledger.acknowledgedCount);
    } catch (thrown) {
      this.#tellPlaces(String(thrown), [...local, ...remote]);
      throw thrown;
    }
  }

  /** For whoever looks into a failure: the blocks that have the samples which it names. */
  #tellPlaces(failure: string, blocks: readonly StoredBlock[]): void {
    for (const { key: place, samples, ulid } of blocks)
      for (const [key, value] of samples)
        if (failure.includes(key)) this.#say(`${ulid} ${place} has ${key} = ${value}`);
  }

  /** What was acknowledged a bound ago is safe, when all was well since then. */
  #noteSafe(): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#machine.isUp || nowMs < this.#wellSinceMs + RECOVERY_MS) return;
    for (const { atMs, ordinal } of this.#times)
      if (atMs <= nowMs - this.#boundMs) this.#safeOrdinal = Math.max(this.#safeOrdinal, ordinal);
  }

  async #start(): Promise<void> {
    const started = await this.#until(this.#machine.gateway.start().then(() => true));
    if (started !== true) throw new Error('a start failed on a good disk');
  }

  #emptyDisk(): MemoryDisk {
    return new MemoryDisk({ nowMs: () => this.#clock.nowMs() });
  }

  #build(setup: Setup): GatewayMachine {
    return new GatewayMachine({
      setup,
      disk: this.#disk,
      clock: this.#clock,
      seed: this.#random.u32(),
      stretch: 1,
      store: this.#store,
      onCut: (cut) => this.#ledger.noteCut(cut),
    });
  }

  /** Waits for it, letting time pass; but not when the machine is down, and not for ever. */
  async #until<T>(work: Promise<T>): Promise<T | undefined> {
    let result: { readonly value: T | undefined } | undefined;
    void work.then(
      (value) => {
        result = { value };
      },
      (thrown: unknown) => {
        this.#say(`failed: ${thrown}`);
        result = { value: undefined };
      },
    );
    for (let turns = 1; turns < TURNS_MAX; turns++) {
      if (result !== undefined) return result.value;
      if (!this.#machine.isUp) return undefined;
      if (turns % 20 === 0) await this.#clock.advance(SECOND);
      else await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error('something is stuck');
  }

  #say(line: string): void {
    for (const { level, message, fields } of this.#machine.logger.records.splice(0))
      this.#trace(`    ${level} ${message} ${JSON.stringify(fields)}`);
    this.#trace(`${(this.#clock.monotonicMs() / HOUR).toFixed(3)} h: ${line}`);
  }
}
