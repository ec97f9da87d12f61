// The postings of a head as `query/find-series` asks for them. Lists are pair records, series are
// slots.
//
// Steps may lie between calls. Open an epoch before the first one: then a pair or slot that goes
// meanwhile is not used again, and the list of values can be walked on from where one was.

import { NO_RECORD } from '../base/bytes/paged-records.ts';
import { NO_SYMBOL } from '../base/bytes/symbol-table.ts';
import type { LabelValue, PostingsSource, SeriesNumbers } from '../query/source.ts';
import type { EngineMemory } from './engine-memory.ts';
import { PAIR_VALUE } from './pair-record.ts';
import type { SeriesStore } from './series-store.ts';

/** Slots looked at in one step. */
const SLOTS_PER_STEP = 100_000;

export class HeadPostings implements PostingsSource {
  readonly #memory: EngineMemory;
  readonly #store: SeriesStore;

  constructor(memory: EngineMemory, store: SeriesStore) {
    this.#memory = memory;
    this.#store = store;
  }

  find(name: Uint8Array, value: Uint8Array): number | undefined {
    const nameSymbol = this.#symbol(name);
    const valueSymbol = this.#symbol(value);
    if (nameSymbol === NO_SYMBOL || valueSymbol === NO_SYMBOL) return undefined;
    const pair = this.#store.postings.find(nameSymbol, valueSymbol);
    return pair === NO_RECORD ? undefined : pair;
  }

  *values(name: Uint8Array): Generator<LabelValue> {
    const nameSymbol = this.#symbol(name);
    if (nameSymbol === NO_SYMBOL) return;
    const record = this.#store.postings.find(nameSymbol, NO_SYMBOL);
    if (record === NO_RECORD) return;
    const { pairs, symbols } = this.#memory;
    for (const pair of this.#store.postings.pairsOf(record)) {
      const value = pairs.view(pair).getUint32(pairs.offset(pair) + PAIR_VALUE, true);
      yield { value: symbols.bytesOf(value), list: pair };
    }
  }

  append(list: number, into: SeriesNumbers): void {
    for (const slot of this.#store.postings.slotsOf(list)) into.push(slot);
  }

  *all(into: SeriesNumbers): Generator<undefined> {
    const end = this.#store.records.highWater;
    for (let slot = 0; slot < end; slot++) {
      if (this.#store.isUsed(slot)) into.push(slot);
      if ((slot + 1) % SLOTS_PER_STEP === 0) yield;
    }
  }

  #symbol(text: Uint8Array): number {
    return this.#memory.symbols.find(text, 0, text.length);
  }
}
