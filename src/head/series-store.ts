// The series of one stream: from label ids to slots and back, creating and removing.
//
// The identity of a series is its list of label ids (name, value, …, by name); in memory that is a
// list of pair records, half as long and what the postings need anyway.
// A slot is a place and is used again; a WAL reference is never used again, so `isLive` with both
// tells a cache whether its slot still is that very series.

import { cellAt } from '../base/bytes/cells.ts';
import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { HashIndex, NO_ENTRY } from '../base/bytes/hash-index.ts';
import { NO_RECORD, PagedRecords } from '../base/bytes/paged-records.ts';
import type { EngineMemory } from './engine-memory.ts';
import { PAIR_COUNT, PAIR_LIST, PAIR_NAME, PAIR_VALUE } from './pair-record.ts';
import { Postings } from './postings.ts';
import * as series from './series-record.ts';
import { NO_SERIES } from './verdict.ts';

/** How a series is made. */
export interface NewSeries {
  /** Flags of the series record beside LIVE. */
  readonly flags: number;
  /** Its WAL reference, or 0 for the next one. */
  readonly walRef: number;
}

export class SeriesStore {
  readonly records: PagedRecords;
  readonly postings: Postings;
  readonly #memory: EngineMemory;
  readonly #index = new HashIndex();
  #nextWalRef = 1;
  /** References by which a replayed log knows series beside their own. */
  readonly #aliasSlots = new U32Column(4);
  readonly #aliasRefs = new F64Column(4);
  #labelCount = 0;
  #createdCount = 0;

  constructor(memory: EngineMemory) {
    this.#memory = memory;
    this.records = new PagedRecords(series.SERIES_SHAPE, memory.epochs);
    this.postings = new Postings(memory);
  }

  get count(): number {
    return this.#index.count;
  }

  /** Series made since the start, those that were taken back left out. */
  get createdCount(): number {
    return this.#createdCount;
  }

  /** Labels of all series together. */
  get labelCount(): number {
    return this.#labelCount;
  }

  get indexBytes(): number {
    return this.#index.sizeBytes + this.postings.indexBytes;
  }

  /** The slot of the series with these labels, or NO_SERIES. */
  find(ids: Uint32Array, count: number): number {
    return this.#lookUp(this.#memory.hash.words(ids, count), ids, count);
  }

