// The head of a stream: its recent samples, in memory (docs/ARCHITECTURE.md).
//
// Order of calls: find or create a series and admit its samples (all in one go, without waiting in
// between: a slot in hand is not protected) … `takeBatch`, log and sync it, `publish`. After a
// failed sync `takeBackAll`. Cuts: `windows` → planCuts → `openSnapshot` → (job) → `closeSnapshot`.

import type { BitSet } from '../base/bytes/bit-set.ts';
import type { F64Column, U32Column } from '../base/bytes/columns.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import { assert } from '../base/errors/assert.ts';
import type { TimeRange } from '../query/source.ts';
import { Admission } from './admission.ts';
import { ChunkSearch } from './chunk-search.ts';
import { Cutting } from './cutting.ts';
import type { EngineMemory } from './engine-memory.ts';
import { ExemplarRing } from './exemplars.ts';
import { Forgetting } from './forgetting.ts';
import type { HeadOptions } from './head-options.ts';
import { HeadPostings } from './head-postings.ts';
import { MetadataTable } from './metadata-table.ts';
import { OpenChunks } from './open-chunks.ts';
import type { PendingBatch } from './pending.ts';
import type { CutRange, WindowState } from './plan.ts';
import { Publisher } from './publisher.ts';
import { ReadCollector } from './read-collector.ts';
import type { ReadSnapshot } from './read-snapshot.ts';
import { ADMITTED_TIME, NEW } from './series-record.ts';
import { SeriesStore } from './series-store.ts';
import type { CutSnapshot } from './snapshot.ts';
import { NO_SERIES, type Verdict } from './verdict.ts';
import { Windows } from './windows.ts';

export class Head {
  readonly memory: EngineMemory;
  /** Series, labels and postings. */
  readonly store: SeriesStore;
  readonly exemplars: ExemplarRing;
  readonly metadata: MetadataTable;
  readonly #options: HeadOptions;
  readonly #windows: Windows;
  readonly #chunks: OpenChunks;
  readonly #search: ChunkSearch;
  readonly #admission: Admission;
  readonly #publisher: Publisher;
  readonly #forgetting: Forgetting;
  readonly #cutting: Cutting;
  /** The symbol `__name__`. */
  readonly nameSymbol: number;

