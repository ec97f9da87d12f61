// The machine's clocks.

import type { Clock } from './clock.ts';

/** Time of day and monotonic time from Node. */
export class NodeClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }
}
