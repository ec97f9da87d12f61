// Decoding, aggregating and encoding floats in WebAssembly (kernel-decode.ts, kernel-windows.ts,
// kernel-encode.ts), on one memory: chunks go in, samples stay in columns, aggregate chunks
// (docs/formats/aggregate-chunks.md) come out. FloatSamples, FloatWindows and XorBuilder do the
// same in TypeScript; they are the oracle in the tests, and step in where WebAssembly is missing or
// the kernel refuses (docs/design/0010-floats-in-webassembly.md).
//
// Invariant: no bytes of a chunk make it read or write outside of the memory's parts below; what is
// too large for them is refused before it starts.

import { assembleAll } from '../bytes/wasm-assembler.ts';
import { AGGREGATES } from './aggregate-format.ts';
import { type AggregatePart, writeAggregate } from './aggregate-writer.ts';
import { type ChunkPlace, ENCODING_XOR } from './chunk-format.ts';
import { decodeFunction } from './kernel-decode.ts';
import { encodeFunction } from './kernel-encode.ts';
import { COLUMN_BYTES, COLUMNS, WINDOWS_MAX, windowsFunction } from './kernel-windows.ts';
import { XOR_APPEND_BYTES_MAX } from './xor-append.ts';
import { XOR_HEADER_BYTES } from './xor-state.ts';

/** Read and written at most beside what is asked for. */
const SLACK_BYTES = 64;
/** A longer chunk is refused. */
export const KERNEL_CHUNK_BYTES_MAX = 65_536;

// Where things are in the memory; both chunk and part are turned around below their BACK.
const CHUNK_AT = 0;
const CHUNK_BACK = CHUNK_AT + 2 * (KERNEL_CHUNK_BYTES_MAX + SLACK_BYTES);
const COLUMNS_AT = CHUNK_BACK + SLACK_BYTES;
const PART_BYTES = (WINDOWS_MAX + 2) * XOR_APPEND_BYTES_MAX + SLACK_BYTES;
const PART_BACK = COLUMNS_AT + AGGREGATES.length * COLUMN_BYTES + COLUMN_BYTES + PART_BYTES;
const PARTS_AT = PART_BACK + SLACK_BYTES;
const SAMPLES_AT = PARTS_AT + AGGREGATES.length * PART_BYTES;

const PAGE_BYTES = 65_536;
/** Of 32-bit addresses. */
const PAGES_MAX = 65_536;
const ROW_BYTES = 8;

/** Which column each part is made of, by COUNT, SUM, …; the counter has a frame. */
const PARTS = [
  { column: COLUMNS.counts, frame: 0 },
  { column: COLUMNS.sums, frame: 0 },
  { column: COLUMNS.mins, frame: 0 },
  { column: COLUMNS.maxs, frame: 0 },
  { column: COLUMNS.counters, frame: 1 },
];

interface Functions {
  decode(
    from: number,
    lengthBytes: number,
    count: number,
    times: number,
    values: number,
    beforeMs: number,
    back: number,
  ): number;
  windows(
    times: number,
    values: number,
    count: number,
    columns: number,
    resolutionMs: number,
  ): number;
  encode(times: number, values: number, count: number, back: number, to: number): number;
}

/** What this file needs of WebAssembly; Node has it, its types for a server do not. */
interface WasmApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: Functions };
}

let compiled: { readonly api: WasmApi; readonly module: object } | undefined | null;

function compile(): typeof compiled {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (api === undefined) return null;
  const functions = {
    decode: decodeFunction,
    windows: windowsFunction,
    encode: encodeFunction,
  };
  try {
    return { api, module: new api.Module(assembleAll(functions)) };
  } catch {
    // No SIMD on this processor, or WebAssembly switched off: TypeScript does it as well.
    return null;
  }
}

/** Which samples are aggregated; the first and the last one are no NaNs. */
export interface KernelRange {
  readonly start: number;
  readonly end: number;
  readonly resolutionMs: number;
}

