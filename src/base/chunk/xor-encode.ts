// A row of samples appended to an XOR chunk at once (docs/formats/chunks.md): what xorAppend does
// sample by sample, faster. The state is in locals, and which window a value goes into is chosen by
// masks, because nobody can foretell it. xorAppend is the oracle in the tests.
//
// Invariant: as xorAppend's; the bytes before `state.bitPosition` are not changed.

import { XOR_APPEND_BYTES_MAX, xorAppend } from './xor-append.ts';
import { LOW_AT } from './xor-decode.ts';
import type { XorState } from './xor-state.ts';

/** Samples to be appended: times, and the memory of the values, two numbers each. */
export interface SampleRow {
  readonly times: Float64Array;
  readonly halves: Int32Array;
  readonly length: number;
}

/** Bytes that appending so many samples touches at most. */
export function encodedBytesMax(samples: number): number {
  return (samples + 1) * XOR_APPEND_BYTES_MAX;
}

/**
 * Appends samples to the chunk that begins with `view`, which has room for them; times and counts
 * are the caller's duty, as with xorAppend.
 */
export function encodeXor(view: DataView, state: XorState, row: SampleRow): void {
  for (let i = 0; i < row.length; i++) {
    // The first two are coded in another way, and so is one that does not come in time.
    if (state.count >= 2) i = encodeRegular(view, state, row, i);
    if (i === row.length) break;
    const low = row.halves[2 * i + LOW_AT]!;
    xorAppend(view, 0, state, row.times[i]!, low, row.halves[2 * i + 1 - LOW_AT]!);
  }
}

/** Appends from number `from` on as long as times are as far apart as before; the next number. */
function encodeRegular(view: DataView, state: XorState, row: SampleRow, from: number): number {
  const { times, halves, length } = row;
  const { lastDelta } = state;
  let { lastTimeMs, lastLow, lastHigh, leading, trailing, bitPosition: position } = state;
  let i = from;
  for (; i < length; i++) {
    if (times[i]! - lastTimeMs !== lastDelta) break;
    lastTimeMs = times[i]!;
    const xorLow = halves[2 * i + LOW_AT]! ^ lastLow;
    const xorHigh = halves[2 * i + 1 - LOW_AT]! ^ lastHigh;
    lastLow ^= xorLow;
    lastHigh ^= xorHigh;
    const at = position >>> 3;
    const shift = position & 7;
    const kept = (view.getUint8(at) & (0xff00 >> shift)) << 24;
    if ((xorLow | xorHigh) === 0) {
      view.setInt32(at, kept);
      position += 2;
      continue;
    }
    // All ones when the upper, the lower half is zero.
    const noHigh = ((xorHigh | -xorHigh) >> 31) ^ -1;
    const noLow = ((xorLow | -xorLow) >> 31) ^ -1;
    const zeros = Math.clz32(xorHigh) + (Math.clz32(xorLow) & noHigh);
    const lowest = (xorLow & ~noLow) | (xorHigh & noLow);
    const zerosBehind = 31 - Math.clz32(lowest & -lowest) + (32 & noLow);
    const zerosBefore = zeros + ((31 - zeros) & ((31 - zeros) >> 31));
    // All ones when the value does not fit into the window that there is.
    const isNew = ((zerosBefore - leading) | (zerosBehind - trailing)) >> 31;
    leading ^= (leading ^ zerosBefore) & isNew;
    trailing ^= (trailing ^ zerosBehind) & isNew;
    const significant = 64 - leading - trailing;
    // The time's 0 stands in front of both: 0 10, or 0 11 and the window.
    const window = (0b011 << 11) | (leading << 6) | (significant & 63);
    const control = (window & isNew) | (0b010 & ~isNew);
    const controlBits = 3 + (11 & isNew);
    const fill = shift + controlBits; // 3…21 bits of the first word
    const free = 32 - fill;
    // (x >>> 1) >>> (31 - n) is x >>> (32 - n) also for n = 0.
    const upper = (xorHigh << leading) | ((xorLow >>> 1) >>> (31 - leading));
    const lower = xorLow << leading;
    view.setInt32(at, kept | (control << free) | (upper >>> fill));
    view.setInt32(at + 4, (upper << free) | (lower >>> fill));
    view.setInt32(at + 8, lower << free);
    position += controlBits + significant;
  }
  state.count += i - from;
  state.lastTimeMs = lastTimeMs;
  state.lastLow = lastLow;
  state.lastHigh = lastHigh;
  state.leading = leading;
  state.trailing = trailing;
  state.bitPosition = position;
  return i;
}
