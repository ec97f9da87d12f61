// The appender's state of a late chunk, at the end of its block, where no reader looks: last time
// f64, delta, low, high and bits u32, leading and trailing u8; the count is in the chunk record.

import type { XorState } from '../base/chunk/xor-state.ts';

/** Bytes at the end of a late chunk’s block that hold its state. */
export const LATE_STATE_BYTES = 32;

/** Stores everything but the count. */
export function storeLateState(view: DataView, at: number, state: XorState): void {
  view.setFloat64(at, state.lastTimeMs, true);
  // Within a window, so it fits 32 bits.
  view.setUint32(at + 8, state.lastDelta, true);
  view.setInt32(at + 12, state.lastLow, true);
  view.setInt32(at + 16, state.lastHigh, true);
  view.setUint32(at + 20, state.bitPosition, true);
  view.setUint8(at + 24, state.leading);
  view.setUint8(at + 25, state.trailing);
}

/** Loads what `storeLateState` stored. */
export function loadLateState(view: DataView, at: number, state: XorState): void {
  state.lastTimeMs = view.getFloat64(at, true);
  state.lastDelta = view.getUint32(at + 8, true);
  state.lastLow = view.getInt32(at + 12, true);
  state.lastHigh = view.getInt32(at + 16, true);
  state.bitPosition = view.getUint32(at + 20, true);
  state.leading = view.getUint8(at + 24);
  state.trailing = view.getUint8(at + 25);
}

/** Bits of the chunk whose state this is. */
export function lateStateBits(view: DataView, at: number): number {
  return view.getUint32(at + 20, true);
}
