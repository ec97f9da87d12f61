// One random history of a simulated machine, over many lives, from a seed: senders that retry; time
// that passes and clocks that jump; cuts, flushes, uploads, local retention; failing, full and slow
// disks; a store that is away or loses its answers; kills and power losses at any operation.
// sample-ledger.ts is the oracle.

import type { FaultyOperation } from '../support/disk-faults.ts';
import type { End } from '../support/machine-life.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { readBlocks, readObjects, type StoredBlock } from '../support/stored-samples.ts';
import { BUCKET, GatewayMachine, type Setup, setupOf, TSDB } from './gateway-machine.ts';
import type { HistoryCounts } from './history-counts.ts';
import { noCounts } from './history-counts.ts';
import { readSamples } from './reading.ts';
import { encoded, halvesOf, RequestMaker, type SimulatedRequest, samplesOf } from './requests.ts';
import { SampleLedger } from './sample-ledger.ts';
import { FAIR, OUTAGE, SimulatedStore } from './simulated-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A history goes on for at least so long. */
const HOURS_MIN = 26;
/** Turns of the event loop between which time is let pass for what waits for it. */
const TURNS_PER_WAIT = 20;
/** The longest such a time: a slow disk's request takes two of them. */
const WAIT_MS = 10_000;
/** Turns after which something that should end is taken to be stuck. */
const TURNS_MAX = 50_000;
/** Turns that a step waits for what it began. */
const PATIENCE_TURNS = 500;
const REQUESTS_REMEMBERED = 30;
/** A sender gives a request up after so many answers that are no final ones. */
const ATTEMPTS_MAX = 40;

const FAULTS: readonly FaultyOperation[] = [
  ...(['open', 'write', 'sync', 'truncate', 'rename'] as const),
  ...(['remove', 'makeDir', 'syncDir', 'read'] as const),
];
const PATHS = [/wal\/\d+$/, /checkpoint/, /tmp-for-creation/, /\.json/, /bucket/, /tsdb/, /./];

/** How fast the disk is: never waits, waits some turns, waits simulated time. */
type DiskPace = 'fast' | 'turns' | 'slow';

export class History {
  readonly #trace: (line: string) => void;
  readonly #random: SeededRandom;
  readonly #clock = new ManualClock();
  readonly #ledger = new SampleLedger();
  readonly #maker: RequestMaker;
  readonly #setup: Setup;
  readonly #store: SimulatedStore | undefined;
  readonly #recent: SimulatedRequest[] = [];
  /** How far the machine's clock is ahead of the senders'. */
  #skewMs = 0;
  readonly #stretch: number;
  #pace: DiskPace;
  /** No fault was ordered since this process began. */
  #isWell = true;
  #disk: MemoryDisk;
  #machine: GatewayMachine;
  #pending: Promise<unknown>[] = [];
  /** Requests that have no final answer yet. */
  readonly #sending = new Set<Promise<void>>();
  readonly #counts: HistoryCounts = { ...noCounts(), histories: 1, lives: 1 };

