// The series of an index on its way, one after the other, with everything checked that a merge
// relies on: each entry's checksum, the order of series, labels and chunks, the block's range. The
// labels are given as numbers of a symbol table that several indexes share.

import { U32Column } from '../../base/bytes/columns.ts';
import { compareColumns, firstNonZero } from '../../base/bytes/compare-ranges.ts';
import { type DamageKind, DamagePlace, damageOf } from '../damage.ts';
import { SeriesEntry } from '../index/series-entry.ts';
import { SeriesReader } from '../index/series-reader.ts';
import type { ByteFeed, Step } from './byte-feed.ts';

/** What the reader of an entry's length looks at. */
const LENGTH_BYTES_MAX = 10;

/** Where the series lie, and what they must keep to. */
export interface SeriesBounds {
  readonly start: number;
  readonly end: number;
  /** The block's range: at or after the first, before the second. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** A cursor; see the head of the file. */
export class SeriesFeed {
  readonly entry = new SeriesEntry();
  /** Name, value, name, value … of the current series: numbers in the shared table. */
  labels = new U32Column(32);
  /** Series met so far, and their chunks. */
  count = 0;
  chunks = 0;
  readonly #feed: ByteFeed;
  readonly #bounds: SeriesBounds;
  readonly #reader: SeriesReader;
  readonly #numbers: U32Column;
  /** The number of the empty symbol, which is the first when it is there. */
  readonly #emptyNumber: number;
  #last = new U32Column(32);
  #position: number;
  #wantedStart = 0;
  #wantedBytes = 0;

  /**
   * @param numbers by symbol of this index: number in the shared table
   * @param emptyNumber of the empty symbol there; -1 when there is none
   */
  constructor(
    feed: ByteFeed,
    bounds: SeriesBounds,
    { numbers, emptyNumber }: { readonly numbers: U32Column; readonly emptyNumber: number },
  ) {
    this.#feed = feed;
    this.#bounds = bounds;
    this.#numbers = numbers;
    this.#emptyNumber = emptyNumber;
    this.#reader = new SeriesReader(feed, bounds, numbers.length);
    this.#position = bounds.start;
  }

  /** Where the current series stands in the file. */
  get offset(): number {
    return this.entry.ref * 16;
  }

  /** Steps to the next series, if its bytes are at hand. */
  step(): Step {
    const { end } = this.#bounds;
    const offset = this.#reader.aligned(this.#position);
    if (offset >= end) return 'end';
    if (!this.#isAtHand(this.#position, offset - this.#position + headBytes(end - offset)))
      return 'wait';
    this.#checkPadding(offset);
    const entryEnd = this.#reader.endOf(offset);
    if (!this.#isAtHand(offset, entryEnd - offset)) return 'wait';
    this.#reader.readFound(offset, entryEnd, this.entry);
    this.#position = entryEnd;
    this.count++;
    this.chunks += this.entry.chunkCount;
    this.#takeLabels(offset);
    this.#checkTimes(offset);
    return 'ready';
  }

  /** Brings what `step` waits for. */
  bring(): Promise<void> {
    return this.#feed.bring(this.#wantedStart, this.#wantedBytes);
  }

  #isAtHand(start: number, bytes: number): boolean {
    if (this.#feed.has(start, bytes)) return true;
    this.#wantedStart = start;
    this.#wantedBytes = bytes;
    return false;
  }

  #checkPadding(offset: number): void {
    const count = offset - this.#position;
    if (count === 0) return;
    const at = this.#feed.load(this.#position, count);
    const bad = firstNonZero(this.#feed.loaded, at, at + count);
    if (bad >= 0) throw this.#fault('format', this.#position + bad - at, 'padding is not zero');
  }

  /** Names rise, no name and no value is empty, and the series is above the one before. */
  #takeLabels(offset: number): void {
    const own = this.entry.labels;
    const labels = this.#last;
    this.#last = this.labels;
    this.labels = labels;
    labels.lookUp(own, this.#numbers);
    if (own.length === 0) throw this.#fault('format', offset, 'a series without labels');
    let lastName = -1;
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels.at(i);
      if (name === this.#emptyNumber) throw this.#fault('format', offset, 'a label without a name');
      if (labels.at(i + 1) === this.#emptyNumber)
        throw this.#fault('format', offset, 'a label with an empty value');
      if (name <= lastName)
        throw this.#fault('order', offset, 'the labels of a series are not in order');
      lastName = name;
    }
    if (this.count > 1 && compareColumns(labels, this.#last) <= 0)
      throw this.#fault('order', offset, 'the series are not in order, or one comes twice');
  }

  #checkTimes(offset: number): void {
    const { entry } = this;
    const { minTimeMs, maxTimeMs } = this.#bounds;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < entry.chunkCount; i++) {
      const firstMs = entry.chunkMinTimes.at(i);
      const endMs = entry.chunkMaxTimes.at(i);
      if (endMs < firstMs)
        throw this.#fault('order', offset, `chunk ${i} ends at ${endMs}, before it begins`);
      if (firstMs <= lastMs) {
        const kind = i > 0 && firstMs < entry.chunkMinTimes.at(i - 1) ? 'order' : 'overlap';
        throw this.#fault(kind, offset, `chunk ${i} begins at ${firstMs}, within the last one`);
      }
      if (firstMs < minTimeMs || endMs >= maxTimeMs) {
        const what = `chunk ${i}, ${firstMs} to ${endMs}, is outside of the block's range`;
        throw this.#fault('range', offset, what);
      }
      lastMs = endMs;
    }
  }

  #fault(kind: DamageKind, offset: number, what: string): Error {
    return damageOf(new DamagePlace({ file: this.#feed.name, offset }, what, kind));
  }
}

function headBytes(left: number): number {
  return Math.min(left, LENGTH_BYTES_MAX);
}