  /**
   * Adds a series that is not there. The symbols must be alive; the postings hold them from now on.
   */
  create(ids: Uint32Array, count: number, { flags, walRef }: NewSeries): number {
    const slot = this.records.allocate();
    const view = this.records.view(slot);
    const at = this.records.offset(slot);
    const hash = this.#memory.hash.words(ids, count);
    view.setFloat64(at + series.ADMITTED_TIME, Number.NEGATIVE_INFINITY, true);
    view.setFloat64(at + series.TIME, Number.NEGATIVE_INFINITY, true);
    view.setFloat64(at + series.CHUNK_LIMIT, Number.NEGATIVE_INFINITY, true);
    view.setUint32(at + series.CHUNKS, NO_RECORD, true);
    view.setUint32(at + series.LATE_CHUNKS, NO_RECORD, true);
    view.setUint32(at + series.PENDING, 0xffffffff, true);
    view.setUint8(at + series.FLAGS, series.LIVE | flags);
    view.setFloat64(at + series.WAL_REF, this.#takeWalRef(walRef), true);
    view.setUint32(at + series.HASH, hash, true);
    view.setUint16(at + series.LABEL_COUNT, count / 2, true);
    view.setUint32(at + series.LABELS, this.#storeLabels(ids, count, slot), true);
    this.#index.add(hash, slot);
    this.#labelCount += count / 2;
    this.#createdCount++;
    return slot;
  }

  /** Removes the series that was created last of all that are left; undoes `create`. */
  uncreate(slot: number): void {
    const view = this.records.view(slot);
    const at = this.records.offset(slot);
    const count = view.getUint16(at + series.LABEL_COUNT, true);
    const labels = view.getUint32(at + series.LABELS, true);
    const block = this.#memory.arena.view(labels);
    const base = this.#memory.arena.offset(labels);
    for (let i = count - 1; i >= 0; i--)
      this.postings.pop(block.getUint32(base + i * 4, true), slot);
    this.detach(slot);
    this.#createdCount--;
    this.records.free(slot);
  }

  /**
   * First half of a removal: the series is found no more. Its pairs whose only series it is go at
   * once, the others are appended to `touched`. When the postings have been swept, free the record.
   */
  remove(slot: number, touched: U32Column): void {
    const view = this.records.view(slot);
    const at = this.records.offset(slot);
    const count = view.getUint16(at + series.LABEL_COUNT, true);
    const labels = view.getUint32(at + series.LABELS, true);
    const block = this.#memory.arena.view(labels);
    const base = this.#memory.arena.offset(labels);
    const { pairs } = this.#memory;
    for (let i = 0; i < count; i++) {
      const pair = block.getUint32(base + i * 4, true);
      const pairView = pairs.view(pair);
      const pairAt = pairs.offset(pair);
      const alone =
        pairView.getUint32(pairAt + PAIR_COUNT, true) === 1 &&
        pairView.getUint32(pairAt + PAIR_LIST, true) === slot;
      if (alone) this.postings.removePair(pair);
      else touched.push(pair);
    }
    this.detach(slot);
  }

  walRef(slot: number): number {
    return this.records.view(slot).getFloat64(this.records.offset(slot) + series.WAL_REF, true);
  }

  /**
   * A series that the WAL knows by several references takes the newest. The others stay live with
   * it: the log may have samples by them.
   */
  renewWalRef(slot: number, walRef: number): void {
    this.reserveWalRefs(walRef);
    const known = this.walRef(slot);
    if (known === walRef) return;
    this.#aliasSlots.push(slot);
    this.#aliasRefs.push(Math.min(known, walRef));
    if (walRef < known) return;
    this.records.view(slot).setFloat64(this.records.offset(slot) + series.WAL_REF, walRef, true);
  }

  /** Adds the references, beside its own, of each series that is there; forgets the others. */
  addAliases(live: { add(walRef: number): void }): void {
    const { length } = this.#aliasSlots;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const slot = this.#aliasSlots.at(i);
      const ref = this.#aliasRefs.at(i);
      if (!this.isUsed(slot)) continue;
      live.add(ref);
      this.#aliasSlots.set(kept, slot);
      this.#aliasRefs.set(kept, ref);
      kept++;
    }
    this.#aliasSlots.length = kept;
    this.#aliasRefs.length = kept;
  }

  /** The next series' reference. */
  get nextWalRef(): number {
    return this.#nextWalRef;
  }

  /** Makes sure that references given from now on are above `walRef`. */
  reserveWalRefs(walRef: number): void {
    if (walRef >= this.#nextWalRef) this.#nextWalRef = walRef + 1;
  }

  /** Is there a series in this slot? */
  isUsed(slot: number): boolean {
    if (slot >= this.records.highWater) return false;
    const flags = this.records.view(slot).getUint8(this.records.offset(slot) + series.FLAGS);
    return (flags & series.LIVE) !== 0;
  }

  /** Does `slot` still hold the very series that got this reference? */
  isLive(slot: number, walRef: number): boolean {
    return slot < this.records.highWater && this.isUsed(slot) && this.walRef(slot) === walRef;
  }

  /** Appends the label ids of a series: name, value, …, by name. */
  labelIds(slot: number, into: U32Column): void {
    const view = this.records.view(slot);
    const at = this.records.offset(slot);
    const count = view.getUint16(at + series.LABEL_COUNT, true);
    const labels = view.getUint32(at + series.LABELS, true);
    const block = this.#memory.arena.view(labels);
    const base = this.#memory.arena.offset(labels);
    for (let i = 0; i < count; i++) this.postings.idsOf(block.getUint32(base + i * 4, true), into);
  }

  /** The value's symbol of a label, or NO_SERIES when the series has no such label. */
  valueOf(slot: number, name: number): number {
    const ids = new U32Column(32);
    this.labelIds(slot, ids);
    for (let i = 0; i < ids.length; i += 2) if (ids.at(i) === name) return ids.at(i + 1);
    return NO_SERIES;
  }

  #lookUp(hash: number, ids: Uint32Array, count: number): number {
    let slot = this.#index.first(hash);
    while (slot !== NO_ENTRY && !this.#isThis(slot, ids, count)) slot = this.#index.next();
    return slot;
  }

  #isThis(slot: number, ids: Uint32Array, count: number): boolean {
    const view = this.records.view(slot);
    const at = this.records.offset(slot);
    if (view.getUint16(at + series.LABEL_COUNT, true) * 2 !== count) return false;
    const labels = view.getUint32(at + series.LABELS, true);
    const block = this.#memory.arena.view(labels);
    const base = this.#memory.arena.offset(labels);
    const { pairs } = this.#memory;
    for (let i = 0; i < count; i += 2) {
      const pair = block.getUint32(base + i * 2, true);
      const pairView = pairs.view(pair);
      const pairAt = pairs.offset(pair);
      if (pairView.getUint32(pairAt + PAIR_VALUE, true) !== cellAt(ids, i + 1)) return false;
      if (pairView.getUint32(pairAt + PAIR_NAME, true) !== cellAt(ids, i)) return false;
    }
    return true;
  }

  #storeLabels(ids: Uint32Array, count: number, slot: number): number {
    const { arena } = this.#memory;
    const labels = arena.allocate(Math.max(4, count * 2));
    const block = arena.view(labels);
    const base = arena.offset(labels);
    for (let i = 0; i < count; i += 2) {
      const pair = this.postings.add(cellAt(ids, i), cellAt(ids, i + 1), slot);
      block.setUint32(base + i * 2, pair, true);
    }
    return labels;
  }

  #takeWalRef(wanted: number): number {
    if (wanted === 0) return this.#nextWalRef++;
    this.reserveWalRefs(wanted);
    return wanted;
  }

  /** Takes a series out of the index and frees its labels. */
  detach(slot: number): void {
    const view = this.records.view(slot);
    const at = this.records.offset(slot);
    this.#index.remove(view.getUint32(at + series.HASH, true), slot);
    this.#labelCount -= view.getUint16(at + series.LABEL_COUNT, true);
    this.#memory.arena.free(view.getUint32(at + series.LABELS, true));
    view.setUint8(at + series.FLAGS, 0);
  }
}
