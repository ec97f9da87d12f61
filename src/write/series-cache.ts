// From the bytes in which a series' labels arrive to its place: stream, slot and WAL reference.
//
// A sender repeats the bytes of a series' labels and the order of its series. So the first guess is
// "the series that followed this one last time", and one comparison of bytes proves it; else a hash
// of the bytes. The key is what arrived (1.0: the label fields; 2.0: the symbol ids), the identity
// stays the canonical label set: several keys may lead to one series.
//
// Bounded in bytes. A full cache takes nothing new; when it has long been of little use, it is
// emptied and begins again. (Forgetting the oldest would be of no use at all to a sender whose
// series are a few more than fit: each would be forgotten just before it comes again.)
// Invariant: an entry says where the series was; only the head can say that it still is there.

import { Epochs } from '../base/bytes/epochs.ts';
import { HashIndex, NO_ENTRY } from '../base/bytes/hash-index.ts';
import type { Hash32 } from '../base/bytes/hash32.ts';
import { PagedRecords } from '../base/bytes/paged-records.ts';
import { KeyPages } from './key-pages.ts';

/** No such entry. */
export const NOT_CACHED = 0xffffffff;

/** Memory for all entries of an engine, unless configured. */
export const SERIES_CACHE_BYTES_MAX = 256 * 1024 * 1024;

/** Longer keys (and those that KeyPages cannot hold) are not kept; their labels are parsed. */
const KEY_BYTES_MAX = 16 * 1024;
/** A full cache is emptied after this many misses per entry without being of more use than that. */
const MISSES_PER_ENTRY = 4;

// Fields of an entry, in bytes.
const KEY_ADDRESS = 0;
const KEY_LENGTH = 4;
const OWNER = 8;
const STREAM = 12;
const SLOT = 16;
const WAL_REF_LOW = 20;
const WAL_REF_HIGH = 24;
/** The entry that followed this one last time, plus 1. */
const NEXT = 28;
const SHAPE = { recordBytes: 32, pageBits: 12 };

const TWO_32 = 0x1_0000_0000;

export class SeriesCache {
  readonly #hash: Hash32;
  readonly #bytesMax: number;
  #entries = new PagedRecords(SHAPE, new Epochs());
  #index = new HashIndex();
  #keys = new KeyPages();
  #previous = NOT_CACHED;
  #missedHash = 0;
  #missesWhileFull = 0;
  /** Since the start, for metrics. */
  readonly counts = { guessed: 0, hashed: 0, missed: 0, emptied: 0 };

  constructor(hash: Hash32, bytesMax: number = SERIES_CACHE_BYTES_MAX) {
    this.#hash = hash;
    this.#bytesMax = bytesMax;
  }

  /** Entries, and bytes of everything. */
  get stats(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries.count, bytes: this.#sizeBytes };
  }

