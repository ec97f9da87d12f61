// Steps through the samples of a stored chunk of any encoding that this version reads.

import { chunkCount, ENCODING_XOR, knownEncoding } from '../base/chunk/chunk-format.ts';
import { HistogramReader } from '../base/chunk/histogram-reader.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import { XorReader } from '../base/chunk/xor-reader.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { StoredChunk } from './chunks/segment-reader.ts';

/** Every encoding begins with the number of its samples. */
const COUNT_BYTES = 2;

/** A flyweight: `open` a chunk, `next` until it says false. Damage is `damaged_chunk`. */
export class SampleCursor {
  /** What the chunk's header says. */
  count = 0;
  isHistogram = false;
  readonly #xor = new XorReader();
  readonly #histogram = new HistogramReader();

  /** Begins a chunk; its bytes are copied. `unsupported` when the encoding is not read here. */
  open(chunk: StoredChunk): void {
    const { data, encoding } = chunk;
    knownEncoding(encoding);
    if (data.length < COUNT_BYTES)
      throw new VarveError('damaged_chunk', `A chunk of ${data.length} bytes has no sample count`);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    this.count = chunkCount(view, 0);
    this.isHistogram = encoding !== ENCODING_XOR;
    const lengthBytes = data.length;
    if (this.isHistogram)
      this.#histogram.reset({ encoding, view, base: 0, lengthBytes, count: this.count });
    else this.#xor.reset(view, 0, lengthBytes, this.count);
  }

  /** Steps to the next sample; false at the end. */
  next(): boolean {
    return this.isHistogram ? this.#histogram.next() : this.#xor.next();
  }

  get timeMs(): number {
    return this.isHistogram ? this.#histogram.timeMs : this.#xor.timeMs;
  }

  /** The two halves of a float's 64 bits. */
  get low(): number {
    return this.#xor.low;
  }

  get high(): number {
    return this.#xor.high;
  }

  /** Fills `into` with the current histogram. */
  loadHistogram(into: HistogramValue): void {
    this.#histogram.load(into);
  }
}
