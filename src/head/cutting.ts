// One cut of a head, from the samples of a range that are taken for a block to their being
// forgotten (docs/ARCHITECTURE.md). Samples that are published while the series are walked over
// reach the collector as well, which knows what came after it.
//
// Invariant: one cut at a time; what it took stays as it is until it is closed.

import { assert } from '../base/errors/assert.ts';
import type { Admission } from './admission.ts';
import { Collector } from './collector.ts';
import type { EngineMemory } from './engine-memory.ts';
import type { Forgetting } from './forgetting.ts';
import type { HeadOptions } from './head-options.ts';
import type { OpenChunks } from './open-chunks.ts';
import type { CutRange } from './plan.ts';
import type { Publisher } from './publisher.ts';
import type { SeriesStore } from './series-store.ts';
import type { CutSnapshot } from './snapshot.ts';
import {
  beginCut,
  type CutCounts,
  endCut,
  rangeNow,
  type Window,
  type Windows,
} from './windows.ts';

/** The parts of the head that a cut works on. */
export interface CuttingParts {
  readonly memory: EngineMemory;
  readonly store: SeriesStore;
  readonly chunks: OpenChunks;
  readonly admission: Pick<Admission, 'outOfOrderWindowMs'>;
  readonly windows: Windows;
  readonly publisher: Publisher;
  readonly forgetting: Forgetting;
  readonly options: Pick<HeadOptions, 'clock' | 'timers' | 'seriesPerSlice'>;
}

interface OpenCut {
  readonly id: number;
  readonly range: CutRange;
  readonly window: Window;
  readonly counts: CutCounts;
  readonly collector: Collector;
}

/** See the head of the file. */
export class Cutting {
  readonly #parts: CuttingParts;
  #cut: OpenCut | undefined;

  constructor(parts: CuttingParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#cut !== undefined;
  }

  /** See `Head.openSnapshot`. */
  async open(planned: Pick<CutRange, 'kind' | 'windowStartMs'>): Promise<CutSnapshot> {
    assert(this.#cut === undefined, 'one cut of a stream at a time');
    const { chunks, memory, options, publisher, store, windows } = this.#parts;
    const window = windows.of(planned.windowStartMs);
    const range = rangeNow(window, planned.kind);
    const counts = beginCut(window, range.kind === 'late', range.maxTimeMs);
    const collector = new Collector(memory, store.records, chunks, range);
    const id = memory.epochs.open();
    this.#cut = { id, range, window, counts, collector };
    publisher.collector = collector;
    for (let slot = 0; slot < collector.slotLimit; slot++) {
      collector.visit(slot);
      if ((slot + 1) % options.seriesPerSlice === 0) await options.timers.yieldNow();
    }
    publisher.collector = undefined;
    return collector.snapshot(id);
  }

  /** See `Head.closeSnapshot`. */
  async close(id: number, { stored }: { readonly stored: boolean }): Promise<void> {
    const cut = this.#cut;
    assert(cut !== undefined && cut.id === id, 'a snapshot is closed once');
    const { admission, forgetting, memory, options, publisher, windows } = this.#parts;
    memory.epochs.close(id);
    const nowMs = options.clock.nowMs();
    endCut(cut.window, cut.range.kind === 'late', { stored, counts: cut.counts, nowMs });
    await forgetting.releaseChunks(cut.collector.slots, stored);
    if (stored) await forgetting.removeEmptySeries();
    windows.forgetBefore(publisher.newestTimeMs - admission.outOfOrderWindowMs);
    this.#cut = undefined;
  }
}
