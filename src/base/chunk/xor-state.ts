// What an XOR appender must remember between two samples; the head keeps it packed, outside the
// chunk (docs/formats/chunks.md, XOR).

/** No window of significant bits has been written yet. */
export const NO_WINDOW = 0xff;

/** Bytes of the sample count in front of the bits of an XOR chunk. */
export const XOR_HEADER_BYTES = 2;

/**
 * A flyweight: load it from where the state is kept, append, store it back. All fields together
 * fit 40 bytes: two doubles for the times, two 32-bit halves, the count in 16 bits, the position in
 * 32, leading and trailing in a byte each.
 */
export class XorState {
  /** Samples in the chunk. */
  count = 0;
  /** Bits written, from the first byte of the chunk on, its header included. */
  bitPosition = XOR_HEADER_BYTES * 8;
  /** Time of the last sample, in milliseconds. */
  lastTimeMs = 0;
  /** Milliseconds between the last two samples; 0 with fewer than two. */
  lastDelta = 0;
  /** The 64 bits of the last value; as signed or unsigned halves, both do. */
  lastLow = 0;
  lastHigh = 0;
  /** Leading zero bits of the current window, or NO_WINDOW. */
  leading = NO_WINDOW;
  /** Trailing zero bits of the current window. */
  trailing = 0;

  /** The state of an empty chunk. */
  clear(): void {
    this.count = 0;
    this.bitPosition = XOR_HEADER_BYTES * 8;
    this.lastTimeMs = 0;
    this.lastDelta = 0;
    this.lastLow = 0;
    this.lastHigh = 0;
    this.leading = NO_WINDOW;
    this.trailing = 0;
  }

  /** Bytes of the chunk so far, header included. */
  get lengthBytes(): number {
    return (this.bitPosition + 7) >>> 3;
  }
}
