// Reading bits: a chunk's bytes are copied once into 32-bit words, then every read takes its bits
// from a 32-bit window over two neighbouring words.
//
// The copy costs a few nanoseconds per chunk and buys three things: reads cannot leave the chunk
// (zero words stand behind it), a chunk in shared memory cannot change under the reader, and words
// are aligned and in the machine's byte order.
// Invariant: whoever reads checks `position <= endBits` at least once per BITS_PER_CHECK_MAX bits;
// so far the zero words reach.

import { VarveError } from '../errors/varve-error.ts';
import { signedOf } from './bit-io.ts';

/** Bits that may be read between two checks of the position against the end. */
export const BITS_PER_CHECK_MAX = 192;

const PADDING_WORDS = BITS_PER_CHECK_MAX / 32 + 2;

/** 32 bits from bit `position` of big-endian words, as a signed number. */
export function windowAt(words: Int32Array, position: number): number {
  const at = position >>> 5;
  const shift = position & 31;
  // (x >>> 1) >>> (31 - n) is x >>> (32 - n) also for n = 0.
  return (words[at]! << shift) | ((words[at + 1]! >>> 1) >>> (31 - shift));
}

/** The words of one chunk after the other, in memory that is used again. */
export class BitWindow {
  words = new Int32Array(64);
  /** Bits in the chunk; what lies behind reads as zero. */
  endBits = 0;
  /** The next bit to be read. */
  position = 0;

  /** Takes a copy of `lengthBytes` bytes from `base` on and stands on its first bit. */
  load(view: DataView, base: number, lengthBytes: number): void {
    const whole = lengthBytes >>> 2;
    if (whole + 1 + PADDING_WORDS > this.words.length)
      this.words = new Int32Array((whole + 1 + PADDING_WORDS) * 2);
    const words = this.words;
    for (let i = 0; i < whole; i++) words[i] = view.getInt32(base + i * 4);
    let last = 0;
    for (let i = whole * 4; i < lengthBytes; i++)
      last |= view.getUint8(base + i) << (24 - (i & 3) * 8);
    words[whole] = last;
    words.fill(0, whole + 1, whole + 1 + PADDING_WORDS);
    this.endBits = lengthBytes * 8;
    this.position = 0;
  }

  /** The next 32 bits, signed, without stepping over them. */
  peek(): number {
    return windowAt(this.words, this.position);
  }

  /** The next `bits` (1…32) bits, unsigned. */
  read(bits: number): number {
    const taken = windowAt(this.words, this.position) >>> (32 - bits);
    this.position += bits;
    return taken;
  }

  /** The next 64 bits as a signed whole number; rounded beyond ±2^53. */
  readSigned64(): number {
    const high = this.read(32);
    return signedOf(this.read(32), high);
  }

  /** Throws damaged_chunk when more was read than there is. */
  check(what: string): void {
    if (this.position > this.endBits) throw this.damaged(`ends inside ${what}`);
  }

  /** The error for bytes that cannot be decoded, with the place. */
  damaged(what: string): VarveError {
    const at = Math.min(this.position, this.endBits) >>> 3;
    return new VarveError(
      'damaged_chunk',
      `The chunk ${what}, at byte ${at} of ${this.endBits >>> 3}.`,
    );
  }
}