  get #sizeBytes(): number {
    return this.#entries.sizeBytes + this.#index.sizeBytes + this.#keys.sizeBytes;
  }

  /** A request begins: what comes next follows nothing. */
  begin(): void {
    this.#previous = NOT_CACHED;
  }

  /**
   * The entry with this key, or NOT_CACHED.
   * @param owner whose key it is (tenant and version): the same bytes of another owner differ
   */
  find(owner: number, view: DataView, start: number, length: number): number {
    const guess = this.guess(owner);
    if (guess !== NOT_CACHED && this.keyLength(guess) === length) {
      if (this.hasKey(guess, view, start, length)) return this.accept(guess);
    }
    return this.findOrMiss(owner, view, start, length);
  }

  /**
   * The entry that followed the last one, when its key is of this owner; the caller proves it by
   * its key and says `accept`, or asks for the key.
   */
  guess(owner: number): number {
    const previous = this.#previous;
    if (previous === NOT_CACHED) return NOT_CACHED;
    const entries = this.#entries;
    const guess = entries.view(previous).getInt32(entries.offset(previous) + NEXT, true) - 1;
    return guess >= 0 && this.#owner(guess) === owner ? guess : NOT_CACHED;
  }

  /** The guess was right. */
  accept(guess: number): number {
    this.counts.guessed++;
    this.#previous = guess;
    return guess;
  }

  /** The entry that was found before and is the next one now. */
  resume(entry: number): number {
    this.#previous = entry;
    return entry;
  }

  keyLength(entry: number): number {
    return this.#entries.view(entry).getUint32(this.#entries.offset(entry) + KEY_LENGTH, true);
  }

  /** Does a key of this length have these bytes? */
  hasKey(entry: number, view: DataView, start: number, length: number): boolean {
    return this.#keys.equals(this.#keyAddress(entry), view, start, length);
  }

  /** The page in which the key of an entry of `addWhole` lies. */
  keyView(entry: number): DataView {
    return this.#keys.view(this.#keyAddress(entry));
  }

  /** Where in that page it begins. */
  keyOffset(entry: number): number {
    return KeyPages.offset(this.#keyAddress(entry));
  }

  stream(entry: number): number {
    return this.#entries.view(entry).getUint32(this.#entries.offset(entry) + STREAM, true);
  }

  slot(entry: number): number {
    return this.#entries.view(entry).getUint32(this.#entries.offset(entry) + SLOT, true);
  }

  walRef(entry: number): number {
    const view = this.#entries.view(entry);
    const at = this.#entries.offset(entry);
    return (
      view.getUint32(at + WAL_REF_HIGH, true) * TWO_32 + view.getUint32(at + WAL_REF_LOW, true)
    );
  }

  /** The series of a known key has moved: to another slot, or to another life. */
  place(entry: number, stream: number, slot: number, walRef: number): void {
    const view = this.#entries.view(entry);
    const at = this.#entries.offset(entry);
    view.setUint32(at + STREAM, stream, true);
    view.setUint32(at + SLOT, slot, true);
    view.setUint32(at + WAL_REF_LOW, walRef % TWO_32, true);
    view.setUint32(at + WAL_REF_HIGH, Math.floor(walRef / TWO_32), true);
  }

  /**
   * A new entry, to be placed by the caller, for the key that the last `find` did not find; or
   * NOT_CACHED when there is no room.
   */
  add(owner: number, view: DataView, start: number, length: number): number {
    return this.#add(owner, view, start, length, false);
  }

  /** The same for a key that will be read in place (`keyView`). */
  addWhole(owner: number, view: DataView, start: number, length: number): number {
    return this.#add(owner, view, start, length, true);
  }

  #add(owner: number, view: DataView, start: number, length: number, isWhole: boolean): number {
    const isKey = length <= KEY_BYTES_MAX && KeyPages.canHold(view, start, length);
    if (!isKey || !this.#hasRoom()) {
      this.#previous = NOT_CACHED;
      return NOT_CACHED;
    }
    const entries = this.#entries;
    const entry = entries.allocate();
    const record = entries.view(entry);
    const at = entries.offset(entry);
    const address = isWhole
      ? this.#keys.addWhole(view, start, length)
      : this.#keys.add(view, start, length);
    record.setUint32(at + KEY_ADDRESS, address, true);
    record.setUint32(at + KEY_LENGTH, length, true);
    record.setUint32(at + OWNER, owner, true);
    this.#index.add(this.#missedHash, entry);
    this.#follow(entry);
    return entry;
  }

  /** Without a guess; when there is no such entry, `add` may follow. */
  findOrMiss(owner: number, view: DataView, start: number, length: number): number {
    const entry = this.findByHash(owner, view, start, length);
    if (entry === NOT_CACHED) this.counts.missed++;
    return entry;
  }

  /** Without a guess, and without counting when there is no such entry. */
  findByHash(owner: number, view: DataView, start: number, length: number): number {
    const hash = this.#hash.bytes(view, start, length);
    let entry = this.#index.first(hash);
    while (entry !== NO_ENTRY) {
      const isOf = this.keyLength(entry) === length && this.#owner(entry) === owner;
      if (isOf && this.hasKey(entry, view, start, length)) break;
      entry = this.#index.next();
    }
    if (entry === NO_ENTRY) {
      this.#missedHash = hash;
      return NOT_CACHED;
    }
    this.counts.hashed++;
    this.#follow(entry);
    return entry;
  }

  /** `entry` came after the previous one. */
  #follow(entry: number): void {
    const previous = this.#previous;
    if (previous !== NOT_CACHED) {
      const at = this.#entries.offset(previous);
      this.#entries.view(previous).setUint32(at + NEXT, entry + 1, true);
    }
    this.#previous = entry;
  }

  #owner(entry: number): number {
    return this.#entries.view(entry).getUint32(this.#entries.offset(entry) + OWNER, true);
  }

  #keyAddress(entry: number): number {
    return this.#entries.view(entry).getUint32(this.#entries.offset(entry) + KEY_ADDRESS, true);
  }

  #hasRoom(): boolean {
    if (this.#sizeBytes < this.#bytesMax) return true;
    if (++this.#missesWhileFull <= this.#entries.count * MISSES_PER_ENTRY) return false;
    this.#entries = new PagedRecords(SHAPE, new Epochs());
    this.#index = new HashIndex();
    this.#keys = new KeyPages();
    this.#previous = NOT_CACHED;
    this.#missesWhileFull = 0;
    this.counts.emptied++;
    return true;
  }
}
