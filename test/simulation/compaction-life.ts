// The life of a bucket, of days or of years, on the simulated clock: an HA pair that cuts a block
// every two hours, whose replicas fail, are cut off from the store and bring their backlog later; a
// store that is away for up to a month, or answers badly; a compactor that is killed, off for a
// month, loses its catalogue. At each simulated day the bucket is compared with what the policy
// promises, and every block, mark and deletion in the moment in which it happens.

import { asVarveError } from '../../src/base/errors/varve-error.ts';
import { UlidMaker } from '../../src/base/model/ulid.ts';
import { catalogFile } from '../../src/block/paths.ts';
import type { Bucket, ListedObject } from '../../src/bucket/bucket.ts';
import { META_FILE } from '../../src/bucket/layout.ts';
import { uploadBlock } from '../../src/bucket/upload.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { DAY_MS, HOUR_MS, LifeBlocks, type LifeTally } from './life-blocks.ts';
import { LifeCompactor } from './life-compactor.ts';
import { LifePromises } from './life-promises.ts';
import { REPLICAS, type Source, WINDOW_MS, writeSource } from './life-samples.ts';
import { FAIR, OUTAGE, SimulatedStore, type StoreWeather } from './simulated-store.ts';
import { watchedBucket } from './watched-bucket.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** A window is cut so long after its end. */
const CUT_AFTER_MS = HOUR_MS + 5 * 60_000;
const DELETE_DELAY_MS = 2 * DAY_MS;
const WAIT_INTERVAL_MS = 6 * HOUR_MS;
/** With nothing in its way a compactor comes to rest at least so often. */
const RESTLESS_MS_MAX = 2 * DAY_MS;
/** So much time passes with each step of its work. */
const WORK_STEP_MS = 1000;
const BAD: StoreWeather = { refused: 0.02, unanswered: 0.01, cutOff: 0.02, latencyMs: 0 };
const UPLOAD_TRIES = 3;

/** A life to be led. */
export interface LifePlan {
  readonly seed: number;
  readonly days: number;
  /** In days. */
  readonly retention: {
    readonly raw: number;
    readonly fiveMinutes: number;
    readonly oneHour: number;
  };
  /** The longest an outage lasts, and a compactor is off; in days. */
  readonly longestDays: number;
  /** Told what happens. */
  readonly trace?: (line: string) => void;
}

/** What a life came to. */
export interface LifeFigures extends LifeTally {
  readonly days: number;
  readonly checks: number;
  readonly compactors: number;
  readonly storeFaults: number;
  readonly blocksAtEnd: number;
  /** See LifePromises: added up over all days. */
  readonly ranges: { readonly raw: number; readonly fiveMinutes: number; readonly oneHour: number };
}

/** From a moment to another. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** See the head of the file. Throws, with the day, what was not as promised. */
export async function liveThrough(plan: LifePlan): Promise<LifeFigures> {
  const life = new CompactionLife(plan);
  try {
    return await life.live();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    error.message = `seed ${plan.seed}, day ${life.day}: ${error.message}`;
    throw error;
  }
}

/** The figures on one line. */
export function lifeLine(figures: LifeFigures): string {
  const { blocksAtEnd, checks, compactors, days, deleted, made, marked, ranges } = figures;
  const { samplesCompared, storeFaults, uploaded, windowsCompared } = figures;
  const found = `${ranges.raw} raw, ${ranges.fiveMinutes} 5m and ${ranges.oneHour} 1h found`;
  return [
    `${days} days, ${checks} checks (${found}), ${compactors} compactors, ${storeFaults} faults`,
    `${uploaded} blocks uploaded, ${made} made, ${marked} marked, ${deleted} deleted`,
    `${blocksAtEnd} at the end; ${samplesCompared} samples and ${windowsCompared} windows compared`,
  ].join('; ');
}

