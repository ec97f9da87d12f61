// The head of one of a tenant's streams, which share the tenant's limit of series.

import type { EngineMemory } from './engine-memory.ts';
import { Head } from './head.ts';
import { HEAD_DEFAULTS, type HeadOptions } from './head-options.ts';

type TenantHeadParts = Pick<HeadOptions, 'clock' | 'maxExemplars' | 'seriesPerSlice' | 'timers'>;

export interface TenantHeadOptions extends TenantHeadParts {
  /** Series of all heads of the tenant. */
  readonly seriesMax: number;
  /** The tenant's heads; this one may be among them. */
  readonly others: () => readonly Head[];
}

/** An empty head that takes samples of any age: `beginLive` sets the window. */
export function makeHead(memory: EngineMemory, options: TenantHeadOptions): Head {
  const { clock, maxExemplars, others, seriesMax, seriesPerSlice, timers } = options;
  const head: Head = new Head(memory, {
    ...HEAD_DEFAULTS,
    // Replay takes back whatever was acknowledged, however old.
    outOfOrderWindowMs: Number.POSITIVE_INFINITY,
    // Asked for new series only.
    get maxSeries(): number {
      const elsewhere = others().filter((other) => other !== head);
      return elsewhere.reduce((left, { seriesCount }) => left - seriesCount, seriesMax);
    },
    maxExemplars,
    seriesPerSlice,
    clock,
    timers,
  });
  return head;
}
