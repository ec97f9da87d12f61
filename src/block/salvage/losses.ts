// What of a damaged block cannot be saved, by series, and what was put right on the way.

/** Series that are named; of a thoroughly broken block there are very many. */
const NAMED_MAX = 100;

/** What one series lost. */
export interface SeriesLoss {
  /** As text: `{name="value", …}`. */
  readonly labels: string;
  /** Chunks that are lost, and how many there were. */
  readonly chunks: number;
  readonly ofChunks: number;
  /** From the first to the last sample of the lost ones, by the index, milliseconds. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** See the head of the file. */
export interface LossReport {
  /** Nothing is lost. */
  readonly isLossless: boolean;
  /** Series whose entry in the index cannot be read: names and times are not known. */
  readonly unreadSeries: number;
  /** Series that lost some chunks, and those that lost all. */
  readonly touchedSeries: number;
  readonly wholeSeries: number;
  readonly chunks: number;
  /** Of the lost chunks; undefined when there are none. */
  readonly range: { readonly minTimeMs: number; readonly maxTimeMs: number } | undefined;
  /** The first of them. */
  readonly named: readonly SeriesLoss[];
  /** Series that are saved whole though the index had them in disorder. */
  readonly mendedSeries: number;
}

/** Counts; see the head of the file. */
export class Losses {
  /** Files in which something was found that cannot be read. */
  readonly files = new Set<string>();
  unreadSeries = 0;
  mendedSeries = 0;
  #touchedSeries = 0;
  #wholeSeries = 0;
  #chunks = 0;
  #minTimeMs = Number.POSITIVE_INFINITY;
  #maxTimeMs = Number.NEGATIVE_INFINITY;
  readonly #named: SeriesLoss[] = [];

  /** Notes a series that lost chunks. */
  note(loss: SeriesLoss): void {
    this.#touchedSeries++;
    if (loss.chunks === loss.ofChunks) this.#wholeSeries++;
    this.#chunks += loss.chunks;
    this.#minTimeMs = Math.min(this.#minTimeMs, loss.minTimeMs);
    this.#maxTimeMs = Math.max(this.#maxTimeMs, loss.maxTimeMs);
    if (this.#named.length < NAMED_MAX) this.#named.push(loss);
  }

  report(): LossReport {
    const hasRange = this.#minTimeMs <= this.#maxTimeMs;
    return {
      isLossless: this.#chunks === 0 && this.unreadSeries === 0,
      unreadSeries: this.unreadSeries,
      touchedSeries: this.#touchedSeries,
      wholeSeries: this.#wholeSeries,
      chunks: this.#chunks,
      range: hasRange ? { minTimeMs: this.#minTimeMs, maxTimeMs: this.#maxTimeMs } : undefined,
      named: this.#named,
      mendedSeries: this.mendedSeries,
    };
  }
}
