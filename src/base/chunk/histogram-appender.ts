// Appending to a histogram or float histogram chunk (encodings 2 and 3), with Prometheus's rules
// for what fits a chunk (docs/formats/chunks.md).
//
// The appender makes the chunk in a buffer of its own; the head copies what is new (`changedFrom`)
// to where readers look. A recode makes all bytes anew, so the head gives the chunk another place
// and leaves the old one as it was: nothing that was published ever changes.

import { assert } from '../errors/assert.ts';
import { VarveError } from '../errors/varve-error.ts';
import { BitSink } from './bit-sink.ts';
import { spansOf, widen } from './bucket-fit.ts';
import {
  type ChunkEncoding,
  type ChunkPlace,
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_HISTOGRAM,
  HEADER_GAUGE,
  HEADER_NO_RESET,
  HEADER_RESET,
  HEADER_RESET_MASK,
  HEADER_UNKNOWN,
  SAMPLES_PER_CHUNK,
  TIME_JUMP_MAX_MS,
} from './chunk-format.ts';
import { HistogramFit, headerOfFirst, negativeSpans, positiveSpans } from './histogram-fit.ts';
import { copyColumn } from './histogram-layout.ts';
import { HistogramReader } from './histogram-reader.ts';
import { HistogramState } from './histogram-state.ts';
import { HistogramValue, RESET_GAUGE } from './histogram-value.ts';
import { isStale } from './stale.ts';

/**
 * What became of a sample: it is in the chunk; it is in the chunk, all of whose bytes are new; it
 * is not, and begins the next chunk, with the header `nextHeader`.
 */
export type AppendOutcome = 'appended' | 'recoded' | 'new_chunk';

/** Counts up to here have deltas of deltas that are exact; larger ones get a chunk each. */
const EASY_COUNT_MAX = 2 ** 50;

export class HistogramAppender {
  /** The chunk's header (HEADER_…). */
  header = HEADER_UNKNOWN;
  /** After 'new_chunk': the header to begin the next chunk with. */
  nextHeader = HEADER_UNKNOWN;
  /** The first byte behind the sample count that the last append has changed. */
  changedFrom = 0;
  #sink = new BitSink();
  #state = new HistogramState();
  #spareSink = new BitSink();
  #spareState = new HistogramState();
  readonly #fit = new HistogramFit();
  readonly #fitted = new HistogramValue();
  readonly #old = new HistogramValue();
  readonly #recoded = new HistogramValue();
  readonly #reader = new HistogramReader();

  readonly #samplesMax: number;

  /** @param samplesMax samples a chunk */
  constructor(samplesMax = SAMPLES_PER_CHUNK) {
    this.#samplesMax = samplesMax;
    this.begin(false, HEADER_UNKNOWN);
  }

  get encoding(): ChunkEncoding {
    return this.#state.isFloat ? ENCODING_FLOAT_HISTOGRAM : ENCODING_HISTOGRAM;
  }

  /** Samples in the chunk. */
  get count(): number {
    return this.#state.count;
  }

  get lengthBytes(): number {
    return this.#sink.lengthBytes;
  }

  /** Bits of the chunk, its header included: what follows goes on in the same byte. */
  get lengthBits(): number {
    return this.#sink.position;
  }

  /** Time of the last sample; only when there is one. */
  get lastTimeMs(): number {
    return this.#state.timeMs;
  }

  /** Begins a chunk; `header` is from headerOfFirst, `nextHeader` or `headerAfterCut`. */
  begin(isFloat: boolean, header: number): void {
    this.header = header;
    this.changedFrom = 0;
    this.#state.reset(isFloat);
    beginSink(this.#sink, header);
  }

  /**
   * Goes on in a chunk that is there already.
   *
   * @throws VarveError damaged_chunk
   */
  load(place: ChunkPlace): void {
    const reader = new HistogramReader();
    reader.reset(place);
    while (reader.next());
    this.#state = reader.state;
    this.header = reader.header;
    this.#sink.load(place.view, place.base, reader.bitPosition);
    this.changedFrom = 0;
  }

  /**
   * Appends a histogram whose time is above the last one's, if the chunk can hold it.
   *
   * @throws VarveError unsupported when it counts beyond 2^53; the chunk stays as it was
   */
  tryAppend(timeMs: number, value: HistogramValue): AppendOutcome {
    const easy = checkCounts(value);
    if (this.count === 0) {
      assert(value.isFloat === this.#state.isFloat, 'a chunk begins with its own kind');
      this.#append(timeMs, value);
      return 'appended';
    }
    if (
      value.isFloat !== this.#state.isFloat ||
      this.count >= this.#samplesMax ||
      !(easy && this.#isEasy()) ||
      timeMs - this.lastTimeMs > TIME_JUMP_MAX_MS
    ) {
      this.nextHeader = this.headerAfterCut(value);
      return 'new_chunk';
    }
    this.#fit.compare(this.#state, this.header, value);
    if (!this.#fit.fits) {
      this.nextHeader = this.#headerAfterMisfit(value);
      return 'new_chunk';
    }
    return this.#appendFitting(timeMs, value);
  }

  /** The header of the next chunk when this one ends for another reason than this histogram. */
  headerAfterCut(value: HistogramValue): number {
    const first = headerOfFirst(value);
    const another = this.count === 0 || value.isFloat !== this.#state.isFloat;
    if (another || first !== HEADER_UNKNOWN) return first;
    this.#fit.compare(this.#state, this.header, value);
    if (!value.isFloat || this.#fit.header === HEADER_RESET) return this.#fit.header;
    return HEADER_NO_RESET;
  }

  /** Prometheus says less about float histograms than about integer ones. */
  #headerAfterMisfit(value: HistogramValue): number {
    const { header } = this.#fit;
    const known = !value.isFloat || header === HEADER_RESET || header === HEADER_GAUGE;
    return known ? header : HEADER_UNKNOWN;
  }

  /** The chunk so far, its header right, without a copy; valid until the next call. */
  bytes(): Uint8Array {
    this.#sink.view.setUint16(0, this.count);
    return this.#sink.bytes();
  }

  #append(timeMs: number, value: HistogramValue): void {
    this.changedFrom = this.#sink.position >>> 3;
    this.#state.put(this.#sink, timeMs, value);
  }

  #appendFitting(timeMs: number, value: HistogramValue): AppendOutcome {
    const { chunkLacks, histogramLacks } = this.#fit;
    const fitted = histogramLacks ? this.#widened(value) : value;
    if (!chunkLacks) {
      this.#append(timeMs, fitted);
      return 'appended';
    }
    this.#recode(fitted);
    this.#state.put(this.#sink, timeMs, fitted);
    this.changedFrom = 0;
    return 'recoded';
  }

  /**
   * The histogram with the chunk's buckets too. Its spans become the chunk's where that has all
   * buckets, else the fewest that cover both; a counter's side that lacks nothing keeps its own.
   */
  #widened(value: HistogramValue): HistogramValue {
    const { positive, negative } = this.#fit;
    const fitted = this.#fitted;
    copyHead(value, fitted);
    const { layout } = this.#state;
    const gauge = value.resetHint === RESET_GAUGE;
    const asChunk = !gauge && !this.#fit.chunkLacks;
    for (const [side, spans, own, chunk] of [
      [positive, positiveSpans(fitted), positiveSpans(value), layout.positive],
      [negative, negativeSpans(fitted), negativeSpans(value), layout.negative],
    ] as const) {
      if (asChunk) spans.copyFrom(chunk);
      else if (gauge || side.histogramLacks) spansOf(side.merged, spans);
      else spans.copyFrom(own);
    }
    const isFloat = value.isFloat;
    const over = (side: typeof positive) => ({ from: side.indexes, to: side.merged, isFloat });
    widen(value.positiveBuckets, over(positive), fitted.positiveBuckets);
    widen(value.negativeBuckets, over(negative), fitted.negativeBuckets);
    return fitted;
  }

