// Reading a histogram or float histogram chunk (encodings 2 and 3; 5 and 6 with start timestamps,
// which are stepped over), sample by sample (docs/formats/chunks.md).

import { BitWindow } from './bit-window.ts';
import {
  type ChunkPlace,
  ENCODING_FLOAT_HISTOGRAM,
  HEADER_GAUGE,
  HEADER_RESET_MASK,
  HEADER_UNKNOWN,
  HISTOGRAM_HEADER_BYTES,
  isHistogramWithStarts,
  writtenEncoding,
} from './chunk-format.ts';
import { HistogramState } from './histogram-state.ts';
import { type HistogramValue, RESET_GAUGE, RESET_NO, RESET_UNKNOWN } from './histogram-value.ts';
import { StartTimes } from './start-times.ts';

/** A flyweight: `reset` on a chunk, `next` until it says false, `load` to have the histogram. */
export class HistogramReader {
  /** What the chunk's header says about counter resets (HEADER_…). */
  header = HEADER_UNKNOWN;
  /** What an appender that goes on here begins with; valid after `next`. */
  readonly state = new HistogramState();
  #count = 0;
  readonly #bits = new BitWindow();
  readonly #starts = new StartTimes();

  get timeMs(): number {
    return this.state.timeMs;
  }

  /** Bits read so far, the header included. */
  get bitPosition(): number {
    return this.#bits.position;
  }

  /** Begins a chunk of encoding 2, 3, 5 or 6; its bytes are copied. */
  reset(place: ChunkPlace): void {
    const { view, base, encoding } = place;
    this.#bits.load(view, base, place.lengthBytes);
    this.#bits.position = HISTOGRAM_HEADER_BYTES * 8;
    this.#bits.check('its header');
    // With start timestamps the flags stand above the count, and the third byte is about those.
    const hasStarts = isHistogramWithStarts(encoding);
    this.header = view.getUint8(hasStarts ? base : base + 2) & HEADER_RESET_MASK;
    this.#starts.reset(hasStarts ? view.getUint8(base + 2) : 0);
    this.state.reset(writtenEncoding(encoding) === ENCODING_FLOAT_HISTOGRAM);
    this.#count = place.count;
  }

  /**
   * Steps to the next sample; false at the end.
   *
   * @throws VarveError damaged_chunk
   */
  next(): boolean {
    const index = this.state.count;
    if (index >= this.#count) return false;
    this.state.read(this.#bits);
    this.#starts.skip(this.#bits, index);
    return true;
  }

  /**
   * Fills `into` with the current histogram. Its reset hint is what Prometheus says when it reads:
   * a gauge chunk has gauges; after a counter chunk's first sample there is no reset; about the
   * first nobody knows, because the chunk before may be gone or have changed.
   */
  load(into: HistogramValue): void {
    this.state.giveTo(into);
    if (this.state.isStale) return;
    if (this.header === HEADER_GAUGE) into.resetHint = RESET_GAUGE;
    else into.resetHint = this.state.count > 1 ? RESET_NO : RESET_UNKNOWN;
  }
}