class CompactionLife {
  readonly #plan: LifePlan;
  readonly #random: SeededRandom;
  readonly #clock = new ManualClock(START_MS);
  readonly #store: SimulatedStore;
  readonly #objects: Bucket;
  readonly #blocks: LifeBlocks;
  readonly #promises: LifePromises;
  readonly #ulids: UlidMaker;
  /** Of the heads. */
  readonly #disk = new MemoryDisk();
  readonly #backlog = new Map<string, Source[]>(REPLICAS.map((replica) => [replica, []]));
  readonly #spans: Readonly<Record<'outages' | 'bad' | 'off' | 'r1' | 'r2' | 'cutOff', Span[]>>;
  #workDisk = new MemoryDisk();
  #compactor: LifeCompactor | undefined;
  #failure: unknown;
  #activity = 0;
  #iterations = 0;
  #compactors = 0;
  #checks = 0;
  #restMs: number | undefined;
  /** Since when nothing was in its way. */
  #freeSinceMs = START_MS;

  constructor(plan: LifePlan) {
    const random = new SeededRandom(plan.seed);
    this.#plan = plan;
    this.#random = random;
    this.#store = new SimulatedStore(this.#clock, random);
    this.#ulids = new UlidMaker(this.#clock, random);
    const { fiveMinutes, oneHour, raw } = plan.retention;
    const periods = { 0: raw * DAY_MS, 300000: fiveMinutes * DAY_MS, [HOUR_MS]: oneHour * DAY_MS };
    const deletes = { periods, deleteDelayMs: DELETE_DELAY_MS };
    const nowMs = () => this.#clock.nowMs();
    this.#blocks = new LifeBlocks({ objects: this.#store.objects, nowMs, ...deletes });
    this.#promises = new LifePromises(this.#blocks, deletes);
    this.#objects = watchedBucket(this.#store.objects, {
      asked: () => void this.#activity++,
      put: (key) => this.#noted(() => this.#put(key)),
      deleting: (key) => this.#noted(() => this.#deleting(key)),
    });
    const longest = plan.longestDays * 24;
    // Of both: what is left of a range may be too short to be merged or downsampled by itself.
    const gaps = this.#someSpans(12, [4, 30, 60]);
    this.#spans = {
      outages: [...this.#someSpans(25, [1, 6, 50]), ...this.#longSpan(longest)],
      bad: this.#someSpans(15, [12, 72]),
      off: [...this.#someSpans(20, [3, 30, 60]), ...this.#longSpan(longest)],
      r1: [...this.#someSpans(30, [2, 12, 40]), ...gaps],
      r2: [...this.#someSpans(12, [2, 12, 100]), ...gaps],
      cutOff: this.#someSpans(30, [20, 24 * 3, longest / 2]),
    };
  }

  get day(): number {
    return Math.floor((this.#clock.nowMs() - START_MS) / DAY_MS);
  }

  async live(): Promise<LifeFigures> {
    for (let windowMs = START_MS; this.day < this.#plan.days; windowMs += WINDOW_MS) {
      await this.#advanceTo(windowMs + WINDOW_MS + CUT_AFTER_MS);
      const dayBefore = this.#checks;
      this.#cut(windowMs);
      this.#weather();
      await this.#upload();
      await this.#attend();
      if (this.day > dayBefore) this.#check();
    }
    const { tally, there } = this.#blocks;
    await this.#checkLeftovers();
    return {
      ...tally,
      days: this.day,
      checks: this.#checks,
      compactors: this.#compactors,
      storeFaults: this.#store.faults,
      blocksAtEnd: there.size,
      ranges: this.#promises.found,
    };
  }

  // What happens to the heads

  #cut(windowMs: number): void {
    const cutMs = this.#clock.nowMs();
    for (const replica of REPLICAS) {
      const spans = this.#spans[replica];
      if (isIn(spans, windowMs)) continue;
      const isLast = isIn(spans, windowMs + WINDOW_MS);
      this.#add({ replica, minTimeMs: windowMs, isLate: false, isLast, cutMs });
    }
    if (this.#random.fraction() > 1 / 30) return;
    const lateMs = windowMs - this.#random.between(1, 11) * WINDOW_MS;
    if (lateMs < START_MS || isIn(this.#spans.r1, lateMs)) return;
    this.#add({ replica: 'r1', minTimeMs: lateMs, isLate: true, isLast: false, cutMs });
  }

  #add(source: Omit<Source, 'maxTimeMs' | 'ulid' | 'uploadedMs'>): void {
    const ulid = this.#ulids.next();
    const maxTimeMs = source.minTimeMs + WINDOW_MS;
    const whole: Source = { ...source, ulid, maxTimeMs, uploadedMs: undefined };
    this.#blocks.sources.set(ulid, whole);
    this.#backlog.get(source.replica)?.push(whole);
  }

  /** The oldest first; what does not come through now comes later. */
  async #upload(): Promise<void> {
    const { weather } = this.#store;
    const nowMs = this.#clock.nowMs();
    if (weather === OUTAGE) return;
    const bucket = this.#store.connect(() => true, this.#objects);
    for (const [replica, backlog] of this.#backlog) {
      if (replica === 'r2' && isIn(this.#spans.cutOff, nowMs)) continue;
      for (let source = backlog[0]; source !== undefined; source = backlog[0]) {
        if (!(await this.#uploadOne(bucket, source))) break;
        backlog.shift();
        source.uploadedMs = nowMs;
      }
    }
    this.#throwFailure();
  }

  async #uploadOne(bucket: Bucket, source: Source): Promise<boolean> {
    const dir = `/data/${source.replica}`;
    const { ulid } = source;
    const place = `${dir}/${ulid}`;
    const range = { minTimeMs: source.minTimeMs, maxTimeMs: source.maxTimeMs };
    if (this.#disk.stat(place) === undefined) writeSource(this.#disk, dir, source);
    const files = ['chunks/000001', 'index'].map((name) => {
      const sizeBytes = this.#disk.stat(`${place}/${name}`)?.sizeBytes ?? 0;
      return { name, sizeBytes, crc32c: undefined };
    });
    const metaBytes = this.#disk.readFile(`${place}/${META_FILE}`);
    const rest = { coversLog: false, isForeign: false, metaBytes };
    for (let attempt = 0; attempt < UPLOAD_TRIES; attempt++) {
      try {
        await uploadBlock(bucket, this.#disk, { ulid, dir: place, files, ...range, ...rest });
        this.#disk.removeTree(place);
        return true;
      } catch (thrown) {
        if (asVarveError(thrown).code !== 'store_unavailable') throw thrown;
      }
    }
    return false;
  }

  // What happens to the store and to the compactor

  #weather(): void {
    const nowMs = this.#clock.nowMs();
    const { bad, outages } = this.#spans;
    const weather = isIn(outages, nowMs) ? OUTAGE : isIn(bad, nowMs) ? BAD : FAIR;
    if (weather !== this.#store.weather)
      this.#say(
        weather === FAIR ? 'the store is well' : weather === BAD ? 'bad weather' : 'outage',
      );
    this.#store.weather = weather;
  }

  /** Starts the compactor, ends it, kills it. */
  async #attend(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const isOff = isIn(this.#spans.off, nowMs);
    if (isOff || this.#store.weather !== FAIR || this.#compactor === undefined)
      this.#freeSinceMs = nowMs;
    if (this.#compactor !== undefined && isOff) await this.#end(this.#random.fraction() < 0.5);
    if (this.#compactor === undefined && !isOff) await this.#begin();
    else if (this.#random.fraction() < 1 / 60) await this.#killSoon();
  }

  async #begin(): Promise<void> {
    const { fiveMinutes, oneHour, raw } = this.#plan.retention;
    if (this.#random.fraction() < 0.3) this.#loseCatalogue();
    const compactor = await LifeCompactor.start({
      clock: this.#clock,
      store: this.#store,
      objects: this.#objects,
      disk: this.#workDisk,
      seed: this.#plan.seed * 10_000 + this.#compactors++,
      flags: [
        '--deduplication.replica-label=replica',
        `--retention.resolution-raw=${raw}d`,
        `--retention.resolution-5m=${fiveMinutes}d`,
        `--retention.resolution-1h=${oneHour}d`,
        `--wait-interval=${WAIT_INTERVAL_MS / 60_000}m`,
      ],
      onWork: () => void this.#activity++,
    });
    this.#compactor = compactor;
    this.#iterations = 0;
    this.#say('a compactor starts');
    if (this.#store.weather === FAIR) await this.#checkOverdue(compactor);
    compactor.run();
  }

  #loseCatalogue(): void {
    const path = catalogFile('/work');
    if (this.#workDisk.stat(path) === undefined) return;
    this.#workDisk = new MemoryDisk();
    this.#say('the catalogue is lost, with all else on the disk');
  }

  /** It is killed in the middle of its work, when it has some within the next hours. */
  async #killSoon(): Promise<void> {
    const untilMs = this.#clock.nowMs() + WINDOW_MS / 2;
    const works = this.#random.between(1, 300);
    const before = this.#activity;
    while (this.#clock.nowMs() < untilMs && this.#activity < before + works) {
      await this.#clock.advance(WORK_STEP_MS);
      this.#notice();
    }
    await this.#end(true);
    if (this.#random.fraction() < 0.5) await this.#begin();
  }

  async #end(isKilled: boolean): Promise<void> {
    const compactor = this.#compactor;
    if (compactor === undefined) return;
    this.#compactor = undefined;
    this.#freeSinceMs = this.#clock.nowMs();
    this.#say(isKilled ? 'the compactor is killed' : 'the compactor is told to end');
    if (isKilled) {
      this.#workDisk = compactor.kill();
      return;
    }
    let isStopped = false;
    const stopped = compactor.stop().finally(() => {
      isStopped = true;
    });
    // Within the time that such a process is given.
    for (let seconds = 0; !isStopped && seconds < 120; seconds++) await this.#clock.advance(1000);
    if (!isStopped) throw new Error('the compactor did not end within two minutes');
    this.#workDisk = await stopped;
  }

  // Time

  /** While the compactor works a second passes with every step, else time passes at once. */
  async #advanceTo(untilMs: number): Promise<void> {
    let idle = 0;
    for (let nowMs = this.#clock.nowMs(); nowMs < untilMs; nowMs = this.#clock.nowMs()) {
      const before = this.#activity;
      const nextMs = Math.max(WORK_STEP_MS, this.#clock.nextDueMs() ?? Number.POSITIVE_INFINITY);
      const stepMs = idle < 3 ? WORK_STEP_MS : nextMs;
      await this.#clock.advance(Math.min(stepMs, untilMs - nowMs));
      idle = this.#activity === before ? idle + 1 : 0;
      this.#notice();
      await this.#noteRest();
    }
  }

  #notice(): void {
    this.#throwFailure();
    if (this.#compactor?.death !== undefined) throw this.#compactor.death;
  }

  async #noteRest(): Promise<void> {
    const compactor = this.#compactor;
    if (compactor === undefined || compactor.iterations === this.#iterations) return;
    this.#iterations = compactor.iterations;
    const { jobs } = await compactor.plan();
    // Else something failed, or a lease of the one that was killed is waited for.
    if (jobs.length > 0) return;
    this.#restMs = this.#clock.nowMs();
    if (compactor.overdue !== 0) throw new Error(`${compactor.overdue} blocks are overdue at rest`);
  }

  // What must hold

  #check(): void {
    this.#checks = this.day;
    const nowMs = this.#clock.nowMs();
    this.#blocks.checkNothingLost(nowMs);
    if (this.#restMs !== undefined) this.#promises.check(this.#restMs);
    const sinceMs = Math.max(this.#freeSinceMs, this.#restMs ?? START_MS);
    if (nowMs - sinceMs > RESTLESS_MS_MAX) {
      const said = this.#compactor?.logger.records.slice(-10).map((one) => JSON.stringify(one));
      throw new Error(`the compactor does not come to rest: ${said?.join('\n')}`);
    }
  }

  /** A plan that is made before anything is done names what is overdue, no more and no less. */
  async #checkOverdue(compactor: LifeCompactor): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const { totals } = await compactor.plan();
    // With a store into which nothing was written lately the clock is not believed.
    const times = [...this.#blocks.there.values()].map(({ putMs }) => putMs);
    if (Math.max(...times) < nowMs - 20 * HOUR_MS) return;
    const wanted = this.#promises.overdue(nowMs);
    if (totals.overdueBlocks !== wanted)
      throw new Error(`${totals.overdueBlocks} blocks are overdue, and not ${wanted}`);
    if (wanted > 0) this.#say(`${wanted} blocks are overdue`);
  }

  /** Nothing lies in the bucket but what is known; what was deleted is in a receipt. */
  async #checkLeftovers(): Promise<void> {
    const uploading = new Set([...this.#backlog.values()].flat().map(({ ulid }) => ulid));
    const receipts: string[] = [];
    const listed: ListedObject[] = [];
    for await (const page of this.#store.objects.list('')) listed.push(...page);
    for (const { key, modifiedMs } of listed) {
      const [top = ''] = key.split('/');
      if (key.startsWith('varve/receipts/')) {
        for await (const piece of this.#store.objects.get(key)) receipts.push(text(piece));
        continue;
      }
      const isFresh = modifiedMs > (this.#restMs ?? START_MS) - 2 * DAY_MS - HOUR_MS;
      if (top === 'varve' || this.#blocks.there.has(top) || uploading.has(top) || isFresh) continue;
      throw new Error(`${key} is left over since ${new Date(modifiedMs).toISOString()}`);
    }
    const named = new Set(receipts.join('\n').match(/[0-9A-HJKMNP-TV-Z]{26}/g));
    for (const ulid of this.#blocks.deleted)
      if (!named.has(ulid)) throw new Error(`${ulid} was deleted without a receipt`);
  }

  async #put(key: string): Promise<void> {
    const { name, ulid } = partsOf(key);
    if (name === META_FILE) await this.#blocks.arrived(ulid);
    if (name === 'deletion-mark.json') await this.#blocks.marked(ulid);
    if (name === 'no-compact-mark.json' || name === 'no-downsample-mark.json')
      throw new Error(`${key} was set, and every block is sound`);
  }

  async #deleting(key: string): Promise<void> {
    const { name, ulid } = partsOf(key);
    if (name === META_FILE) await this.#blocks.deleting(ulid);
    else if (this.#blocks.there.has(ulid))
      throw new Error(`${key} is deleted, and its block has a meta.json`);
  }

  /** The compactor must not learn of what is wrong with it: it is told at the next step. */
  async #noted(look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (thrown) {
      this.#failure ??= thrown;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  // The plan of a life

  /** Every so many days, of one of these lengths in hours. */
  #someSpans(everyDays: number, hours: readonly number[]): Span[] {
    const spans: Span[] = [];
    let atMs = START_MS;
    for (;;) {
      atMs += this.#random.between(1, 2 * everyDays * 24) * HOUR_MS;
      if (atMs > START_MS + this.#plan.days * DAY_MS) return spans;
      const toMs = atMs + Math.max(1, Math.round(this.#random.pick(hours))) * HOUR_MS;
      spans.push({ fromMs: atMs, toMs });
      atMs = toMs;
    }
  }

  /** One, somewhere in the middle. */
  #longSpan(hours: number): Span[] {
    const day = this.#random.between(this.#plan.days / 4, (3 * this.#plan.days) / 4);
    const fromMs = START_MS + Math.floor(day) * DAY_MS;
    return [{ fromMs, toMs: fromMs + hours * HOUR_MS }];
  }

  #say(line: string): void {
    const at = new Date(this.#clock.nowMs()).toISOString().slice(0, 16);
    this.#plan.trace?.(`day ${this.day} ${at}: ${line}`);
  }
}

function isIn(spans: readonly Span[], atMs: number): boolean {
  return spans.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
}

function partsOf(key: string): { readonly ulid: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { ulid: key.slice(0, slash), name: key.slice(slash + 1) };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
