// Bits in a region of a bigger buffer, most significant bit first, as Prometheus's chunks have them
// (docs/formats/chunks.md).
//
// A write puts up to 32 bits with one unaligned big-endian 32-bit store (and one byte more when
// they spill over), never by single bits or bytes. It keeps the bits before the position and does
// not care what stood after it, so slab memory need not be cleared. 64-bit values are two halves.
// Invariant: a write touches no byte before the one that holds its first bit, and at most
// BIT_SLACK_BYTES bytes from there on; the caller has made sure that they belong to the chunk.

/** A write of 1 to 32 bits touches at most so many bytes from the one that holds its first bit. */
export const BIT_SLACK_BYTES = 5;

/**
 * Writes the `bits` (1…32) low bits of `value` at bit `position` from byte `base` on.
 * Bits of `value` above those must be zero. Returns the position after them.
 */
export function putBits(
  view: DataView,
  base: number,
  position: number,
  value: number,
  bits: number,
): number {
  const at = base + (position >>> 3);
  const shift = position & 7;
  const kept = (view.getUint8(at) & (0xff00 >> shift)) << 24;
  const free = 32 - shift - bits;
  if (free >= 0) {
    view.setInt32(at, kept | (value << free));
  } else {
    view.setInt32(at, kept | (value >>> -free));
    view.setUint8(at + 4, value << (8 + free));
  }
  return position + bits;
}

/** Writes 64 bits, high half first. */
export function putBits64(
  view: DataView,
  base: number,
  position: number,
  low: number,
  high: number,
): number {
  return putBits(view, base, putBits(view, base, position, high, 32), low, 32);
}

/** The low half, unsigned, of a whole number within ±2^53 as a 64-bit two's complement. */
export function lowOf(value: number): number {
  return value >>> 0;
}

/** The high half, unsigned, of a whole number within ±2^53 as a 64-bit two's complement. */
export function highOf(value: number): number {
  return Math.floor(value / 0x1_0000_0000) >>> 0;
}

/**
 * The whole number whose 64-bit two's complement these halves are; beyond ±2^53 it is rounded,
 * which Number.isSafeInteger tells.
 */
export function signedOf(low: number, high: number): number {
  return (high | 0) * 0x1_0000_0000 + (low >>> 0);
}

/** The whole number whose unsigned 64 bits these halves are; rounded beyond 2^53. */
export function unsignedOf(low: number, high: number): number {
  return (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
}

/** Writes a 64-bit value as a Go uvarint (7 bits a byte, lowest first), at any bit. */
export function putUvarint64(
  view: DataView,
  base: number,
  position: number,
  low: number,
  high: number,
): number {
  while (high !== 0 || low >>> 0 > 0x7f) {
    position = putBits(view, base, position, (low & 0x7f) | 0x80, 8);
    low = (low >>> 7) | (high << 25);
    high >>>= 7;
  }
  return putBits(view, base, position, low, 8);
}

/** Writes a whole number within ±2^53 as a Go varint (zigzag), at any bit. */
export function putVarint(view: DataView, base: number, position: number, value: number): number {
  const low = lowOf(value);
  const high = highOf(value);
  const sign = (high | 0) >> 31;
  const zigzagHigh = ((high << 1) | (low >>> 31)) ^ sign;
  return putUvarint64(view, base, position, (low << 1) ^ sign, zigzagHigh);
}
