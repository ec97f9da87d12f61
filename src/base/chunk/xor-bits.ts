// The two kinds of compressed number that XOR chunks are made of: a delta of deltas of times, and a
// value as the XOR with the one before it (docs/formats/chunks.md). Histograms use the second.

import { highOf, lowOf, putBits, putBits64 } from './bit-io.ts';
import { NO_WINDOW } from './xor-state.ts';

/** Writes a delta of deltas (whole, within ±2^53) in 1, 16, 20, 24 or 68 bits. */
export function putTimeDod(view: DataView, base: number, position: number, dod: number): number {
  if (dod === 0) return putBits(view, base, position, 0, 1);
  if (dod >= -8191 && dod <= 8192)
    return putBits(view, base, position, 0x8000 | (dod & 0x3fff), 16);
  if (dod >= -65535 && dod <= 65536)
    return putBits(view, base, position, 0xc0000 | (dod & 0x1ffff), 20);
  if (dod >= -524287 && dod <= 524288)
    return putBits(view, base, position, 0xe00000 | (dod & 0xfffff), 24);
  position = putBits(view, base, position, 0b1111, 4);
  return putBits64(view, base, position, lowOf(dod), highOf(dod));
}

/** Zero bits before the first one of 64, which are not all zero; 31 at most, by the format. */
export function leadingZeros(low: number, high: number): number {
  const leading = high !== 0 ? Math.clz32(high) : 32 + Math.clz32(low);
  return Math.min(leading, 31);
}

/** Zero bits after the last one of 64, which are not all zero. */
export function trailingZeros(low: number, high: number): number {
  return low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(high & -high);
}

/** The window of one XOR-compressed number: which of the 64 bits are written. */
export interface XorWindow {
  /** NO_WINDOW as long as there is none. */
  leading: number;
  trailing: number;
}

/**
 * Writes a value that differs from the one before by `xorLow`, `xorHigh`: nothing but a bit when it
 * is the same, else its significant bits, in the last window where they fit, else in a new one.
 */
export function putXor(
  view: DataView,
  base: number,
  position: number,
  window: XorWindow,
  xorLow: number,
  xorHigh: number,
): number {
  if ((xorLow | xorHigh) === 0) return putBits(view, base, position, 0, 1);
  const leading = leadingZeros(xorLow, xorHigh);
  const trailing = trailingZeros(xorLow, xorHigh);
  if (window.leading !== NO_WINDOW && leading >= window.leading && trailing >= window.trailing) {
    position = putBits(view, base, position, 0b10, 2);
  } else {
    window.leading = leading;
    window.trailing = trailing;
    // 64 significant bits are written as 0: the field has six bits, and 0 never occurs.
    const control = (0b11 << 11) | (leading << 6) | ((64 - leading - trailing) & 63);
    position = putBits(view, base, position, control, 13);
  }
  return putSignificant(view, base, position, window, xorLow, xorHigh);
}

/** Writes the bits inside the window. */
function putSignificant(
  view: DataView,
  base: number,
  position: number,
  window: XorWindow,
  xorLow: number,
  xorHigh: number,
): number {
  const trailing = window.trailing;
  const bits = 64 - window.leading - trailing;
  if (trailing >= 32) return putBits(view, base, position, xorHigh >>> (trailing - 32), bits);
  // ((x << 1) << (31 - n)) is x << (32 - n) also for n = 0.
  const low = (xorLow >>> trailing) | ((xorHigh << 1) << (31 - trailing));
  if (bits <= 32) return putBits(view, base, position, low, bits);
  position = putBits(view, base, position, xorHigh >>> trailing, bits - 32);
  return putBits(view, base, position, low, 32);
}
