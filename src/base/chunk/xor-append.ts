// Appending to an XOR chunk (encoding 1): free functions on (slab, offset, state), because the head
// keeps chunks in slabs and appender states in packed records. Bit for bit what Prometheus writes
// (docs/formats/chunks.md).
//
// Invariant: a chunk's bytes before `state.bitPosition` are never changed again (the bits of its
// last, partly filled byte are written anew with the same values), so a reader that trusts only a
// published count and length may read while the owner appends.

import { assert } from '../errors/assert.ts';
import { highOf, lowOf, putBits, putBits64, putUvarint64, putVarint } from './bit-io.ts';
import { TIME_JUMP_MAX_MS } from './chunk-format.ts';
import { leadingZeros, putTimeDod, putXor, trailingZeros } from './xor-bits.ts';
import type { XorState } from './xor-state.ts';

/** No sample takes more bits than this. */
export const XOR_APPEND_BITS_MAX = 157;

/** An append touches at most so many bytes from the one that holds `state.bitPosition` on. */
export const XOR_APPEND_BYTES_MAX = 24;

/** True when any sample can be appended to a chunk of this capacity. */
export function xorHasRoom(state: XorState, capacityBytes: number): boolean {
  return (state.bitPosition >>> 3) + XOR_APPEND_BYTES_MAX <= capacityBytes;
}

/** Writes the sample count in front of the bits; do it before the bytes are handed to anybody. */
export function xorHeaderWrite(view: DataView, base: number, count: number): void {
  view.setUint16(base, count);
}

/**
 * Appends a sample. The caller has checked `xorHasRoom`, that the time is above the last one (by
 * TIME_JUMP_MAX_MS at most), and that fewer than 65535 samples are in the chunk.
 *
 * @param view the slab, chunk bytes from `base` on
 * @param low low half of the value's 64 bits, signed or unsigned
 */
export function xorAppend(
  view: DataView,
  base: number,
  state: XorState,
  timeMs: number,
  low: number,
  high: number,
): void {
  if (state.count < 2) {
    appendFirstTwo(view, base, state, timeMs, low | 0, high | 0);
    return;
  }
  const delta = timeMs - state.lastTimeMs;
  const dod = delta - state.lastDelta;
  state.lastTimeMs = timeMs;
  state.lastDelta = delta;
  state.count++;
  const xorLow = low ^ state.lastLow;
  const xorHigh = high ^ state.lastHigh;
  state.lastLow = low | 0;
  state.lastHigh = high | 0;
  if (dod >= -8191 && dod <= 8192) {
    const regular = dod === 0;
    const control = regular ? 0 : 0x8000 | (dod & 0x3fff);
    appendShort(view, base, state, control, regular ? 1 : 16, xorLow, xorHigh);
    return;
  }
  assert(Math.abs(delta) <= TIME_JUMP_MAX_MS, 'times in a chunk jump by less than 2^51');
  const position = putTimeDod(view, base, state.bitPosition, dod);
  state.bitPosition = putXor(view, base, position, state, xorLow, xorHigh);
}

/**
 * The usual sample, whose time takes `timeBits` ≤ 16 bits: writes what putTimeDod and putXor would,
 * but with three stores at most and no branch on the number of significant bits. These go from the
 * window's first bit to the end of the 64; what is behind the window is zero, and the next sample
 * writes over it.
 */
function appendShort(
  view: DataView,
  base: number,
  state: XorState,
  time: number,
  timeBits: number,
  xorLow: number,
  xorHigh: number,
): void {
  let position = state.bitPosition;
  if ((xorLow | xorHigh) === 0) {
    state.bitPosition = putBits(view, base, position, time << 1, timeBits + 1);
    return;
  }
  const leading = leadingZeros(xorLow, xorHigh);
  const trailing = trailingZeros(xorLow, xorHigh);
  let control: number;
  let controlBits: number;
  // NO_WINDOW is more than any number of leading zeros.
  if (leading >= state.leading && trailing >= state.trailing) {
    control = (time << 2) | 0b10;
    controlBits = timeBits + 2;
  } else {
    state.leading = leading;
    state.trailing = trailing;
    position = putBits(view, base, position, time, timeBits);
    control = (0b11 << 11) | (leading << 6) | ((64 - leading - trailing) & 63);
    controlBits = 13;
  }
  const at = base + (position >>> 3);
  const shift = position & 7;
  const fill = shift + controlBits; // 3…25 bits of the first word
  const free = 32 - fill;
  const first = state.leading;
  // ((x >>> 1) >>> (31 - n)) is x >>> (32 - n) also for n = 0.
  const high = (xorHigh << first) | ((xorLow >>> 1) >>> (31 - first));
  const low = xorLow << first;
  const kept = (view.getUint8(at) & (0xff00 >> shift)) << 24;
  view.setInt32(at, kept | (control << free) | (high >>> fill));
  view.setInt32(at + 4, (high << free) | (low >>> fill));
  view.setInt32(at + 8, low << free);
  state.bitPosition = position + controlBits + 64 - first - state.trailing;
}

function appendFirstTwo(
  view: DataView,
  base: number,
  state: XorState,
  timeMs: number,
  low: number,
  high: number,
): void {
  if (state.count === 0) {
    const position = putVarint(view, base, state.bitPosition, timeMs);
    state.bitPosition = putBits64(view, base, position, low, high);
  } else {
    const delta = timeMs - state.lastTimeMs;
    assert(Math.abs(delta) <= TIME_JUMP_MAX_MS, 'times in a chunk jump by less than 2^51');
    let position = state.bitPosition;
    position = putUvarint64(view, base, position, lowOf(delta), highOf(delta));
    const xorLow = low ^ state.lastLow;
    state.bitPosition = putXor(view, base, position, state, xorLow, high ^ state.lastHigh);
    state.lastDelta = delta;
  }
  state.count++;
  state.lastTimeMs = timeMs;
  state.lastLow = low;
  state.lastHigh = high;
}
