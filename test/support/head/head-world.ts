// A head with the doors it needs, and series by plain text: for tests of the head.

import { EngineMemory } from '../../../src/head/engine-memory.ts';
import { Head } from '../../../src/head/head.ts';
import { HEAD_DEFAULTS, type HeadOptions } from '../../../src/head/head-options.ts';
import type { CutRange } from '../../../src/head/plan.ts';
import { NO_SERIES } from '../../../src/head/verdict.ts';

export class HeadWorld {
  readonly memory: EngineMemory;
  readonly head: Head;
  nowMs = 0;
  /** Run whenever background work lets ingest run. */
  onYield: () => void = () => undefined;

  constructor(options: Partial<HeadOptions> = {}) {
    let seed = 1;
    this.memory = new EngineMemory({ random: { u32: () => seed++ * 0x9e3779b1 } });
    this.head = new Head(this.memory, {
      ...HEAD_DEFAULTS,
      timers: {
        yieldNow: async () => {
          this.onYield();
        },
      },
      clock: { nowMs: () => this.nowMs },
      ...options,
    });
  }

  /** Label ids of `name|value|name|value…`, sorted already. */
  ids(labels: string): Uint32Array {
    const { symbols } = this.memory;
    return Uint32Array.from(labels.split('|'), (text) => {
      const bytes = Buffer.from(text);
      return symbols.intern(bytes, 0, bytes.length);
    });
  }

  /** The slot of a series, which is made when it is not there. */
  slot(labels: string): number {
    const ids = this.ids(labels);
    const found = this.head.findSeries(ids, ids.length);
    return found === NO_SERIES ? this.head.createSeries(ids, ids.length) : found;
  }

  /** Takes and publishes what was admitted. */
  publish(): void {
    this.head.publish(this.head.takeBatch(), this.nowMs);
    this.memory.symbols.sweep();
  }

  /** A range by hand. */
  range(kind: CutRange['kind'], minTimeMs: number, maxTimeMs: number): CutRange {
    return {
      kind,
      windowStartMs: Math.floor(minTimeMs / 7_200_000) * 7_200_000,
      minTimeMs,
      maxTimeMs,
    };
  }
}

/** Halves of a double's bits. */
export function bitsOf(value: number): { readonly low: number; readonly high: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return { low: view.getUint32(4), high: view.getUint32(0) };
}
