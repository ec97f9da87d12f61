// Whether a histogram can go on in a chunk, and if not, what the next chunk's header must say. The
// rules are Prometheus's, order included, because the headers of its blocks follow from them
// (docs/formats/chunks.md, "When a new histogram chunk begins").

import type { F64Column } from '../bytes/columns.ts';
import { countsOf, indexesOf, SideFit } from './bucket-fit.ts';
import { HEADER_GAUGE, HEADER_NO_RESET, HEADER_RESET, HEADER_UNKNOWN } from './chunk-format.ts';
import { type HistogramLayout, SpanList } from './histogram-layout.ts';
import type { HistogramState } from './histogram-state.ts';
import {
  CUSTOM_BUCKETS_SCHEMA,
  type HistogramValue,
  RESET_GAUGE,
  RESET_YES,
} from './histogram-value.ts';
import { isStale } from './stale.ts';

/** The header of a chunk that no other chunk of the series comes before. */
export function headerOfFirst(value: HistogramValue): number {
  if (value.resetHint === RESET_GAUGE) return HEADER_GAUGE;
  return value.resetHint === RESET_YES ? HEADER_RESET : HEADER_UNKNOWN;
}

export class HistogramFit {
  /** The histogram can be appended, perhaps after widening it or recoding the chunk. */
  fits = false;
  /** What is known about a counter reset (HEADER_…), when it does not fit. */
  header = HEADER_UNKNOWN;
  readonly positive = new SideFit();
  readonly negative = new SideFit();

  get chunkLacks(): boolean {
    return this.positive.chunkLacks || this.negative.chunkLacks;
  }

  get histogramLacks(): boolean {
    return this.positive.histogramLacks || this.negative.histogramLacks;
  }

  /** Compares a histogram with the last one of a chunk of the same kind that is not empty. */
  compare(state: HistogramState, chunkHeader: number, value: HistogramValue): void {
    if (value.resetHint === RESET_GAUGE) this.#compareGauge(state, chunkHeader, value);
    else this.#compareCounter(state, chunkHeader, value);
  }

  #compareGauge(state: HistogramState, chunkHeader: number, value: HistogramValue): void {
    this.#refuse(HEADER_GAUGE);
    if (chunkHeader !== HEADER_GAUGE) return;
    if (isStale(value.sumLow, value.sumHigh)) {
      this.#acceptAsIs();
      return;
    }
    if (state.isStale || !sameScale(state.layout, value) || !sameBounds(state.layout, value))
      return;
    this.#compareBuckets(state, value);
    this.fits = true;
  }

  #compareCounter(state: HistogramState, chunkHeader: number, value: HistogramValue): void {
    const stale = isStale(value.sumLow, value.sumHigh);
    if (chunkHeader === HEADER_GAUGE) this.#refuse(HEADER_NO_RESET);
    else if (value.resetHint === RESET_YES) this.#refuse(HEADER_RESET);
    else if (stale) this.#acceptAsIs();
    else if (state.isStale) this.#refuse(HEADER_UNKNOWN);
    else if (value.count < state.observations) this.#refuse(HEADER_RESET);
    else if (!sameScale(state.layout, value)) this.#refuse(HEADER_UNKNOWN);
    else if (!sameBounds(state.layout, value)) this.#refuse(HEADER_RESET);
    else if (value.zeroCount < state.zeroCount) this.#refuse(HEADER_RESET);
    else {
      this.#compareBuckets(state, value);
      this.fits = !this.positive.reset && !this.negative.reset;
      this.header = this.fits ? HEADER_NO_RESET : HEADER_RESET;
    }
  }

  #refuse(header: number): void {
    this.fits = false;
    this.header = header;
  }

  /** A stale marker has no buckets that could lack anything. */
  #acceptAsIs(): void {
    this.fits = true;
    this.header = HEADER_NO_RESET;
    for (const side of [this.positive, this.negative]) {
      side.chunkLacks = false;
      side.histogramLacks = false;
    }
  }

  #compareBuckets(state: HistogramState, value: HistogramValue): void {
    const { layout } = state;
    const { positive, negative } = this;
    indexesOf(layout.positive, positive.chunkIndexes);
    indexesOf(layout.negative, negative.chunkIndexes);
    chunkCounts(state, 0, layout.positiveCount, positive.chunkCounts);
    chunkCounts(state, layout.positiveCount, layout.negativeCount, negative.chunkCounts);
    indexesOf(positiveSpans(value), positive.indexes);
    indexesOf(negativeSpans(value), negative.indexes);
    countsOf(value.positiveBuckets, value.isFloat, positive.counts);
    countsOf(value.negativeBuckets, value.isFloat, negative.counts);
    positive.compare();
    negative.compare();
  }
}

/** The positive spans of a histogram, without a copy. */
export function positiveSpans(value: HistogramValue): SpanList {
  return new SpanList(value.positiveSpanOffsets, value.positiveSpanLengths);
}

/** The negative spans of a histogram, without a copy. */
export function negativeSpans(value: HistogramValue): SpanList {
  return new SpanList(value.negativeSpanOffsets, value.negativeSpanLengths);
}

function chunkCounts(state: HistogramState, first: number, length: number, into: F64Column): void {
  into.clear();
  let count = 0;
  for (let i = first; i < first + length; i++) {
    count = state.isFloat ? state.bucket(i) : count + state.bucket(i);
    into.push(count);
  }
}

function sameScale(layout: HistogramLayout, value: HistogramValue): boolean {
  return value.schema === layout.schema && value.zeroThreshold === layout.zeroThreshold;
}

/** Custom bounds must agree to the bit. */
function sameBounds(layout: HistogramLayout, value: HistogramValue): boolean {
  if (value.schema !== CUSTOM_BUCKETS_SCHEMA) return true;
  const bounds = layout.customValues;
  if (bounds.length !== value.customValues.length) return false;
  for (let i = 0; i < bounds.length; i++)
    if (!Object.is(bounds.at(i), value.customValues.at(i))) return false;
  return true;
}
