// What senders send: samples in order, a backlog of hours, late ones, ones from the future, other
// bits at the same time; floats of any bits and histograms; 1.0 and 2.0.

import { blockLabels } from '../../src/base/model/stream-labels.ts';
import {
  type ExactSample,
  type ExactSeries,
  exactBody,
  STALE_BITS,
} from '../support/exact-body.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { histogramOf, textOf } from '../support/stored-samples.ts';
import type { SampleLedger, SentSample } from './sample-ledger.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULES = { external: [], tenantLabelName: 'tenant_id' };

/** A request of one sender, with what it carries. */
export interface SimulatedRequest {
  readonly tenant: string;
  readonly version: 1 | 2;
  readonly series: readonly ExactSeries[];
}

/** A sample of a request, where it must be found and as what. */
export function sentSample(
  tenant: string,
  labels: ExactSeries['labels'],
  sample: ExactSample,
): SentSample {
  const value = 'bits' in sample ? sample.bits : histogramOf(sample.count);
  return { key: keyOf(tenant, labels, sample), value };
}

/** All samples of a request. */
export function samplesOf({ tenant, series }: SimulatedRequest): SentSample[] {
  return series.flatMap(({ labels, samples }) =>
    samples.map((sample) => sentSample(tenant, labels, sample)),
  );
}

/** Its samples in two requests; of more than one sample. */
export function halvesOf(request: SimulatedRequest): SimulatedRequest[] {
  const singles = request.series.flatMap(({ labels, samples }) =>
    samples.map((sample) => ({ labels, samples: [sample] })),
  );
  const half = Math.ceil(singles.length / 2);
  return [singles.slice(0, half), singles.slice(half)].map((series) => ({ ...request, series }));
}

/** The body and its headers. */
export function encoded({ version, series }: SimulatedRequest) {
  const schema = version === 2 ? ';proto=io.prometheus.write.v2.Request' : '';
  return {
    body: new Uint8Array(exactBody(series, version)),
    headers: {
      'content-type': `application/x-protobuf${schema}`,
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': version === 2 ? '2.0.0' : '0.1.0',
    },
  };
}

/** Makes requests; `trueNowMs` is what the senders' clocks say. */
export class RequestMaker {
  readonly #random: SeededRandom;
  readonly #ledger: SampleLedger;
  readonly #trueNowMs: () => number;
  readonly #hasReplicas: boolean;
  /** By stream: the newest time that was sent. */
  readonly #newest = new Map<string, number>();

  constructor(options: {
    readonly random: SeededRandom;
    readonly ledger: SampleLedger;
    readonly trueNowMs: () => number;
    readonly hasReplicas: boolean;
  }) {
    this.#random = options.random;
    this.#ledger = options.ledger;
    this.#trueNowMs = options.trueNowMs;
    this.#hasReplicas = options.hasReplicas;
  }

  make(): SimulatedRequest {
    const tenant = this.#random.pick(['a', 'b']);
    const series: ExactSeries[] = [];
    for (let left = this.#random.between(1, 8); left > 0; left--) {
      const labels: [string, string][] = [['__name__', `m${this.#random.between(0, 10)}`]];
      if (this.#hasReplicas && this.#random.fraction() < 0.8)
        labels.push(['replica', this.#random.pick(['r1', 'r2'])]);
      const samples = this.#samples(tenant, labels);
      if (samples.length > 0) series.push({ labels, samples });
    }
    return { tenant, version: this.#random.fraction() < 0.5 ? 1 : 2, series };
  }

  #samples(tenant: string, labels: readonly [string, string][]): ExactSample[] {
    const nowMs = this.#trueNowMs();
    const stream = `${tenant} ${labels[1]?.[1]}`;
    const newest = this.#newest.get(stream) ?? nowMs;
    const isHistogram = this.#random.fraction() < 0.2;
    const wanted = this.#times(nowMs, newest)
      .map((timeMs) => this.#sample(timeMs, isHistogram))
      .filter((sample) => !this.#ledger.isInDoubt(keyOf(tenant, labels, sample)));
    const last = Math.max(...wanted.map(({ timeMs }) => timeMs), newest);
    if (last <= nowMs + 600_000) this.#newest.set(stream, last);
    return wanted;
  }

  #times(nowMs: number, newestMs: number): number[] {
    const chance = this.#random.fraction();
    if (chance < 0.8) return [nowMs - this.#random.between(0, 30_000)];
    if (chance < 0.87) {
      const times: number[] = [];
      const step = this.#random.between(15_000, HOUR / 2);
      let at = nowMs - this.#random.between(0, 6 * HOUR);
      for (; at < nowMs && times.length < 300; at += step) times.push(at);
      return times;
    }
    if (chance < 0.92) return [newestMs - this.#random.between(0, DAY + HOUR)];
    if (chance < 0.95) return [this.#edge(nowMs)];
    return [nowMs + this.#random.between(0, 11 * 60_000)];
  }

  /** At the border of a window, or one millisecond beside it. */
  #edge(nowMs: number): number {
    const border = Math.floor(nowMs / (2 * HOUR)) * 2 * HOUR;
    return border - 2 * HOUR * this.#random.between(0, 12) + this.#random.between(-1, 2);
  }

  #sample(timeMs: number, isHistogram: boolean): ExactSample {
    if (isHistogram) return { timeMs, count: this.#random.between(1, 50) };
    const chance = this.#random.fraction();
    if (chance < 0.1) return { timeMs, bits: STALE_BITS };
    if (chance < 0.5) return { timeMs, bits: hex(this.#random.u32()) + hex(this.#random.u32()) };
    const whole = Buffer.alloc(8);
    whole.writeDoubleBE(this.#random.between(0, 1000));
    return { timeMs, bits: whole.toString('hex') };
  }
}

function keyOf(tenant: string, labels: ExactSeries['labels'], { timeMs }: ExactSample): string {
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
