// Senders for the kill campaign: several connections, each with one request under way, sent again
// until it is answered, as Prometheus does. Samples in order, late ones, and the same again; floats
// and native histograms; now and then new series, on demand with large records.

import { setTimeout as sleep } from 'node:timers/promises';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { httpCall, keepAliveAgent } from '../e2e/http-calls.ts';
import { EXACT_HEADERS, ExactRequest } from '../exact-request.ts';
import { floatBits, histogramOf } from '../expected-bits.ts';
import { SeededRandom } from '../seeded-random.ts';
import { type Fleet, type FleetSeries, TENANTS } from './fleet.ts';
import type { SampleTable } from './sample-table.ts';

const SERIES = 30;
const SAMPLES = 3;
const PAUSE_MS = 12;
/** While nobody listens, or the answer is 503. */
const RETRY_MS = 40;
const CALL_TIMEOUT_MS = 20_000;
const REMEMBERED = 300;
const REQUESTS_PER_GENERATION = 60;
/** New series of a request that is to fill the log, and the bytes of a label of each. */
const PADDED = 24;
const PADDING_BYTES = 6000;
const HOUR_MS = 3_600_000;

/** One request: series, and the times that each has a sample of. */
interface Batch {
  readonly tenant: string;
  readonly series: readonly FleetSeries[];
  readonly times: readonly number[];
}

export interface KillLoadOptions {
  readonly origin: string;
  readonly workers: number;
  readonly fleet: Fleet;
  readonly table: SampleTable;
  readonly seed: number;
  /** Told of each sample that was acknowledged, beside the table. */
  readonly onAcknowledged?: (series: number, timeMs: number) => void;
}

/** What the senders are to do besides sending in order. */
export interface LoadMood {
  /** Share of requests whose samples are late, and how far at most. */
  readonly lateShare: number;
  readonly lateMs: number;
  /** Fill the log with large records of new series. */
  readonly isBulky: boolean;
}

/** The senders. */
export class KillLoad {
  mood: LoadMood = { lateShare: 0, lateMs: HOUR_MS, isBulky: false };
  /** Answers by status; 0 is none. */
  readonly answers = new Map<number, number>();
  /** Texts of answers that nobody expects. */
  readonly complaints: string[] = [];
  /** Requests that have no answer yet. */
  inFlight = 0;
  acknowledgedRequests = 0;
  readonly #options: KillLoadOptions;
  readonly #random: SeededRandom;
  readonly #agent = keepAliveAgent();
  readonly #remembered: Batch[] = [];
  readonly #histogram = new HistogramValue();
  readonly #bits = { low: 0, high: 0 };
  #lastTimeMs = 0;
  #stopping = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: KillLoadOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
  }

  start(): void {
    this.#stopping = false;
    const workers = Array.from({ length: this.#options.workers }, (_, worker) => worker);
    this.#running = Promise.all(workers.map((worker) => this.#work(worker)));
  }

  /** Ends when each sender has its answer, or none; what has none is in doubt for ever. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #work(worker: number): Promise<void> {
    let series: readonly FleetSeries[] = [];
    for (let count = 0; !this.#stopping; count++) {
      if (count % REQUESTS_PER_GENERATION === 0)
        series = Array.from({ length: SERIES }, () => this.#options.fleet.add(worker));
      const batch = this.#next(worker, series);
      // Some senders die with their queue: then it stays open what became of the request.
      const patience = this.#random.fraction() < 0.9 ? Number.POSITIVE_INFINITY : 1;
      await this.#deliver(batch, patience);
      await sleep(PAUSE_MS);
    }
  }

  #next(worker: number, series: readonly FleetSeries[]): Batch {
    const { lateShare, lateMs, isBulky } = this.mood;
    const tenant = TENANTS[worker % TENANTS.length]?.tenant ?? '';
    if (isBulky) {
      const padding = 'x'.repeat(PADDING_BYTES);
      const padded = Array.from({ length: PADDED }, () =>
        this.#options.fleet.add(worker, `${padding}${this.#random.u32()}`),
      );
      return { tenant, series: padded, times: [this.#now()] };
    }
    const chance = this.#random.fraction();
    if (chance < 0.08 && this.#remembered.length > 0) {
      const again = this.#remembered[this.#random.between(0, this.#remembered.length)];
      if (again !== undefined) return again;
    }
    if (chance > 1 - lateShare) {
      const atMs = Date.now() - this.#random.between(1000, lateMs);
      const times = Array.from({ length: SAMPLES }, (_, i) => atMs + 7 * i);
      const some = series.filter(() => this.#random.fraction() < 0.3);
      if (some.length > 0) return { tenant, series: some, times };
    }
    return { tenant, series, times: Array.from({ length: SAMPLES }, () => this.#now()) };
  }

  /** Each time once, and never behind an earlier one. */
  #now(): number {
    this.#lastTimeMs = Math.max(this.#lastTimeMs + 1, Date.now());
    return this.#lastTimeMs;
  }

  async #deliver(batch: Batch, patience: number): Promise<void> {
    const body = this.#encode(batch);
    for (let left = patience; left > 0; left--) {
      const status = await this.#send(batch, body);
      if (status === 204) {
        this.#noteAcknowledged(batch);
        return;
      }
      // After an answer that is none of these the sample would never come.
      if (status !== 0 && status !== 503) return;
      if (this.#stopping) return;
      await sleep(RETRY_MS);
    }
  }

  async #send(batch: Batch, body: Uint8Array): Promise<number> {
    for (const { id } of batch.series)
      for (const timeMs of batch.times) this.#options.table.noteSent(id, timeMs);
    this.inFlight++;
    let status = 0;
    try {
      const answer = await httpCall(`${this.#options.origin}/api/v1/write`, {
        method: 'POST',
        headers: { ...EXACT_HEADERS[1], 'THANOS-TENANT': batch.tenant },
        body,
        agent: this.#agent,
        timeoutMs: CALL_TIMEOUT_MS,
      });
      status = answer.status;
      if (status !== 204 && status !== 503) this.complaints.push(`${status} ${answer.text}`);
    } catch {
      status = 0; // killed, or not there yet: the sender cannot know
    } finally {
      this.inFlight--;
    }
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    return status;
  }

  #noteAcknowledged(batch: Batch): void {
    this.acknowledgedRequests++;
    for (const { id } of batch.series)
      for (const timeMs of batch.times) {
        this.#options.table.noteAcknowledged(id, timeMs);
        this.#options.onAcknowledged?.(id, timeMs);
      }
    this.#remembered.push(batch);
    if (this.#remembered.length > REMEMBERED) this.#remembered.shift();
  }

  #encode({ series, times }: Batch): Uint8Array {
    const request = new ExactRequest(1);
    for (const { id, kind, labels } of series) {
      request.openSeries(labels);
      for (const timeMs of times) {
        if (kind === 'float') {
          floatBits(id, timeMs, this.#bits);
          request.float(timeMs, this.#bits.low, this.#bits.high);
        } else {
          histogramOf(kind, id, timeMs, this.#histogram);
          request.histogram(timeMs, this.#histogram);
        }
      }
    }
    return request.take();
  }
}
