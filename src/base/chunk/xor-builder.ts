// Makes XOR chunks (docs/formats/chunks.md) of numbers that were reckoned: the parts of aggregate
// chunks. Memory is used again from chunk to chunk.
//
// Invariant: a NaN is written with the bits below, whatever V8 made of it, so that the same samples
// give the same bytes on every machine and in every tier of the compiler.

import { XOR_APPEND_BYTES_MAX, xorAppend, xorHasRoom, xorHeaderWrite } from './xor-append.ts';
import { LOW_AT } from './xor-decode.ts';
import { encodedBytesMax, encodeXor } from './xor-encode.ts';
import { XorState } from './xor-state.ts';

/** The NaN that x86 makes of ∞ - ∞, and so Thanos there. */
const NAN_HIGH = 0xfff8_0000 | 0;
const NAN_LOW = 0;

const scratch = new Float64Array(1);
const halves = new Int32Array(scratch.buffer);

export class XorBuilder {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  readonly #state = new XorState();

  /** Samples in the chunk. */
  get count(): number {
    return this.#state.count;
  }

  /** Begins a chunk. */
  begin(): void {
    this.#state.clear();
  }

  /** Appends a sample; the time may be that of the last one (a counter's frame). */
  append(timeMs: number, value: number): void {
    const state = this.#state;
    if (!xorHasRoom(state, this.#bytes.length)) this.#reserve(XOR_APPEND_BYTES_MAX);
    if (Number.isNaN(value)) {
      xorAppend(this.#view, 0, state, timeMs, NAN_LOW, NAN_HIGH);
      return;
    }
    scratch[0] = value;
    xorAppend(this.#view, 0, state, timeMs, halves[LOW_AT]!, halves[1 - LOW_AT]!);
  }

  /** Appends the first `length` samples, at rising times; NaNs among `values` are replaced. */
  extend(times: Float64Array, values: Float64Array, length: number): void {
    const state = this.#state;
    this.#reserve(encodedBytesMax(length));
    const halves = new Int32Array(values.buffer, values.byteOffset, length * 2);
    for (let i = 0; i < length; i++) {
      if (!Number.isNaN(values[i]!)) continue;
      halves[2 * i + LOW_AT] = NAN_LOW;
      halves[2 * i + 1 - LOW_AT] = NAN_HIGH;
    }
    encodeXor(this.#view, state, { times, halves, length });
  }

  /** The chunk's data, without a copy; valid until the next change. */
  bytes(): Uint8Array {
    xorHeaderWrite(this.#view, 0, this.#state.count);
    return this.#bytes.subarray(0, this.#state.lengthBytes);
  }

  #reserve(bytes: number): void {
    const needed = this.#state.lengthBytes + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
