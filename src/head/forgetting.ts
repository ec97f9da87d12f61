// Forgetting: chunks that a block holds now, and series that have nothing left: no chunk, no
// pending sample, no exemplar. In slices, so that ingest goes on.

import { BitSet } from '../base/bytes/bit-set.ts';
import { U32Column } from '../base/bytes/columns.ts';
import { NO_RECORD } from '../base/bytes/paged-records.ts';
import type { Timers } from '../base/runtime/timers.ts';
import type { Admission } from './admission.ts';
import * as chunk from './chunk-record.ts';
import type { EngineMemory } from './engine-memory.ts';
import { LiveRefs } from './live-refs.ts';
import type { OpenChunks } from './open-chunks.ts';
import { sweepPostings } from './postings-sweep.ts';
import * as series from './series-record.ts';
import type { SeriesStore } from './series-store.ts';

export interface ForgettingOptions {
  readonly memory: EngineMemory;
  readonly store: SeriesStore;
  readonly open: OpenChunks;
  readonly admission: Admission;
  /** Whether something else than samples needs the series in `slot`. */
  readonly isNeeded: (slot: number) => boolean;
  readonly timers: Pick<Timers, 'yieldNow'>;
  readonly seriesPerSlice: number;
}

/** Series that are removed together: their lists are swept once for all of them. */
const REMOVED_AT_ONCE = 50_000;
/** Removals that a slice makes. */
const REMOVED_PER_SLICE = 250;
/** Slots that a slice of sweeping looks at; a slot costs a few nanoseconds. */
const SLOTS_PER_SLICE = 100_000;

export class Forgetting {
  readonly #options: ForgettingOptions;
  #liveRefs: LiveRefs | undefined;

  constructor(options: ForgettingOptions) {
    this.#options = options;
  }

  /** Ends the snapshot's hold on the chunks of these series: forgets them, or lets them be. */
  async releaseChunks(slots: U32Column, stored: boolean): Promise<void> {
    const { seriesPerSlice, timers } = this.#options;
    for (let i = 0; i < slots.length; i++) {
      this.#releaseLane(slots.at(i), series.CHUNKS, stored);
      this.#releaseLane(slots.at(i), series.LATE_CHUNKS, stored);
      if ((i + 1) % seriesPerSlice === 0) await timers.yieldNow();
    }
  }

  /** Forgets the chunks of all series, whatever they hold. No snapshot may name them. */
  releaseAllChunks(): void {
    const { open, store } = this.#options;
    for (let slot = 0; slot < store.records.highWater; slot++) {
      if (!store.isUsed(slot)) continue;
      open.close(slot);
      for (const lane of [series.CHUNKS, series.LATE_CHUNKS]) {
        const view = store.records.view(slot);
        const at = store.records.offset(slot) + lane;
        let record = view.getUint32(at, true);
        view.setUint32(at, NO_RECORD, true);
        while (record !== NO_RECORD) {
          const { chunks } = this.#options.memory;
          const next = chunks
            .view(record)
            .getUint32(chunks.offset(record) + chunk.CHUNK_NEXT, true);
          open.forget(record);
          record = next;
        }
      }
    }
  }

  /** As of the last walk over all series; undefined before the first one. */
  get liveRefs(): LiveRefs | undefined {
    return this.#liveRefs;
  }

  /** Removes all series that have nothing left. Returns how many. */
  async removeEmptySeries(): Promise<number> {
    const { store, seriesPerSlice, timers } = this.#options;
    const end = store.records.highWater;
    const live = new LiveRefs(store.nextWalRef);
    store.addAliases(live);
    let removed = 0;
    let slot = 0;
    while (slot < end) {
      const round = { slots: new U32Column(), touched: new U32Column(), set: new BitSet(end) };
      for (; slot < end && round.slots.length < REMOVED_AT_ONCE; slot++) {
        if (this.#isEmpty(slot)) {
          store.remove(slot, round.touched);
          round.slots.push(slot);
          round.set.add(slot);
          // Removing costs some microseconds a series, looking only a few nanoseconds.
          if (round.slots.length % REMOVED_PER_SLICE === 0) await timers.yieldNow();
        } else if (store.isUsed(slot)) {
          live.add(store.walRef(slot));
        }
        if ((slot + 1) % seriesPerSlice === 0) await timers.yieldNow();
      }
      await this.#sweep(round);
      removed += round.slots.length;
    }
    this.#liveRefs = live;
    return removed;
  }

  async #sweep(round: Round): Promise<void> {
    const { memory, store, timers } = this.#options;
    let looked = 0;
    const isRemoved = (slot: number) => round.set.has(slot);
    const steps = sweepPostings(memory, store.postings, { touched: round.touched, isRemoved });
    for (const slots of steps) {
      looked += slots;
      if (looked < SLOTS_PER_SLICE) continue;
      looked = 0;
      await timers.yieldNow();
    }
    // All at once: a slot may be used again at any time from now on.
    for (let i = 0; i < round.slots.length; i++) store.records.free(round.slots.at(i));
  }

  #isEmpty(slot: number): boolean {
    const { records } = this.#options.store;
    const view = records.view(slot);
    const at = records.offset(slot);
    const flags = view.getUint8(at + series.FLAGS);
    return (
      (flags & series.LIVE) !== 0 &&
      (flags & series.NEW) === 0 &&
      view.getUint32(at + series.CHUNKS, true) === NO_RECORD &&
      view.getUint32(at + series.LATE_CHUNKS, true) === NO_RECORD &&
      !this.#options.admission.isPending(slot) &&
      !this.#options.isNeeded(slot)
    );
  }

  #releaseLane(
    slot: number,
    lane: typeof series.CHUNKS | typeof series.LATE_CHUNKS,
    stored: boolean,
  ): void {
    const { chunks } = this.#options.memory;
    const { records } = this.#options.store;
    // Where the chunk now looked at is named: the series, then the chunk before in the list.
    let linkView = records.view(slot);
    let linkAt = records.offset(slot) + lane;
    for (;;) {
      const record = linkView.getUint32(linkAt, true);
      if (record === NO_RECORD) return;
      const view = chunks.view(record);
      const at = chunks.offset(record);
      const flags = view.getUint8(at + chunk.CHUNK_FLAGS);
      const inSnapshot = (flags & chunk.IN_SNAPSHOT) !== 0;
      if (inSnapshot && stored) {
        linkView.setUint32(linkAt, view.getUint32(at + chunk.CHUNK_NEXT, true), true);
        this.#options.open.forget(record);
        continue;
      }
      if (inSnapshot) view.setUint8(at + chunk.CHUNK_FLAGS, flags & ~chunk.IN_SNAPSHOT);
      linkView = view;
      linkAt = at + chunk.CHUNK_NEXT;
    }
  }
}

interface Round {
  readonly slots: U32Column;
  readonly touched: U32Column;
  readonly set: BitSet;
}
