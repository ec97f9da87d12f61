// Reading a chunk of any encoding: the one place that chooses a reader by the encoding byte.

import { type ChunkPlace, ENCODING_XOR, HEADER_UNKNOWN, knownEncoding } from './chunk-format.ts';
import { HistogramReader } from './histogram-reader.ts';
import type { HistogramValue } from './histogram-value.ts';
import { XorReader } from './xor-reader.ts';

/**
 * A flyweight over chunks of every encoding: `open`, then `next` until it says false. Who reads
 * many float chunks uses XorReader at once.
 */
export class ChunkReader {
  /** Histograms (`load`) or floats (`low`, `high`). */
  isHistogram = false;
  readonly #floats = new XorReader();
  readonly #histograms = new HistogramReader();

  /**
   * Begins a chunk; its bytes are copied.
   *
   * @throws VarveError unsupported for an encoding that this version cannot read, damaged_chunk
   */
  open(place: ChunkPlace): void {
    this.isHistogram = knownEncoding(place.encoding) !== ENCODING_XOR;
    if (this.isHistogram) this.#histograms.reset(place);
    else this.#floats.reset(place.view, place.base, place.lengthBytes, place.count);
  }

  /**
   * Steps to the next sample; false at the end.
   *
   * @throws VarveError damaged_chunk
   */
  next(): boolean {
    return this.isHistogram ? this.#histograms.next() : this.#floats.next();
  }

  get timeMs(): number {
    return this.isHistogram ? this.#histograms.timeMs : this.#floats.timeMs;
  }

  /** Low half, unsigned, of a float sample's 64 bits. */
  get low(): number {
    return this.#floats.low;
  }

  /** High half, unsigned, of a float sample's 64 bits. */
  get high(): number {
    return this.#floats.high;
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
