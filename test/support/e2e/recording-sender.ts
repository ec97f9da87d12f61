// A sender that remembers exactly what was acknowledged. Like Prometheus it sends a request again
// until the answer is 2xx, in order, and some of its series are new every now and then.
//
// Every value follows from its series and time, so that what must be there needs no copy of it.

import { setTimeout as sleep } from 'node:timers/promises';
import { encodeBodyV1 } from '../../../src/write/wire/encode-request.ts';
import type { Dump } from './dumps.ts';
import { httpCall, keepAliveAgent } from './http-calls.ts';

export interface SenderOptions {
  readonly origin: string;
  readonly workers: number;
  /** In each request. */
  readonly series: number;
  /** Of each series in each request. */
  readonly samples: number;
  /** Between two requests of a worker. */
  readonly pauseMs: number;
  /** A worker's series are new after so many requests. */
  readonly requestsPerGeneration: number;
}

/** One request that was answered 2xx. */
export interface Acknowledged {
  readonly worker: number;
  readonly generation: number;
  readonly times: readonly number[];
  readonly answeredMs: number;
}

/** Several workers, each sending one request after the other. */
export class RecordingSender {
  readonly acknowledged: Acknowledged[] = [];
  /** Answers by status; 0 is none. */
  readonly answers = new Map<number, number>();
  /** Texts of answers that are neither 2xx nor 503. */
  readonly complaints: string[] = [];
  readonly #options: SenderOptions;
  readonly #agent = keepAliveAgent();
  readonly #counts: number[];
  /** What a worker has sent and not been acknowledged; sent again first. */
  readonly #unanswered = new Map<
    number,
    { readonly times: number[]; readonly generation: number }
  >();
  #lastTimeMs = 0;
  #running: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#counts = new Array<number>(options.workers).fill(0);
  }

  /** Samples acknowledged so far. */
  get samples(): number {
    const { series, samples } = this.#options;
    return this.acknowledged.length * series * samples;
  }

  start(): void {
    this.#stopping = false;
    const workers = Array.from({ length: this.#options.workers }, (_, worker) => worker);
    this.#running = Promise.all(workers.map((worker) => this.#work(worker)));
  }

  /** Ends after the requests under way, acknowledged or not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** How many acknowledged samples (of the wanted requests) are not in `dump`, and an example. */
  missingFrom(
    dump: Dump,
    isWanted: (timeMs: number, from: Acknowledged) => boolean = () => true,
  ): { readonly wanted: number; readonly missing: number; readonly example: string } {
    const result = { wanted: 0, missing: 0, example: '' };
    for (const from of this.acknowledged) {
      for (let index = 0; index < this.#options.series; index++) {
        const text = seriesText(from, index);
        const samples = dump.get(text);
        for (const timeMs of from.times) {
          if (!isWanted(timeMs, from)) continue;
          result.wanted++;
          const have = samples?.get(timeMs);
          if (have !== undefined && Number(have) === expectedValue(from.worker, index, timeMs))
            continue;
          result.missing++;
          result.example ||= `${text} at ${timeMs}: ${have}, answered ${from.answeredMs}`;
        }
      }
    }
    return result;
  }

  async #work(worker: number): Promise<void> {
    while (!this.#stopping) {
      const batch = this.#unanswered.get(worker) ?? this.#next(worker);
      this.#unanswered.set(worker, batch);
      const status = await this.#send(worker, batch);
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
      if (status >= 200 && status < 300) {
        this.acknowledged.push({ worker, ...batch, answeredMs: Date.now() });
        this.#unanswered.delete(worker);
      }
      await sleep(this.#options.pauseMs);
    }
  }

  #next(worker: number) {
    const count = this.#counts[worker] ?? 0;
    this.#counts[worker] = count + 1;
    const times = Array.from({ length: this.#options.samples }, () => {
      this.#lastTimeMs = Math.max(this.#lastTimeMs + 1, Date.now());
      return this.#lastTimeMs;
    });
    return { times, generation: Math.floor(count / this.#options.requestsPerGeneration) };
  }

  /** The status; 0 when there was no answer. */
  async #send(
    worker: number,
    { times, generation }: { readonly times: readonly number[]; readonly generation: number },
  ): Promise<number> {
    const series = Array.from({ length: this.#options.series }, (_, index) => ({
      labels: [
        ['__name__', NAME],
        ['generation', String(generation)],
        ['index', String(index)],
        ['worker', String(worker)],
      ] as const,
      samples: times.map((timeMs) => ({ timeMs, value: expectedValue(worker, index, timeMs) })),
    }));
    try {
      const { status, text } = await httpCall(`${this.#options.origin}/api/v1/write`, {
        method: 'POST',
        headers: V1_HEADERS,
        body: encodeBodyV1(series),
        agent: this.#agent,
      });
      if (status >= 300 && status !== 503) this.complaints.push(`${status} ${text}`);
      return status;
    } catch {
      return 0;
    }
  }
}

/** Metric of all series. */
export const NAME = 'load';

/** Headers of a 1.0 request. */
export const V1_HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

function seriesText({ worker, generation }: Acknowledged, index: number): string {
  const labels = `generation="${generation}", index="${index}", worker="${worker}"`;
  return `{__name__="${NAME}", ${labels}}`;
}

/** Not an integer, and another at every time. */
function expectedValue(worker: number, index: number, timeMs: number): number {
  return (timeMs % 1_000_003) * 1.1 + index / 7 + worker * 1e7;
}