  /** Makes the chunk anew with the spans of `model`, which cover all its buckets. */
  #recode(model: HistogramValue): void {
    const { positive, negative } = this.#fit;
    const { isFloat } = this.#state;
    const reader = this.#reader;
    const sink = this.#spareSink;
    const state = this.#spareState;
    const value = this.#recoded;
    const old = this.#old;
    const bytes = this.bytes();
    const { view } = this.#sink;
    const { encoding, count } = this;
    reader.reset({ encoding, view, base: 0, lengthBytes: bytes.length, count });
    beginSink(sink, this.header);
    state.reset(isFloat);
    while (reader.next()) {
      reader.load(old);
      copyHead(old, value);
      if (!isStale(old.sumLow, old.sumHigh)) {
        positiveSpans(value).copyFrom(positiveSpans(model));
        negativeSpans(value).copyFrom(negativeSpans(model));
        const from = { from: positive.chunkIndexes, to: positive.merged, isFloat };
        widen(old.positiveBuckets, from, value.positiveBuckets);
        const fromNegative = { from: negative.chunkIndexes, to: negative.merged, isFloat };
        widen(old.negativeBuckets, fromNegative, value.negativeBuckets);
      }
      state.put(sink, reader.timeMs, value);
    }
    [this.#sink, this.#spareSink] = [sink, this.#sink];
    [this.#state, this.#spareState] = [state, this.#state];
  }

  /** Whether the last histogram's counts are such that a difference from them is exact. */
  #isEasy(): boolean {
    const state = this.#state;
    if (state.isFloat) return true;
    if (state.observations > EASY_COUNT_MAX || state.zeroCount > EASY_COUNT_MAX) return false;
    const buckets = state.layout.positiveCount + state.layout.negativeCount;
    for (let i = 0; i < buckets; i++) if (Math.abs(state.bucket(i)) > EASY_COUNT_MAX) return false;
    return true;
  }
}

/** Begins the data of a histogram chunk: room for the sample count, and the flags. */
export function beginSink(sink: BitSink, header: number): void {
  sink.position = 0;
  sink.put(0, 16);
  sink.put(header & HEADER_RESET_MASK, 8);
}

/** Everything but spans and buckets. */
function copyHead(from: HistogramValue, to: HistogramValue): void {
  to.clear();
  to.isFloat = from.isFloat;
  to.resetHint = from.resetHint;
  to.schema = from.schema;
  to.zeroThreshold = from.zeroThreshold;
  to.zeroCount = from.zeroCount;
  to.count = from.count;
  to.sumLow = from.sumLow;
  to.sumHigh = from.sumHigh;
  copyColumn(from.customValues, to.customValues);
}

/**
 * Refuses integer histograms that count beyond 2^53; says whether all counts are small enough to
 * stand in a chunk with others.
 */
function checkCounts(value: HistogramValue): boolean {
  if (value.isFloat) return true;
  let largest = Math.max(value.count, value.zeroCount);
  let whole = Number.isSafeInteger(value.count) && Number.isSafeInteger(value.zeroCount);
  for (const buckets of [value.positiveBuckets, value.negativeBuckets])
    for (let i = 0; i < buckets.length; i++) {
      const bucket = buckets.at(i);
      whole &&= Number.isSafeInteger(bucket);
      largest = Math.max(largest, Math.abs(bucket));
    }
  if (!whole || value.count < 0 || value.zeroCount < 0)
    throw new VarveError('unsupported', 'A histogram counts beyond 2^53 or in fractions.');
  return largest <= EASY_COUNT_MAX;
}
