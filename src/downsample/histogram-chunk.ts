// Aggregate chunks of histograms while they are made: a count, and sum and counter as float
// histograms (docs/formats/aggregate-chunks.md, "Histograms").

import { writeAggregate } from '../base/chunk/aggregate-writer.ts';
import { ENCODING_XOR, HEADER_GAUGE, HEADER_NO_RESET } from '../base/chunk/chunk-format.ts';
import { HistogramAppender } from '../base/chunk/histogram-appender.ts';
import { HistogramValue, RESET_GAUGE, RESET_UNKNOWN } from '../base/chunk/histogram-value.ts';
import { XorBuilder } from '../base/chunk/xor-builder.ts';
import { assert } from '../base/errors/assert.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { ENCODING_AGGREGATE } from '../block/chunks/format.ts';
import type { BucketHistogram } from './bucket-histogram.ts';
import { WINDOWS_PER_CHUNK_MAX } from './windows.ts';

/** What the histograms of a window come to. */
export interface HistogramWindow {
  readonly count: number;
  /** Undefined where aggregates of aggregates lack it. */
  readonly sum: BucketHistogram | undefined;
  readonly counter: BucketHistogram | undefined;
}

/** Makes chunk after chunk; gives each to a list when it is done. */
export class HistogramChunks {
  readonly #count = new XorBuilder();
  readonly #sum = new HistogramAppender(WINDOWS_PER_CHUNK_MAX);
  readonly #counter = new HistogramAppender(WINDOWS_PER_CHUNK_MAX);
  readonly #value = new HistogramValue();
  #isGauge = false;
  #minTimeMs = 0;
  #maxTimeMs = 0;
  #into: ChunkToWrite[] = [];

  /** Begins a chunk, of gauges or counters; what is made goes to `into`. */
  begin(isGauge: boolean, into: ChunkToWrite[]): void {
    this.#isGauge = isGauge;
    this.#into = into;
    // Thanos's word for every first one: each chunk's counter begins with what was counted before.
    this.#beginParts(isGauge ? HEADER_GAUGE : HEADER_NO_RESET);
  }

  /** Appends a window. One whose counter cannot go on in the chunk begins the next. */
  add(timeMs: number, window: HistogramWindow): void {
    if (window.counter !== undefined) this.#addCounter(timeMs, window.counter);
    if (window.sum !== undefined) {
      window.sum.giveTo(this.#value);
      // Sums go up and down.
      this.#value.resetHint = RESET_GAUGE;
      const outcome = this.#sum.tryAppend(timeMs, this.#value);
      assert(outcome !== 'new_chunk', 'sums of one layout go into one chunk');
    }
    if (this.#count.count === 0) this.#minTimeMs = timeMs;
    this.#maxTimeMs = timeMs;
    this.#count.append(timeMs, window.count);
  }

  #addCounter(timeMs: number, counter: BucketHistogram): void {
    counter.giveTo(this.#value);
    this.#value.resetHint = this.#isGauge ? RESET_GAUGE : RESET_UNKNOWN;
    if (this.#counter.tryAppend(timeMs, this.#value) !== 'new_chunk') return;
    this.finish();
    this.#beginParts(this.#counter.nextHeader);
    const outcome = this.#counter.tryAppend(timeMs, this.#value);
    assert(outcome === 'appended', 'an empty chunk takes any histogram of its kind');
  }

  /** Ends the chunk, if it has a window. */
  finish(): void {
    const sampleCount = this.#count.count;
    if (sampleCount === 0) return;
    const part = (from: HistogramAppender) =>
      from.count === 0 ? undefined : { encoding: from.encoding, bytes: from.bytes() };
    this.#into.push({
      minTimeMs: this.#minTimeMs,
      maxTimeMs: this.#maxTimeMs,
      encoding: ENCODING_AGGREGATE,
      sampleCount,
      bytes: writeAggregate([
        { encoding: ENCODING_XOR, bytes: this.#count.bytes() },
        part(this.#sum),
        undefined,
        undefined,
        part(this.#counter),
      ]),
    });
  }

  #beginParts(counterHeader: number): void {
    this.#count.begin();
    this.#sum.begin(true, HEADER_GAUGE);
    this.#counter.begin(true, counterHeader);
  }
}
