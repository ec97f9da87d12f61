// The door to time of day. Nothing else in Varve asks the machine what time it is.

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. For durations and latencies. */
  monotonicMs(): number;
}