  constructor(seed: number, trace: (line: string) => void) {
    this.#trace = trace;
    const random = new SeededRandom(seed);
    this.#random = random;
    const hasReplicas = random.fraction() < 0.4;
    const flags = [`--tsdb.retention=${random.pick(['0s', '6h', '26h'])}`];
    if (hasReplicas) flags.push('--receive.block-label=replica');
    if (random.fraction() < 0.3) flags.push('--tsdb.wal-compression');
    if (random.fraction() < 0.2) flags.push('--engine.threads=2');
    this.#setup = setupOf(flags);
    this.#store = random.fraction() < 0.6 ? new SimulatedStore(this.#clock, random) : undefined;
    this.#stretch = random.pick([8, 30, 60, 90]);
    this.#pace = random.pick(['fast', 'turns', 'slow'] as const);
    this.#maker = new RequestMaker({
      random,
      ledger: this.#ledger,
      trueNowMs: () => this.#clock.nowMs() - this.#skewMs,
      hasReplicas,
    });
    this.#disk = new MemoryDisk({
      latency: () => this.#latency(),
      nowMs: () => this.#clock.nowMs(),
    });
    this.#machine = this.#build();
  }

  async run(): Promise<HistoryCounts> {
    await this.#until(this.#machine.gateway.start());
    while (this.#clock.monotonicMs() < HOURS_MIN * HOUR) {
      this.#counts.steps++;
      await this.#step();
      if (!this.#machine.isUp) await this.#restart();
      await this.#read(this.#random.fraction() < 0.1);
      await this.#pass();
      if (!this.#machine.isUp) await this.#restart();
    }
    await this.#check();
    await this.#end();
    await this.#checkAtTheEnd();
    this.#counts.acknowledged = this.#ledger.acknowledgedCount;
    this.#counts.hours = this.#clock.monotonicMs() / HOUR;
    this.#counts.faults += this.#store?.faults ?? 0;
    return this.#counts;
  }

  #build(): GatewayMachine {
    return new GatewayMachine({
      setup: this.#setup,
      disk: this.#disk,
      clock: this.#clock,
      seed: this.#random.u32(),
      stretch: this.#stretch,
      store: this.#store,
      onCut: (cut) => {
        this.#counts.cuts++;
        this.#ledger.noteCut(cut);
      },
    });
  }

  async #latency(): Promise<void> {
    if (this.#pace === 'fast') return;
    const isSlow = this.#pace === 'slow' && this.#random.fraction() < 0.1;
    if (isSlow) await this.#clock.sleep(this.#random.between(1, 20_000));
    else for (let turns = this.#random.between(0, 4); turns > 0; turns--) await turn();
  }

  async #step(): Promise<void> {
    const chance = this.#random.fraction();
    if (chance < 0.5) return this.#write();
    if (chance < 0.55) return this.#flush();
    if (chance < 0.72) return this.#break();
    if (chance < 0.78) return this.#repair();
    if (chance < 0.82) return this.#jump();
    if (chance < 0.93) return this.#end();
    if (chance < 0.96) return this.#killThenPower();
    if (chance < 0.98) return this.#look();
    return this.#check();
  }

  // ── What a machine is asked to do ───────────────────────────────────────────────────────────

  async #write(): Promise<void> {
    for (let left = this.#random.between(1, 4); left > 0; left--) {
      const again = this.#recent.length > 0 && this.#random.fraction() < 0.2;
      const request = again ? this.#random.pick(this.#recent) : this.#maker.make();
      this.#recent.push(request);
      if (this.#recent.length > REQUESTS_REMEMBERED) this.#recent.shift();
      this.#spawn(this.#begin(request));
    }
    this.#say('write');
    await this.#waitOrNot();
  }

  /** Every loop of the gateway turns as often as it would. */
  async #pass(): Promise<void> {
    const far = this.#random.fraction() < 0.2;
    const byMs = far ? this.#random.between(HOUR, 4 * HOUR) : this.#random.between(1000, HOUR / 2);
    this.#say(`${byMs} ms pass`);
    for (let leftMs = byMs; leftMs > 0 && this.#machine.isUp; leftMs -= 10 * MINUTE)
      await this.#clock.advance(Math.min(leftMs, 10 * MINUTE));
  }

  async #flush(): Promise<void> {
    this.#say('flush');
    this.#spawn(this.#machine.ask('POST', '/-/flush'));
    await this.#waitOrNot();
  }

  async #break(): Promise<void> {
    this.#counts.faults++;
    const chance = this.#random.fraction();
    if (chance < 0.2 && this.#store !== undefined) return this.#storm(this.#store);
    this.#isWell = false;
    if (chance < 0.4) return this.#fill();
    const fault = {
      operation: this.#random.pick(FAULTS),
      path: this.#random.pick(PATHS),
      code: this.#random.pick(['disk_full', 'disk_failed'] as const),
      nth: this.#random.between(1, 6),
      times: this.#random.pick([1, 1, 3, 20]),
      bytesTaken: this.#random.between(0, 50),
    };
    this.#say(`fault ${fault.operation} ${fault.path} ${fault.nth} ${fault.times}`);
    this.#machine.order(fault);
  }

  #fill(): void {
    const room = this.#random.between(0, 60_000);
    this.#say(`disk full in ${room} bytes`);
    this.#disk.capacityBytes = this.#disk.usedBytes() + room;
  }

  #storm(store: SimulatedStore): void {
    store.weather = this.#random.pick([
      OUTAGE,
      { ...FAIR, refused: 0.3 },
      { ...FAIR, unanswered: 0.3 },
      { ...FAIR, cutOff: 0.4 },
      { ...FAIR, latencyMs: 60_000 },
      { refused: 0.1, unanswered: 0.1, cutOff: 0.1, latencyMs: 5_000 },
    ]);
    this.#say(`store ${JSON.stringify(store.weather)}`);
  }

  async #repair(): Promise<void> {
    this.#say('repair');
    this.#machine.clearFaults();
    if (this.#store !== undefined) this.#store.weather = FAIR;
  }

  /** Somebody, or NTP, sets the machine's clock; senders have the right time. */
  async #jump(): Promise<void> {
    const toMs = this.#random.pick([0, 0, 1, -1]) * this.#random.between(0, 3 * HOUR);
    this.#say(`clock is wrong by ${toMs} ms`);
    this.#clock.setNowMs(this.#clock.nowMs() - this.#skewMs + toMs);
    this.#skewMs = toMs;
  }

  /** What a person or a Prometheus looks at. */
  async #look(): Promise<void> {
    const url = this.#random.pick(['/metrics', '/api/v1/status/tsdb', '/api/v1/status/walreplay']);
    this.#say(`look at ${url}`);
    const answer = await this.#until(this.#machine.ask('GET', url));
    if (answer !== undefined && answer.status !== 200)
      throw new Error(`${url} answered ${answer.status}: ${answer.text}`);
  }

  async #end(): Promise<void> {
    const end = this.#random.pick(['drain', 'kill', 'kill', 'power', 'torn power'] as const);
    if (end !== 'drain' && this.#random.fraction() < 0.7) {
      const nth = this.#random.between(1, this.#random.pick([10, 100, 400]));
      this.#say(`${end} at operation ${nth}`);
      this.#machine.goDownAtOperation(nth, end, this.#random);
      return;
    }
    this.#say(end);
    if (end === 'drain') {
      await this.#repair();
      const orderly = await this.#until(this.#machine.gateway.close());
      if (orderly !== true) throw new Error('a drain on a good disk was not orderly');
      this.#machine.goDown('kill', undefined);
    } else this.#machine.goDown(end, this.#random);
    if (!this.#machine.isUp) await this.#restart();
  }

  /** What a kill left unsynced is seen by the next life, and not by the one after a power loss. */
  async #killThenPower(): Promise<void> {
    this.#machine.goDownAtOperation(this.#random.between(1, 25), 'kill', undefined);
    this.#say('kill, then power');
    for (let left = 4; left > 0 && this.#machine.isUp; left--) {
      await (this.#random.fraction() < 0.5 ? this.#write() : this.#flush());
    }
    if (this.#machine.isUp) return;
    await this.#restart();
    for (const request of this.#recent.slice(-6)) this.#spawn(this.#begin(request));
    await this.#settled();
    for (let left = this.#random.between(0, 4); left > 0; left--) await this.#flush();
    this.#machine.goDown(this.#random.pick(['power', 'torn power'] as const), this.#random);
    await this.#restart();
  }

  async #restart(): Promise<void> {
    for (;;) {
      this.#counts.lives++;
      this.#disk = this.#machine.remains;
      this.#machine = this.#build();
      this.#isWell = true;
      if (this.#random.fraction() < 0.1) await this.#break();
      if (this.#random.fraction() < 0.15) {
        const ends = ['kill', 'power', 'torn power'] as const satisfies readonly End[];
        const end = this.#random.pick(ends);
        const nth = this.#random.between(1, 60);
        this.#machine.goDownAtOperation(nth, end, this.#random);
        this.#say(`${end} at operation ${nth} of the start`);
      }
      this.#say('start');
      // A bucket that cannot be opened ends the start; the supervisor tries again.
      const started = this.#machine.gateway.start().then(() => 'started');
      if ((await this.#until(started)) !== undefined && this.#machine.isUp) return;
      this.#machine.goDown('kill', undefined);
    }
  }

  // ── Sending ─────────────────────────────────────────────────────────────────────────────────

  /** Sends in the background of all lives; the history ends when all senders have. */
  #begin(request: SimulatedRequest): Promise<void> {
    const sending = this.#send(request).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
    return sending;
  }

  /** Sends until there is an answer that is final, as Prometheus does; notes what it said. */
  async #send(request: SimulatedRequest): Promise<void> {
    const samples = samplesOf(request);
    if (samples.length === 0) return;
    const status = await this.#finalStatus(request);
    this.#say(`  ${status}: ${samples.length} samples, ${samples.at(0)?.key} …`);
    if (status === 204) for (const sample of samples) this.#ledger.noteAcknowledged(sample);
    if (status !== 400 || samples.length === 1) return;
    // The good part is stored. Which one that is, is told to who sends it again in parts.
    for (const half of halvesOf(request)) await this.#send(half);
  }

  async #finalStatus(request: SimulatedRequest): Promise<number | undefined> {
    const { headers, body } = encoded(request);
    const options = { headers: { ...headers, 'THANOS-TENANT': request.tenant }, body };
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      this.#counts.requests++;
      for (const sample of samplesOf(request)) this.#ledger.noteSent(sample);
      const machine = this.#machine;
      const answer = await this.#answerOf(machine.ask('POST', '/api/v1/receive', options), machine);
      if (answer !== undefined && answer.status < 500) return answer.status;
      const waitMs = Number(answer?.headers['retry-after'] ?? 5) * 1000;
      await this.#clock.sleep(waitMs);
    }
    return undefined;
  }

  /** The answer, or undefined when the machine goes down before it is out. */
  async #answerOf<T>(answer: Promise<T>, machine: GatewayMachine): Promise<T | undefined> {
    const value = await Promise.race([answer, machine.died.then(() => undefined)]);
    return machine.isUp ? value : undefined;
  }

  // ── Checking ────────────────────────────────────────────────────────────────────────────────

  /**
   * What was acknowledged is readable: all of a tenant, or what lies around some sample. While a
   * fault may be the reason, a read may fail or say that something is missing.
   */
  async #read(all: boolean): Promise<void> {
    const place = this.#ledger.someAcknowledged(this.#random);
    if (place === undefined) return;
    const { tenant, timeMs } = place;
    const range = all
      ? { tenant, metric: undefined, minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER }
      : { ...place, minTimeMs: timeMs - HOUR / 2, maxTimeMs: timeMs + HOUR / 2 };
    const { metric, ...times } = range;
    const matchers =
      metric === undefined ? [] : [{ type: '=' as const, name: '__name__', value: metric }];
    const until = this.#ledger.acknowledgedCount;
    const wanted = { tenant, query: { ...times, matchers } };
    const read = await this.#until(readSamples(this.#machine.gateway, wanted));
    if (!this.#machine.isUp) return;
    if (read === undefined || read.warnings.length > 0) {
      if (this.#isWell) throw new Error(`a read failed on a good disk: ${read?.warnings}`);
      return;
    }
    if (!this.#isWell) return;
    this.#counts.reads++;
    await this.#ledger.checkRead(read.samples, range, until, () => this.#bucketBlocks());
  }

  /** All that was acknowledged is in blocks, when all that the heads hold is cut. */
  async #check(): Promise<void> {
    this.#say('check');
    await this.#repair();
    const until = this.#ledger.acknowledgedCount;
    const flushed = await this.#until(this.#machine.ask('POST', '/-/flush'));
    if (!this.#machine.isUp) {
      await this.#restart();
      return this.#check();
    }
    if (flushed?.status !== 200)
      throw new Error(`a flush on a good disk answered ${flushed?.status}: ${flushed?.text}`);
    this.#say('flushed');
    this.#counts.checks++;
    this.#checkNothingAside();
    const local = this.#localBlocks();
    const known = new Set(local.map(({ ulid }) => ulid));
    const remote = (await this.#bucketBlocks()).filter(({ ulid }) => !known.has(ulid));
    this.#ledger.check({ local, remote }, until);
  }

  /** No kill, no loss of power and no failing disk makes anything look damaged. */
  #checkNothingAside(): void {
    const files = this.#machine.undisturbed((disk) => disk.allFiles());
    const aside = files.filter((path) => /quarantine.*\/(block|orphans)-/.test(path));
    if (aside.length > 0) throw new Error(`set aside: ${aside.join(', ')}`);
  }

  /** After all senders have had their answers, everything is in the bucket, and nothing else. */
  async #checkAtTheEnd(): Promise<void> {
    await this.#repair();
    if (!this.#machine.isUp) await this.#restart();
    await this.#until(Promise.all(this.#sending));
    await this.#check();
    const flushed = await this.#until(this.#machine.ask('POST', '/-/flush'));
    if (flushed?.text.endsWith(', 0 not uploaded.\n') !== true)
      throw new Error(`blocks wait for the bucket: ${flushed?.text}`);
    const stored = await this.#bucketBlocks();
    this.#counts.uploads = stored.length;
    this.#ledger.check({ local: [], remote: stored }, this.#ledger.acknowledgedCount);
  }

  #localBlocks(): StoredBlock[] {
    return this.#machine.undisturbed((disk) => {
      const dirs = disk.stat(TSDB) === undefined ? [] : disk.list(TSDB);
      return dirs.flatMap(({ name }) => readBlocks(disk, `${TSDB}/${name}`));
    });
  }

  async #bucketBlocks(): Promise<StoredBlock[]> {
    if (this.#store !== undefined) return readObjects(this.#store.objects);
    return this.#machine.undisturbed((disk) => readBlocks(disk, BUCKET));
  }

  // ── Small things ────────────────────────────────────────────────────────────────────────────

  #spawn(work: Promise<unknown>): void {
    const machine = this.#machine;
    const ended = Promise.race([work, machine.died]);
    this.#pending.push(ended.catch((thrown: unknown) => this.#say(`  failed: ${thrown}`)));
  }

  async #waitOrNot(): Promise<void> {
    if (this.#random.fraction() < 0.75) await this.#settled();
    else for (let left = this.#random.between(0, 6); left > 0; left--) await turn();
  }

  /**
   * Waits for all that is under way; not when the machine goes down, and not as long as a sender
   * may try on a full disk.
   */
  async #settled(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await this.#until(Promise.all(pending), PATIENCE_TURNS);
  }

  /** Waits for it, letting time pass; but not when the machine is down, and not for ever. */
  async #until<T>(work: Promise<T>, turnsMax = TURNS_MAX): Promise<T | undefined> {
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
    for (let turns = 1; turns < turnsMax; turns++) {
      if (result !== undefined) return result.value;
      if (!this.#machine.isUp) return undefined;
      if (turns % TURNS_PER_WAIT !== 0) await turn();
      else await this.#clock.advance(Math.min(this.#clock.nextDueMs() ?? WAIT_MS, WAIT_MS));
    }
    if (turnsMax === TURNS_MAX) throw new Error('something is stuck');
    return undefined;
  }

  #say(line: string): void {
    for (const { level, message, fields } of this.#machine.logger.records.splice(0))
      this.#trace(`    ${level} ${message} ${JSON.stringify(fields)}`);
    const hours = (this.#clock.monotonicMs() / HOUR).toFixed(2);
    this.#trace(`${this.#counts.steps} (${hours} h): ${line}`);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
