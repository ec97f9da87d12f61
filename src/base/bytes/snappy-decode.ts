// Decodes raw snappy blocks (google/snappy format_description.txt) into one buffer that is reused.
//
// A fresh output buffer per request costs more than the decoding; and label data is mostly copies,
// so the copy loop decides the speed. It runs in WebAssembly where there is any (snappy-wasm.ts);
// the one here does the same: eight bytes at a time, as two 32-bit words (not as a double, which
// could change a NaN). It is the fallback, and it says what is wrong with a body that the other one
// has refused. Copies overshoot the end of what they copy; behind the body is slack for that.
// Invariant: nothing is allocated before the declared length was checked against the limit and
// against what that many compressed bytes can yield; nothing is read or written outside the
// buffers.

import { VarveError } from '../errors/varve-error.ts';
import { openSnappyMemory, type SnappyMemory } from './snappy-wasm.ts';

/** Readable bytes behind every decoded body (their content means nothing). */
export const SLACK_BYTES = 512;

// The densest element turns 3 bytes (a copy with a 2-byte offset) into 64.
const DENSEST_IN = 3;
const DENSEST_OUT = 64;

const ALLOCATION_STEP = 64 * 1024;
// Behind the input's copy in WebAssembly memory: its loop reads up to 64 bytes at once.
const INPUT_SLACK_BYTES = 64;
// A buffer more than four times too big for this many bodies in a row is replaced by a smaller one.
const SMALL_BODIES_TO_SHRINK = 16;

/** How a SnappyDecoder keeps its memory, and with what it decodes. */
export interface SnappyOptions {
  /** Buffers up to this size are never given back; 4 MiB by default. */
  readonly retainedBytesMax?: number;
  /** Decode without WebAssembly, as where there is none. */
  readonly scriptOnly?: boolean;
}

/** Decodes one body after the other into its own buffer. */
export class SnappyDecoder {
  readonly #decodedBytesMax: number;
  readonly #retainedBytesMax: number;
  readonly #scriptOnly: boolean;
  #bytes = new Uint8Array(SLACK_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #memory: SnappyMemory | undefined;
  #smallInARow = 0;
  #declared = 0;

  /** @param decodedBytesMax a body that says it is larger is refused with `body_too_large` */
  constructor(decodedBytesMax: number, options: SnappyOptions = {}) {
    this.#decodedBytesMax = decodedBytesMax;
    this.#retainedBytesMax = options.retainedBytesMax ?? 4 * 1024 * 1024;
    this.#scriptOnly = options.scriptOnly ?? false;
  }

  /**
   * The buffer that `decode` filled: the body from byte 0 on, then at least SLACK_BYTES more.
   * Valid until the next call of `decode`.
   */
  get view(): DataView {
    return this.#view;
  }

  /** The same buffer as bytes. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Decodes `input` and returns the length of the body, which then stands at the start of `view`.
   * Throws `malformed_body` or `body_too_large`, naming the byte of the input where it is wrong.
   */
  decode(input: Uint8Array): number {
    const start = this.#readLength(input);
    const length = this.#declared;
    const inputAt = length + SLACK_BYTES;
    this.#reserve(inputAt + input.length + INPUT_SLACK_BYTES);
    if (this.#memory !== undefined) {
      this.#bytes.set(input, inputAt);
      const end = inputAt + input.length;
      if (this.#memory.run(inputAt + start, end, length) === 1) return length;
    }
    const inputView = new DataView(input.buffer, input.byteOffset, input.byteLength);
    decodeElements(inputView, start, this.#view, length);
    return length;
  }

  /** Sets `#declared`, checked; returns where the elements begin. */
  #readLength(input: Uint8Array): number {
    if (isFramed(input)) {
      fail(0, 'is in the framed format (sNaPpY stream); remote write wants the raw block format');
    }
    let length = 0;
    let at = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= input.length) fail(at, 'ends before its length is complete');
      const byte = input[at++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
      if (shift === 28) fail(at, 'has a length of more than 5 bytes');
    }
    if (length > 0xffffffff) fail(at, 'has a length of more than 32 bits');
    const elementBytes = input.length - at;
    if (length * DENSEST_IN > elementBytes * DENSEST_OUT) {
      fail(
        0,
        `says it holds ${length} bytes, more than ${elementBytes} compressed bytes can yield`,
      );
    }
    if (length > this.#decodedBytesMax) {
      const limit = this.#decodedBytesMax;
      throw new VarveError(
        'body_too_large',
        `the body is ${length} bytes decompressed, over the limit of ${limit} bytes`,
      );
    }
    this.#declared = length;
    return at;
  }

