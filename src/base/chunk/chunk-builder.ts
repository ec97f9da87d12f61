// Samples of one series, in order of time, into chunks: cut after SAMPLES_PER_CHUNK samples, at a
// change of kind, and where a histogram does not fit the chunk before it.
//
// Headers are those that Prometheus writes when it merges chunks: such a chunk says nothing about
// what was before it, unless the histogram itself does.

import {
  type ChunkEncoding,
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_XOR,
  SAMPLES_PER_CHUNK,
  TIME_JUMP_MAX_MS,
} from './chunk-format.ts';
import { HistogramAppender } from './histogram-appender.ts';
import { headerOfFirst } from './histogram-fit.ts';
import type { HistogramValue } from './histogram-value.ts';
import { xorAppend, xorHasRoom, xorHeaderWrite } from './xor-append.ts';
import { XorState } from './xor-state.ts';

/** A finished chunk, in memory of its own. */
export interface MadeChunk {
  readonly encoding: ChunkEncoding;
  readonly count: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** The data as blocks have it: header included, without length, encoding byte and checksum. */
  readonly bytes: Uint8Array;
}

const FLOAT_BYTES = 512;

export class ChunkBuilder {
  readonly #chunks: MadeChunk[] = [];
  #encoding: ChunkEncoding | undefined;
  #minTimeMs = 0;
  #maxTimeMs = 0;
  #floats = new Uint8Array(FLOAT_BYTES);
  #view = new DataView(this.#floats.buffer);
  readonly #state = new XorState();
  readonly #histograms = new HistogramAppender();
  readonly #samplesMax: number;

  /** @param samplesMax samples a chunk; histogram chunks never hold more than SAMPLES_PER_CHUNK */
  constructor(samplesMax = SAMPLES_PER_CHUNK) {
    this.#samplesMax = samplesMax;
  }

  /** Adds a float; times must rise from call to call. */
  addFloat(timeMs: number, low: number, high: number): void {
    const full = this.#state.count >= this.#samplesMax;
    const jump = timeMs - this.#maxTimeMs > TIME_JUMP_MAX_MS;
    if (this.#encoding !== ENCODING_XOR || full || jump) {
      this.finishChunk();
      this.#encoding = ENCODING_XOR;
      this.#state.clear();
      this.#minTimeMs = timeMs;
    }
    if (!xorHasRoom(this.#state, this.#floats.length)) this.#growFloats();
    xorAppend(this.#view, 0, this.#state, timeMs, low, high);
    this.#maxTimeMs = timeMs;
  }

  /** Adds a histogram; times must rise from call to call. */
  addHistogram(timeMs: number, value: HistogramValue): void {
    const open = this.#encoding !== undefined && this.#encoding !== ENCODING_XOR;
    if (open && value.isFloat === (this.#encoding === ENCODING_FLOAT_HISTOGRAM)) {
      const full = this.#histograms.count >= Math.min(this.#samplesMax, SAMPLES_PER_CHUNK);
      if (!full && this.#histograms.tryAppend(timeMs, value) !== 'new_chunk') {
        this.#maxTimeMs = timeMs;
        return;
      }
      this.#beginHistograms(
        timeMs,
        value,
        full ? headerOfFirst(value) : this.#histograms.nextHeader,
      );
      return;
    }
    this.#beginHistograms(timeMs, value, headerOfFirst(value));
  }

  #beginHistograms(timeMs: number, value: HistogramValue, header: number): void {
    this.finishChunk();
    this.#histograms.begin(value.isFloat, header);
    this.#histograms.tryAppend(timeMs, value);
    this.#encoding = this.#histograms.encoding;
    this.#minTimeMs = timeMs;
    this.#maxTimeMs = timeMs;
  }

  /** Ends the open chunk, if there is one; the next sample begins another. */
  finishChunk(): void {
    const encoding = this.#encoding;
    if (encoding === undefined) return;
    const isFloat = encoding === ENCODING_XOR;
    if (isFloat) xorHeaderWrite(this.#view, 0, this.#state.count);
    this.#chunks.push({
      encoding,
      count: isFloat ? this.#state.count : this.#histograms.count,
      minTimeMs: this.#minTimeMs,
      maxTimeMs: this.#maxTimeMs,
      bytes: isFloat
        ? this.#floats.slice(0, this.#state.lengthBytes)
        : this.#histograms.bytes().slice(),
    });
    this.#encoding = undefined;
  }

  /** A chunk that is taken over as it is; it must lie behind everything added before. */
  addChunk(chunk: MadeChunk): void {
    this.finishChunk();
    this.#chunks.push(chunk);
  }

  /** Ends the open chunk and gives all that were made since the last call. */
  take(): MadeChunk[] {
    this.finishChunk();
    return this.#chunks.splice(0);
  }

  #growFloats(): void {
    const grown = new Uint8Array(this.#floats.length * 2);
    grown.set(this.#floats);
    this.#floats = grown;
    this.#view = new DataView(grown.buffer);
  }
}
