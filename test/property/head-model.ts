// The head in a few lines of obvious code: Maps of samples by text. What src/head must agree with.

import {
  ADMITTED,
  ALREADY_STORED,
  DUPLICATE,
  TOO_OLD,
  type Verdict,
} from '../../src/head/verdict.ts';

interface Sample {
  readonly timeMs: number;
  readonly key: string;
}

interface ModelSeries {
  admitted: Sample | undefined;
  published: Sample | undefined;
  /** Published and not yet in a stored block. */
  readonly stored: Map<number, string>;
  readonly pending: Map<number, string>;
  isNew: boolean;
}

export class HeadModel {
  readonly series = new Map<string, ModelSeries>();
  readonly #outOfOrderWindowMs: number;
  newestMs = Number.NEGATIVE_INFINITY;
  publishedNewestMs = Number.NEGATIVE_INFINITY;
  readonly batches: [string, Sample, boolean][][] = [];
  #current: [string, Sample, boolean][] = [];
  readonly #createdIn = new Map<string, number>();
  #batchNumber = 0;

  constructor(outOfOrderWindowMs: number) {
    this.#outOfOrderWindowMs = outOfOrderWindowMs;
  }

  admit(labels: string, sample: Sample, isHistogram: boolean): Verdict {
    let series = this.series.get(labels);
    if (series === undefined) {
      series = {
        admitted: undefined,
        published: undefined,
        stored: new Map(),
        pending: new Map(),
        isNew: true,
      };
      this.series.set(labels, series);
      this.#createdIn.set(labels, this.#batchNumber);
    }
    const verdict = this.#decide(series, sample);
    if (verdict !== ADMITTED) return verdict;
    if (series.admitted === undefined || sample.timeMs > series.admitted.timeMs)
      series.admitted = sample;
    series.pending.set(sample.timeMs, sample.key);
    this.#current.push([labels, sample, isHistogram]);
    this.newestMs = Math.max(this.newestMs, sample.timeMs);
    return ADMITTED;
  }

  #decide(series: ModelSeries, { timeMs, key }: Sample): Verdict {
    const { admitted } = series;
    const tooOld = timeMs < this.newestMs - this.#outOfOrderWindowMs;
    if (admitted !== undefined && timeMs === admitted.timeMs)
      return admitted.key === key ? ALREADY_STORED : DUPLICATE;
    if (tooOld) return TOO_OLD;
    const there = series.pending.get(timeMs) ?? series.stored.get(timeMs);
    if (there === undefined) return ADMITTED;
    return there === key ? ALREADY_STORED : DUPLICATE;
  }

  take(): void {
    this.batches.push(this.#current);
    this.#current = [];
    this.#batchNumber++;
  }

  publish(): void {
    const batch = this.batches.shift() ?? [];
    const number = this.#batchNumber - this.batches.length - 1;
    for (const [labels, created] of this.#createdIn)
      if (created <= number) {
        this.#createdIn.delete(labels);
        const series = this.series.get(labels);
        if (series !== undefined) series.isNew = false;
      }
    // Floats first: that only decides which lane a sample is in.
    for (const [labels, sample] of batch) {
      const series = this.series.get(labels);
      if (series === undefined) throw new Error('no such series');
      series.pending.delete(sample.timeMs);
      series.stored.set(sample.timeMs, sample.key);
      if (series.published === undefined || sample.timeMs > series.published.timeMs)
        series.published = sample;
      this.publishedNewestMs = Math.max(this.publishedNewestMs, sample.timeMs);
    }
  }

  takeBackAll(): void {
    this.batches.length = 0;
    this.#current = [];
    this.newestMs = this.publishedNewestMs;
    for (const [labels, series] of this.series) {
      series.admitted = series.published;
      series.pending.clear();
      if (series.isNew) this.series.delete(labels);
    }
    this.#createdIn.clear();
  }

  /** Everything published with a time in the range. */
  content(minTimeMs: number, maxTimeMs: number): Map<string, Map<number, string>> {
    const content = new Map<string, Map<number, string>>();
    for (const [labels, series] of this.series) {
      const samples = [...series.stored].filter(([t]) => t >= minTimeMs && t < maxTimeMs);
      if (samples.length > 0) content.set(labels, new Map(samples.sort(([a], [b]) => a - b)));
    }
    return content;
  }

  /** A block with that content is stored. */
  forgetChunks(content: ReadonlyMap<string, ReadonlyMap<number, string>>): void {
    for (const [labels, samples] of content)
      for (const timeMs of samples.keys()) this.series.get(labels)?.stored.delete(timeMs);
  }

  /** What a stored cut ends with. */
  removeEmpty(): void {
    for (const [labels, series] of this.series)
      if (series.stored.size === 0 && series.pending.size === 0 && !series.isNew)
        this.series.delete(labels);
  }
}