/** Columns for a fixed number of samples, and what works on them. */
export class FloatKernel {
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  readonly #functions: Functions;
  readonly #bytes: Uint8Array;
  readonly #windowTimes: Float64Array;
  readonly #valuesAt: number;
  #windows = 0;

  /** Undefined where WebAssembly is missing or has no memory for so many samples. */
  static open(capacity: number): FloatKernel | undefined {
    compiled ??= compile();
    if (compiled === null || compiled === undefined) return undefined;
    const { api, module } = compiled;
    const sizeBytes = SAMPLES_AT + 2 * (capacity * ROW_BYTES + SLACK_BYTES);
    const pages = Math.ceil(sizeBytes / PAGE_BYTES);
    if (pages > PAGES_MAX) return undefined;
    try {
      // Never grown in place: see snappy-wasm.ts.
      const memory = new api.Memory({ initial: pages });
      const instance = new api.Instance(module, { env: { memory } });
      return new FloatKernel(memory.buffer, instance.exports, capacity);
    } catch (thrown) {
      // No address space for it: the columns then lie outside, and TypeScript works on them.
      if (thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  }

  private constructor(buffer: ArrayBuffer, functions: Functions, capacity: number) {
    this.#functions = functions;
    this.#bytes = new Uint8Array(buffer);
    this.#valuesAt = SAMPLES_AT + capacity * ROW_BYTES + SLACK_BYTES;
    this.times = new Float64Array(buffer, SAMPLES_AT, capacity);
    this.values = new Float64Array(buffer, this.#valuesAt, capacity);
    this.#windowTimes = new Float64Array(buffer, COLUMNS_AT + ROW_BYTES, WINDOWS_MAX);
  }

  /**
   * Appends the samples of an XOR chunk, without stale markers, to the columns, from number
   * `length` on, where there is room for all.
   *
   * @param lastTimeMs the times must be above it
   * @returns how many samples it appended; -1 when it refuses: then XorDecoder must look
   */
  decode(chunk: ChunkPlace, length: number, lastTimeMs: number): number {
    const { base, count, lengthBytes, view } = chunk;
    if (lengthBytes > KERNEL_CHUNK_BYTES_MAX || lengthBytes <= XOR_HEADER_BYTES) return -1;
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes), CHUNK_AT);
    const times = SAMPLES_AT + length * ROW_BYTES;
    const values = this.#valuesAt + length * ROW_BYTES;
    return this.#functions.decode(
      CHUNK_AT,
      lengthBytes,
      count,
      times,
      values,
      lastTimeMs,
      CHUNK_BACK,
    );
  }

  /** Makes windows of the samples; their number, 0 when there would be too many. */
  aggregate({ start, end, resolutionMs }: KernelRange): number {
    const rangeMs = this.times[end - 1]! - this.times[start]!;
    this.#windows = 0;
    if (Math.min(rangeMs / resolutionMs + 2, end - start) > WINDOWS_MAX) return 0;
    const row = this.#functions.windows(
      SAMPLES_AT + start * ROW_BYTES,
      this.#valuesAt + start * ROW_BYTES,
      end - start,
      COLUMNS_AT,
      resolutionMs,
    );
    this.#windows = (row - COLUMNS_AT) / ROW_BYTES - 1;
    return this.#windows;
  }

  /** The time of a window, of which the first is 0. */
  windowMs(index: number): number {
    return this.#windowTimes[index]!;
  }

  /** The aggregate chunk of the windows: its data, a copy. */
  aggregateChunk(): Uint8Array {
    let to = PARTS_AT;
    const parts = PARTS.map(({ column, frame }): AggregatePart => {
      const first = COLUMNS_AT + (1 - frame) * ROW_BYTES;
      const length = this.#functions.encode(
        first,
        first + column * COLUMN_BYTES,
        this.#windows + 2 * frame,
        PART_BACK,
        to,
      );
      to += length;
      return { encoding: ENCODING_XOR, bytes: this.#bytes.subarray(to - length, to) };
    });
    return writeAggregate(parts);
  }
}