  constructor(memory: EngineMemory, options: HeadOptions) {
    this.memory = memory;
    this.#options = options;
    this.store = new SeriesStore(memory);
    const { records } = this.store;
    this.#windows = new Windows(options.windowMs);
    this.#chunks = new OpenChunks(memory, records);
    this.#publisher = new Publisher(memory, records, this.#chunks, this.#windows);
    this.#search = new ChunkSearch(memory, records);
    this.#admission = new Admission({
      records,
      search: this.#search,
      outOfOrderWindowMs: options.outOfOrderWindowMs,
    });
    const { timers, seriesPerSlice } = options;
    const { store } = this;
    const parts = { memory, store, open: this.#chunks, admission: this.#admission };
    const isNeeded = (slot: number): boolean => this.exemplars.isNeeded(slot);
    this.#forgetting = new Forgetting({ ...parts, isNeeded, timers, seriesPerSlice });
    this.#cutting = new Cutting({
      ...{ memory, store, options },
      chunks: this.#chunks,
      admission: this.#admission,
      windows: this.#windows,
      publisher: this.#publisher,
      forgetting: this.#forgetting,
    });
    const name = new TextEncoder().encode('__name__');
    this.nameSymbol = memory.symbols.intern(name, 0, name.length);
    memory.symbols.hold(this.nameSymbol);
    this.exemplars = new ExemplarRing(memory.symbols, options.maxExemplars, (slot) =>
      store.walRef(slot),
    );
    this.metadata = new MetadataTable({
      symbols: memory.symbols,
      limit: options.maxMetadata,
      nameOf: (slot) => store.valueOf(slot, this.nameSymbol),
      walRef: (slot) => store.walRef(slot),
    });
  }

  // ── Series ──────────────────────────────────────────────────────────────────────────────────

  /**
   * The slot of a series, or NO_SERIES. `ids` holds `count` symbol ids: name, value, … by name
   * bytes, no empty values, no name twice.
   */
  findSeries(ids: Uint32Array, count: number): number {
    return this.store.find(ids, count);
  }

  /** A new, pending series with these labels, which is not there yet; NO_SERIES over maxSeries. */
  createSeries(ids: Uint32Array, count: number): number {
    if (this.store.count >= this.#options.maxSeries) return NO_SERIES;
    const slot = this.store.create(ids, count, { flags: NEW, walRef: 0 });
    this.#admission.current.newSlots.push(slot);
    return slot;
  }

  /** The slot for a series record of the WAL: a series that needs no logging. */
  replaySeries(walRef: number, ids: Uint32Array, count: number): number {
    const known = this.store.find(ids, count);
    if (known === NO_SERIES) return this.store.create(ids, count, { flags: 0, walRef });
    this.store.renewWalRef(known, walRef);
    return known;
  }

  /** References given from now on are above this one (which the WAL or a checkpoint knows). */
  reserveWalRefs(walRef: number): void {
    this.store.reserveWalRefs(walRef);
  }

  /**
   * Ends the replay: from now on the out-of-order window counts.
   *
   * @param live.newestTimeMs the newest sample of the stream's blocks, -Infinity without one
   * @param live.latestMs what is newer, in log or blocks, does not make other samples too old
   */
  beginLive(live: {
    readonly newestTimeMs: number;
    readonly latestMs: number;
    readonly outOfOrderWindowMs: number;
  }): void {
    const newestMs = Math.max(live.newestTimeMs, this.#publisher.newestTimeMs);
    this.#publisher.newestTimeMs = Math.min(newestMs, live.latestMs);
    this.#admission.setWindow(live.outOfOrderWindowMs, this.#publisher.newestTimeMs);
  }

  /**
   * May the log drop the series record with this reference? For checkpoints, after a cut: as of the
   * last walk over all series (`closeSnapshot`, `removeEmptySeries`), later ones are live.
   */
  isLiveRef(walRef: number): boolean {
    return this.#forgetting.liveRefs?.has(walRef) ?? true;
  }

  walRef(slot: number): number {
    return this.store.walRef(slot);
  }

  isLive(slot: number, walRef: number): boolean {
    return this.store.isLive(slot, walRef);
  }

  labelIds(slot: number, into: U32Column): void {
    this.store.labelIds(slot, into);
  }

  get seriesCount(): number {
    return this.store.count;
  }

  /** Series made since the start; those that are no more among them. */
  get createdCount(): number {
    return this.store.createdCount;
  }

  /** All slots are below this; see `isUsedSlot`. */
  get slotLimit(): number {
    return this.store.records.highWater;
  }

  isUsedSlot(slot: number): boolean {
    return this.store.isUsed(slot);
  }

  // ── Deciding ────────────────────────────────────────────────────────────────────────────────

  /** Decides about a float; when ADMITTED it is pending. `low` and `high`: halves of its bits. */
  admitFloat(slot: number, timeMs: number, low: number, high: number): Verdict {
    return this.#admission.admitFloat(slot, timeMs, low, high);
  }

  /** Decides about a histogram, which the caller has validated; when ADMITTED a copy is pending. */
  admitHistogram(slot: number, timeMs: number, value: HistogramValue): Verdict {
    return this.#admission.admitHistogram(slot, timeMs, value);
  }

  /** Decides about an exemplar of a series; its labels are the first `count` ids of `labels`. */
  admitExemplar(
    slot: number,
    timeMs: number,
    low: number,
    high: number,
    labels: Uint32Array,
    count: number,
  ): Verdict {
    const exemplar = { slot, timeMs, low, high, labels: labels.subarray(0, count) };
    return this.exemplars.admit(this.#admission.current, exemplar);
  }

  /** True when this is news about the metric of that series; then it is pending. */
  admitMetadata(slot: number, type: number, unit: number, help: number): boolean {
    return this.metadata.admit(this.#admission.current, slot, { type, unit, help });
  }

  /** Time of the newest admitted sample of the series that came in order; -Infinity: none. */
  newestInOrderMs(slot: number): number {
    const { records } = this.store;
    return records.view(slot).getFloat64(records.offset(slot) + ADMITTED_TIME, true);
  }

  /** Adds to `found` the index of each of `times` (they ascend) that a published sample has. */
  markTimes(slot: number, times: F64Column, found: BitSet): void {
    this.#search.markTimes(slot, times, found);
  }

  /** Some series of the metric with that name (a symbol id), or NO_SERIES. */
  slotOfMetric(name: number): number {
    return this.store.postings.anySlot(this.nameSymbol, name);
  }

  // ── A commit round ──────────────────────────────────────────────────────────────────────────

  get hasPending(): boolean {
    return this.#admission.hasPending;
  }

  /** Seals what was admitted since the last take: to be logged, synced, then published. */
  takeBatch(): PendingBatch {
    return this.#admission.take();
  }

  /**
   * After its sync: the oldest batch that was taken becomes chunks. It is used again after that.
   */
  publish(batch: PendingBatch, nowMs = this.#options.clock.nowMs()): void {
    assert(this.#admission.chain.taken.at(0) === batch, 'batches are published in order');
    this.#publisher.publish(batch, nowMs);
    this.exemplars.publish(batch);
    this.metadata.publish(batch);
    this.#admission.retire(batch);
  }

  /** After a failed sync: whatever is not published has never been. */
  takeBackAll(): void {
    const admission = this.#admission;
    const batches = admission.unpublished();
    admission.restoreAll(this.#publisher.newestTimeMs);
    for (const batch of batches.reverse()) {
      this.exemplars.takeBack(batch);
      this.metadata.takeBack(batch);
      for (let i = batch.newSlots.length - 1; i >= 0; i--)
        this.store.uncreate(batch.newSlots.at(i));
    }
    admission.dropAll();
  }

  // ── Cutting ─────────────────────────────────────────────────────────────────────────────────

  /** Newest admitted sample of the stream, -Infinity without one. */
  get newestTimeMs(): number {
    return this.#admission.newestTimeMs;
  }

  /** Newest published sample: what planCuts goes by. */
  get newestPublishedTimeMs(): number {
    return this.#publisher.newestTimeMs;
  }

  /** What planCuts decides by. */
  get windows(): readonly WindowState[] {
    return this.#windows.all;
  }

  /** Is a cut under way? Then no other can be opened. */
  get isCutting(): boolean {
    return this.#cutting.isOpen;
  }

  /** For a start on existing blocks: these windows have been cut up to there. */
  restoreFrontiers(
    frontiers: readonly { readonly windowStartMs: number; readonly frontierMs: number }[],
  ): void {
    for (const { windowStartMs, frontierMs } of frontiers)
      this.restoreFrontier(windowStartMs, frontierMs);
  }

  /** For a start on existing blocks: the window of `windowStartMs` has been cut up to there. */
  restoreFrontier(windowStartMs: number, frontierMs: number): void {
    const window = this.#windows.of(windowStartMs);
    assert(window.isEmpty, 'frontiers are restored before samples come');
    window.frontierMs = Math.min(window.endMs, Math.max(window.frontierMs, frontierMs));
  }

  /**
   * Takes the samples of a range for a block: all that are published at the moment of the call, and
   * none that is published later. So the WAL position that goes with it is the one up to which
   * batches are published now (what `sync` said for the last of them), not the log's end.
   * The block's range is `snapshot.range`, which may have become longer than what was planned.
   */
  openSnapshot(planned: Pick<CutRange, 'kind' | 'windowStartMs'>): Promise<CutSnapshot> {
    return this.#cutting.open(planned);
  }

  /**
   * The block is stored (verified, in place): forgets its chunks and the series that have nothing
   * left. Or it is not: everything stays, and the same range is due again.
   */
  closeSnapshot(id: number, end: { readonly stored: boolean }): Promise<void> {
    return this.#cutting.close(id, end);
  }

  /** Removes series without any sample (after a replay; a cut does it itself). Returns how many. */
  removeEmptySeries(): Promise<number> {
    return this.#forgetting.removeEmptySeries();
  }

  // ── Reading ─────────────────────────────────────────────────────────────────────────────────

  /** The postings, for finding the series of a read. */
  get postingsSource(): HeadPostings {
    return new HeadPostings(this.memory, this.store);
  }

  /**
   * The published chunks of these series that reach into the range; neither ingest nor a cut
   * notices. To be called within an epoch that was opened before the slots were found, and holds
   * until the last reader is gone.
   */
  async collectRead(slots: Uint32Array, range: TimeRange): Promise<ReadSnapshot> {
    const collector = new ReadCollector(this.memory, this.store.records, range);
    let visited = 0;
    for (const slot of slots) {
      collector.visit(slot);
      if (++visited % this.#options.seriesPerSlice === 0) await this.#options.timers.yieldNow();
    }
    return collector.snapshot();
  }

  /**
   * Gives all memory back that the head has of its engine's, and throws `thrown` on: why it could
   * not be filled and is not going to be used. No cut may be under way.
   */
  async giveUp(thrown: unknown): Promise<never> {
    assert(!this.#cutting.isOpen, 'a head is given up between cuts');
    this.takeBackAll();
    this.exemplars.clear();
    this.metadata.clear();
    this.#forgetting.releaseAllChunks();
    await this.removeEmptySeries();
    this.memory.symbols.release(this.nameSymbol);
    this.memory.symbols.sweep();
    this.store.records.abandon();
    throw thrown;
  }

  // ── Figures ─────────────────────────────────────────────────────────────────────────────────

  /** First and last time of the windows that have samples; infinite without one. */
  get timeRange(): { readonly minTimeMs: number; readonly maxTimeMs: number } {
    const filled = this.#windows.all.filter((window) => !window.isEmpty);
    return {
      minTimeMs: Math.min(...filled.map((window) => window.minTimeMs)),
      maxTimeMs: Math.max(...filled.map((window) => window.maxTimeMs)),
    };
  }

  get chunkCount(): number {
    return this.#chunks.count;
  }

  /** Samples published since the start, and how many of them were late. */
  get sampleCount(): number {
    return this.#publisher.sampleCount;
  }

  get lateSampleCount(): number {
    return this.#publisher.lateSampleCount;
  }

  /** Bytes that only this head has; the rest is in EngineMemory. */
  get sizeBytes(): number {
    return this.store.records.sizeBytes + this.store.indexBytes;
  }
}