  #reserve(needed: number): void {
    const capacity = this.#bytes.length;
    const oversized = capacity > this.#retainedBytesMax && needed <= capacity / 4;
    this.#smallInARow = oversized ? this.#smallInARow + 1 : 0;
    if (needed <= capacity && this.#smallInARow < SMALL_BODIES_TO_SHRINK) return;
    this.#smallInARow = 0;
    // A quarter more than needed, so that slowly growing bodies do not allocate each time.
    const roomy = Math.ceil((needed * 1.25) / ALLOCATION_STEP) * ALLOCATION_STEP;
    this.#memory = this.#scriptOnly ? undefined : openSnappyMemory(roomy);
    const buffer = this.#memory?.buffer ?? new ArrayBuffer(roomy);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}

// What a copy's tag byte says: bits 0–10 the high bits of the offset, 16–18 how many bytes of
// offset follow, 20 and up the count. A table costs one branch less than looking at the tag's bits.
const COPY_TAGS = Int32Array.from({ length: 256 }, (_, tag) => {
  if ((tag & 3) === 1) return ((tag >>> 5) << 8) | (1 << 16) | ((((tag >>> 2) & 7) + 4) << 20);
  return ((tag & 3) === 2 ? 2 << 16 : 4 << 16) | (((tag >>> 2) + 1) << 20);
});
const OFFSET_MASKS = Int32Array.of(0, 0xff, 0xffff, 0, -1);

/**
 * The hot loop. Not split further: its state lives in registers, and each call in it would cost.
 * Every number in it is a 32-bit integer; one that might not be would make all of them doubles.
 */
function decodeElements(input: DataView, start: number, out: DataView, length: number): void {
  const end = input.byteLength;
  let at = start | 0;
  let to = 0;
  while (at < end) {
    const tag = input.getUint8(at);
    if ((tag & 3) === 0) {
      let from = (at + 1) | 0;
      let count = ((tag >>> 2) + 1) | 0;
      if (count > 60) {
        const extra = count - 60;
        if (from + extra > end) fail(at, 'ends inside the length of a literal');
        count = (littleEndian(input, from, extra) + 1) | 0;
        from = (from + extra) | 0;
      }
      // `count < 1`: a length of 2^31 and more, which no input has.
      if (count > end - from || count < 1) fail(at, 'ends inside a literal');
      if (count > length - to) fail(at, overrun(length));
      if (count <= 60 && from + 64 <= end) {
        for (let i = 0; i < count; i = (i + 8) | 0) {
          out.setInt32(to + i, input.getInt32(from + i, true), true);
          out.setInt32(to + i + 4, input.getInt32(from + i + 4, true), true);
        }
      } else {
        copyLiteral(input, from, out, to, count);
      }
      to = (to + count) | 0;
      at = (from + count) | 0;
      continue;
    }
    const entry = COPY_TAGS[tag]!;
    const extra = (entry >>> 16) & 7;
    const count = entry >>> 20;
    if (at + extra >= end) fail(at, 'ends inside a copy');
    const trailer = at + 5 <= end ? input.getInt32(at + 1, true) : lastBytes(input, at + 1);
    const offset = ((entry & 0x700) + (trailer & OFFSET_MASKS[extra]!)) | 0;
    let from = (to - offset) | 0;
    // A negative offset is one of 2^31 and more.
    if (offset <= 0 || from < 0) fail(at, badOffset(offset));
    if (count > length - to) fail(at, overrun(length));
    at = (at + 1 + extra) | 0;
    const stop = (to + count) | 0;
    if (offset < 8) {
      // The source overlaps the words to be written: byte by byte, until what has been written
      // repeats the pattern over at least eight bytes.
      for (let i = 0; i < 8; i++) out.setUint8(to + i, out.getUint8(from + i));
      to = (to + 8) | 0;
      from = (to - offset * (((7 + offset) / offset) | 0)) | 0;
    }
    while (to < stop) {
      out.setInt32(to, out.getInt32(from, true), true);
      out.setInt32(to + 4, out.getInt32(from + 4, true), true);
      to = (to + 8) | 0;
      from = (from + 8) | 0;
    }
    to = stop;
  }
  if (to !== length) fail(end, `holds ${to} bytes, but says it holds ${length}`);
}

/** The up to four bytes from `at` to the end, little-endian. */
function lastBytes(input: DataView, at: number): number {
  return littleEndian(input, at, Math.min(4, input.byteLength - at)) | 0;
}

function badOffset(offset: number): string {
  return offset === 0
    ? 'has a copy with offset 0'
    : `has a copy with offset ${offset >>> 0}, from before the start of the body`;
}

function copyLiteral(
  input: DataView,
  from: number,
  out: DataView,
  to: number,
  count: number,
): void {
  if (count > 256) {
    const source = new Uint8Array(input.buffer, input.byteOffset + from, count);
    new Uint8Array(out.buffer, to, count).set(source);
    return;
  }
  const stop = from + count;
  for (; from + 4 <= stop; from += 4, to += 4) out.setInt32(to, input.getInt32(from, true), true);
  for (; from < stop; from++, to++) out.setUint8(to, input.getUint8(from));
}

function littleEndian(input: DataView, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + input.getUint8(at + i);
  return value;
}

function overrun(length: number): string {
  return `holds more than the ${length} bytes it says it holds`;
}

/** A stream identifier chunk: ff, its length 6 in three bytes, then "sNaPpY". */
function isFramed(input: Uint8Array): boolean {
  const identifier = [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59];
  return input.length >= identifier.length && identifier.every((byte, i) => input[i] === byte);
}

function fail(at: number, what: string): never {
  throw new VarveError('malformed_body', `the snappy body ${what} (at byte ${at})`);
}
