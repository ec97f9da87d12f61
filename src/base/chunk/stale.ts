// The stale marker: a NaN with a payload of its own, that says "this series ends here".

/** The 64 bits of the stale marker, in halves. */
export const STALE_LOW = 0x0000_0002;
export const STALE_HIGH = 0x7ff0_0000;

/** True when these halves, signed or unsigned, are the stale marker. */
export function isStale(low: number, high: number): boolean {
  return (low | 0) === STALE_LOW && (high | 0) === STALE_HIGH;
}
