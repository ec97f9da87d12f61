// Reading a chunk of any encoding: the one place that chooses a reader by the encoding byte.

import {
  type ChunkPlace,
  ENCODING_XOR,
  ENCODING_XOR2,
  HEADER_UNKNOWN,
  writtenEncoding,
} from './chunk-format.ts';
import { HistogramReader } from './histogram-reader.ts';
import type { HistogramValue } from './histogram-value.ts';
import { XorReader } from './xor-reader.ts';
import { Xor2Reader } from './xor2-reader.ts';

/**
 * A flyweight over chunks of every encoding: `open`, then `next` until it says false. Who reads
 * many float chunks uses XorReader at once.
 */
export class ChunkReader {
  /** Histograms (`load`) or floats (`low`, `high`). */
  isHistogram = false;
  /** Which of the two readers of floats is at it. */
  #isXor2 = false;
  readonly #floats = new XorReader();
  readonly #floats2 = new Xor2Reader();
  readonly #histograms = new HistogramReader();

  /**
   * Begins a chunk; its bytes are copied.
   *
   * @throws VarveError unsupported for an encoding that this version cannot read, damaged_chunk
   */
  open(place: ChunkPlace): void {
    this.isHistogram = writtenEncoding(place.encoding) !== ENCODING_XOR;
    this.#isXor2 = place.encoding === ENCODING_XOR2;
    if (this.isHistogram) this.#histograms.reset(place);
    else if (this.#isXor2) this.#floats2.reset(place);
    else this.#floats.reset(place.view, place.base, place.lengthBytes, place.count);
  }

  /**
   * Steps to the next sample; false at the end.
   *
   * @throws VarveError damaged_chunk
   */
  next(): boolean {
    if (this.isHistogram) return this.#histograms.next();
    return this.#isXor2 ? this.#floats2.next() : this.#floats.next();
  }

  get timeMs(): number {
    if (this.isHistogram) return this.#histograms.timeMs;
    return this.#isXor2 ? this.#floats2.timeMs : this.#floats.timeMs;
  }

  /** Low half, unsigned, of a float sample's 64 bits. */
  get low(): number {
    return this.#isXor2 ? this.#floats2.low : this.#floats.low;
  }

  /** High half, unsigned, of a float sample's 64 bits. */
  get high(): number {
    return this.#isXor2 ? this.#floats2.high : this.#floats.high;
  }

  /** The header of a histogram chunk (HEADER_…). */
  get header(): number {
    return this.isHistogram ? this.#histograms.header : HEADER_UNKNOWN;
  }

  /** Fills `into` with the current histogram. */
  load(into: HistogramValue): void {
    this.#histograms.load(into);
  }
}
