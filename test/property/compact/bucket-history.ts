// A random life of a bucket under a compactor that fails, dies, is off, and whose clock jumps, with
// what must hold at every moment.

import { expect } from 'vitest';
import type { ViewedBlock } from '../../../src/bucket/block-view.ts';
import type { PlanOptions } from '../../../src/compact/plan/options.ts';
import { isSetAside, sourcesOf } from '../../../src/compact/plan/soundness.ts';
import type { CompactPlan, MarkJob } from '../../../src/compact/planned-job.ts';
import {
  AbstractBucket,
  type JobEnd,
  type SourceRecord,
} from '../../support/compact/abstract-bucket.ts';
import { DAY_MS, HOUR_MS, OPTIONS, planOf } from '../../support/compact/plan-blocks.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const WINDOW_MS = 2 * HOUR_MS;
const START_MS = 1_800_000_000_000 - (1_800_000_000_000 % (14 * DAY_MS));
/** What plans take the clock to be ahead at most. */
const AHEAD_MS = DAY_MS;
const RESOLUTIONS = [0, 300_000, 3_600_000] as const;

/** What came out of a history. */
export interface HistoryFigures {
  readonly plans: number;
  readonly jobs: number;
  readonly uploads: number;
  readonly liveMax: number;
}

export class BucketHistory {
  readonly bucket = new AbstractBucket(START_MS);
  readonly options: PlanOptions;
  readonly #random: SeededRandom;
  readonly #replicas: readonly string[];
  readonly #tenants: readonly string[];
  readonly #marksByHand: boolean;
  readonly #offsetMs: number;
  #cutMs = START_MS;
  #plans = 0;
  #jobs = 0;
  #liveMax = 0;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.#replicas = random.pick([[''], [''], ['r1', 'r2']]);
    this.#tenants = random.pick([['a'], ['a', 'b']]);
    this.#marksByHand = random.pick([true, false, false]);
    this.#offsetMs = random.pick([0, 0, 7]);
    const days = (...some: number[]): number => random.pick(some) * DAY_MS;
    this.options = {
      ...OPTIONS,
      replicaLabels: random.pick([[], ['replica']]),
      retention: {
        rawMs: days(0, 0.25, 1, 3, 10, 40),
        fiveMinutesMs: days(0, 0.5, 2, 10, 30),
        oneHourMs: days(0, 1, 20, 90),
      },
      directMergeBlocksMax: random.pick([0, 0, 12, 64]),
      mergeSourcesMax: random.pick([128, 8]),
      deleteDelayMs: days(0, 2),
      indexBytesMax: random.pick([2 ** 40, 2 ** 40, 5000]),
    };
  }

  /** Lives through `steps` steps, checking after each; then lets the plan come to rest. */
  live(steps: number): HistoryFigures {
    for (let step = 0; step < steps; step++) {
      this.#step();
      this.#checkSources();
    }
    this.#settle();
    const { sources } = this.bucket;
    return {
      plans: this.#plans,
      jobs: this.#jobs,
      uploads: sources.length,
      liveMax: this.#liveMax,
    };
  }

  #step(): void {
    const random = this.#random;
    const kind = random.fraction();
    // An outage, or a long quiet, as long as a month; else some hours.
    const month = random.fraction() < 0.1 ? 720 : 120;
    const hours = kind < 0.03 ? random.between(24, month) : random.between(1, 14);
    this.bucket.trueMs += hours * HOUR_MS;
    if (kind > 0.06) this.#write();
    else if (random.fraction() < 0.5) this.#cutMs = this.#lastWindowMs(); // a gap that stays
    if (this.#marksByHand && random.fraction() < 0.1) this.#markByHand();
    if (random.fraction() < 0.85) this.#compact();
  }

  #lastWindowMs(): number {
    return Math.floor((this.bucket.trueMs - HOUR_MS) / WINDOW_MS) * WINDOW_MS;
  }

  /** Cuts what is due, and late blocks of windows that were cut before. */
  #write(): void {
    const random = this.#random;
    const cutToMs = this.#lastWindowMs();
    for (let at = this.#cutMs; at < cutToMs; at += WINDOW_MS) this.#cut(at, 1000);
    this.#cutMs = Math.max(this.#cutMs, cutToMs);
    const late = random.fraction() < 0.5 ? random.between(0, 6) : 0;
    for (let i = 0; i < late; i++) {
      const at = this.#cutMs - random.between(1, 13) * WINDOW_MS;
      if (at >= START_MS) this.#cut(at, random.pick([5, 30, 400]));
    }
  }

  #cut(at: number, sizeBytes: number): void {
    for (const tenant of this.#tenants) {
      for (const replica of this.#replicas) {
        if (this.#random.fraction() < 0.05) continue;
        const labels = replica === '' ? { tenant } : { tenant, replica };
        const minTimeMs = at + (replica === 'r2' ? this.#offsetMs : 0);
        this.bucket.upload({ minTimeMs, maxTimeMs: at + WINDOW_MS, labels, sizeBytes });
      }
    }
  }

  #markByHand(): void {
    const live = this.bucket.live();
    if (live.length === 0) return;
    const { ulid } = this.#random.pick(live);
    const [name, reason] = this.#random.pick([
      ['noCompact', 'manual'],
      ['noCompact', 'block-index-out-of-order-chunk'],
      ['noDownsample', 'manual'],
    ] as const);
    this.bucket.setMark(ulid, name, reason);
  }

  #plan(nowMs: number): CompactPlan {
    this.#plans++;
    const blocks = [...this.bucket.blocks.values()];
    const input = { storeMs: this.#random.fraction() < 0.5 ? undefined : this.bucket.trueMs };
    const plan = planOf(blocks, nowMs, this.options, input);
    if (this.#plans % 4 === 0) {
      const shuffled = blocks.sort(() => this.#random.fraction() - 0.5);
      const again = planOf(shuffled, nowMs, this.options, input);
      // As text: one comparison instead of one for each field of each job.
      expect(JSON.stringify(again)).toBe(JSON.stringify(plan));
    }
    this.#checkPlan(plan);
    this.#liveMax = Math.max(this.#liveMax, blocks.length);
    return plan;
  }

  /** A round or some of a compactor whose clock may be wrong. */
  #compact(): void {
    const random = this.#random;
    const jumpMs = random.fraction() < 0.1 ? random.pick([-40, 2, 400, 20_000]) * DAY_MS : 0;
    const clockMs = this.bucket.trueMs + jumpMs;
    this.#runStale();
    for (let round = random.between(1, 6); round > 0; round--) {
      const plan = this.#plan(clockMs);
      if (random.fraction() < 0.3) this.#stale = plan;
      const busy = new Set<string>();
      for (const job of plan.jobs) {
        const fate = random.fraction();
        const end: JobEnd = fate < 0.1 ? 'failed' : fate < 0.2 ? 'killed' : 'done';
        if ('group' in job) {
          if (busy.has(job.group.key)) continue;
          busy.add(job.group.key);
        }
        this.#jobs++;
        this.bucket.run(job, end, clockMs);
        if (random.fraction() < 0.1) this.#checkSources();
      }
    }
  }

  /** A second compactor that stood still finishes a block that it had begun: sources then meet. */
  #runStale(): void {
    const stale = this.#stale?.jobs.filter((job) => 'group' in job) ?? [];
    this.#stale = undefined;
    for (const job of stale.slice(0, 3)) {
      if (job.sources.every((ulid) => this.bucket.blocks.has(ulid)))
        this.bucket.run(job, 'killed', this.bucket.trueMs);
    }
  }

  #stale: CompactPlan | undefined;

  /** Every source that a policy wants is in its layer or in a finer one, in a block that stays. */
  #checkSources(): void {
    const finest = new Map<string, number>();
    for (const { sources, resolutionMs } of this.bucket.live()) {
      for (const source of sources) {
        const known = finest.get(source);
        if (known === undefined || known > resolutionMs) finest.set(source, resolutionMs);
      }
    }
    const { rawMs, fiveMinutesMs, oneHourMs } = this.options.retention;
    const atMs = this.bucket.trueMs + AHEAD_MS;
    const wants = (keptMs: number, maxTimeMs: number) => keptMs === 0 || maxTimeMs + keptMs >= atMs;
    this.#wanted = this.#wanted.concat(this.bucket.sources.slice(this.#seen));
    this.#seen = this.bucket.sources.length;
    // What no policy wants any more is wanted never again.
    this.#wanted = this.#wanted.filter(({ ulid, maxTimeMs }) => {
      const isRaw = wants(rawMs, maxTimeMs);
      const isFive = wants(fiveMinutesMs, maxTimeMs);
      const isHour = wants(oneHourMs, maxTimeMs);
      const coarsest = isRaw ? 0 : isFive ? 300_000 : 3_600_000;
      if ((isRaw || isFive || isHour) && !((finest.get(ulid) ?? Infinity) <= coarsest))
        throw new Error(`source ${ulid} is lost from ${coarsest} and all finer layers`);
      return isRaw || isFive || isHour;
    });
  }

  #wanted: readonly SourceRecord[] = [];
  #seen = 0;

  #checkPlan(plan: CompactPlan): void {
    const named = new Set(plan.kept.map(({ ulid }) => ulid));
    const sources = new Set<string>();
    for (const job of plan.jobs) {
      if (!('group' in job)) {
        named.add(job.ulid);
        if (job.kind === 'mark') this.#checkMark(job);
        continue;
      }
      for (const ulid of job.sources) {
        if (sources.has(ulid)) throw new Error(`${ulid} is a source of two jobs`);
        sources.add(ulid);
        named.add(ulid);
      }
    }
    for (const ulid of this.bucket.blocks.keys())
      if (!named.has(ulid)) throw new Error(`${ulid} is neither in a job nor kept`);
    if (new Set(plan.jobs.map(({ id }) => id)).size !== plan.jobs.length)
      throw new Error('two jobs have one id');
  }

  /** Nothing is marked whose sources no sound live block has, unless no coarser policy wants them. */
  #checkMark(job: MarkJob): void {
    if (job.mark !== 'deletion') return;
    const marked = this.bucket.blocks.get(job.ulid);
    if (marked === undefined || marked.marks.deletion !== undefined)
      throw new Error(`${job.ulid} is marked, and is not there or was before`);
    const successors = job.successors.map((ulid) => this.bucket.blocks.get(ulid));
    const held = new Set(successors.flatMap((one) => (one === undefined ? [] : sourcesOf(one))));
    for (const one of successors) {
      if (one === undefined || one.marks.deletion !== undefined || isSetAside(one))
        throw new Error(`${one?.ulid} stands in for ${job.ulid}, and is marked, damaged or gone`);
    }
    const isHeld = sourcesOf(marked).every((source) => held.has(source));
    if (!isHeld && (job.reason !== 'retention' || this.#isWantedCoarser(marked)))
      throw new Error(`${job.ulid} is marked, and its successors do not hold it: ${job.details}`);
  }

  #isWantedCoarser({ maxTimeMs, resolutionMs }: ViewedBlock): boolean {
    const { fiveMinutesMs, oneHourMs } = this.options.retention;
    const atMs = this.bucket.trueMs + AHEAD_MS;
    const wants = (keptMs: number): boolean => keptMs === 0 || maxTimeMs + keptMs >= atMs;
    return (
      (resolutionMs === 0 && wants(fiveMinutesMs)) || (resolutionMs < 3_600_000 && wants(oneHourMs))
    );
  }

  /** With nothing new and no failures: no job comes twice, and soon there are none. */
  #settle(): void {
    const seen = new Set<string>();
    const roundsMax = 50 + 3 * this.bucket.blocks.size;
    for (let round = 0; ; round++) {
      const plan = this.#plan(this.bucket.trueMs);
      if (plan.jobs.length === 0) break;
      if (round > roundsMax) throw new Error(`no rest after ${round} rounds`);
      for (const job of plan.jobs) {
        if (seen.has(job.id)) throw new Error(`job ${job.id} comes twice: ${JSON.stringify(job)}`);
        seen.add(job.id);
        this.bucket.run(job, 'done', this.bucket.trueMs);
      }
      if (round % 8 === 0) this.#checkSources();
    }
    this.#checkSources();
    this.#checkRest();
  }

  /** At rest: what retention wants gone is gone, but for what is named; few blocks are left. */
  #checkRest(): void {
    const plan = this.#plan(this.bucket.trueMs);
    const overdue = plan.kept.filter(({ isOverdue }) => isOverdue);
    const isHandMade = ({ ulid }: { ulid: string }): boolean => {
      const { marks } = this.bucket.blocks.get(ulid) ?? {};
      return marks?.noDownsample !== undefined || marks?.noCompact !== undefined;
    };
    for (const one of overdue) {
      if (!isHandMade(one)) throw new Error(`${one.ulid} is overdue at rest: ${one.why}`);
    }
    if (this.#marksByHand || this.options.indexBytesMax < 2 ** 30) return;
    const live = this.bucket.live();
    const spanMs = this.bucket.trueMs - START_MS;
    const groups = this.#tenants.length * this.#replicas.length * RESOLUTIONS.length;
    const perGroup = 2 * Math.ceil(spanMs / (14 * DAY_MS)) + 7 + 6 + 4 + 6 * 8;
    expect(live.length).toBeLessThanOrEqual(groups * perGroup);
  }
}
