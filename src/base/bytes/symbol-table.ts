// The strings of an engine, each once: label names and values, units, help texts. All streams share
// them, and readers in other threads see their bytes.
//
// A symbol is a record (address, length, hash, holders) and a block of the arena. Whoever keeps an
// id holds it; the last `release` forgets the string, but its id and bytes are used again only
// after the epoch. A new symbol nobody has held yet lives until `sweep`.
// Invariant: two live ids never have the same bytes; block bytes behind the length are zero.

import { assert } from '../errors/assert.ts';
import { U32Column } from './columns.ts';
import type { Epochs } from './epochs.ts';
import { HashIndex, NO_ENTRY } from './hash-index.ts';
import type { Hash32 } from './hash32.ts';
import { PagedRecords } from './paged-records.ts';
import { keyOfBytes, RecentIds } from './recent-ids.ts';
import type { SlabArena } from './slab-arena.ts';

/** What `find` says when there is no such symbol. */
export const NO_SYMBOL = 0xffffffff;
/** The id of the empty string, always there. */
export const EMPTY_SYMBOL = 0;

/** Fields of a symbol record, in bytes. */
export const SYMBOL_ADDRESS = 0;
export const SYMBOL_LENGTH = 4;
const SYMBOL_HASH = 8;
/** Number of holders, and in the top bit: new since the last sweep, which alone may remove it. */
const SYMBOL_HOLDERS = 12;
const FRESH = 0x80000000;
const SHAPE = { recordBytes: 16, pageBits: 12 };

export class SymbolTable {
  readonly records: PagedRecords;
  readonly #arena: SlabArena;
  readonly #hash: Hash32;
  readonly #index = new HashIndex();
  readonly #recent = new RecentIds();
  /** New since the last sweep. */
  readonly #fresh = new U32Column();
  #byteCount = 0;
  // The bytes asked about last, and a view of them: requests are decoded into one reused buffer.
  #asked: Uint8Array = new Uint8Array(0);
  #askedView: DataView = new DataView(new ArrayBuffer(0));

  constructor(arena: SlabArena, epochs: Epochs, hash: Hash32) {
    this.#arena = arena;
    this.#hash = hash;
    this.records = new PagedRecords(SHAPE, epochs);
    const empty = this.records.allocate();
    assert(empty === EMPTY_SYMBOL, 'the empty string is symbol 0');
    this.hold(empty);
  }

  /** Number of symbols without the empty one, and the bytes of their strings. */
  get stats(): { readonly count: number; readonly bytes: number } {
    return { count: this.#index.count, bytes: this.#byteCount };
  }

  get indexBytes(): number {
    return this.#index.sizeBytes;
  }

  /** Bytes of the index and the records; the strings are in the arena. */
  get sizeBytes(): number {
    return this.#index.sizeBytes + this.records.sizeBytes;
  }

  /** The id of `length` bytes from `start` on; a new one, without holders, when there is none. */
  intern(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0) return EMPTY_SYMBOL;
    const view = this.#viewOf(bytes);
    const key = keyOfBytes(view, start, length);
    const guess = this.#recent.guess(key);
    if (guess >= 0 && this.#isThese(guess, view, start, length)) return guess;
    const hash = this.#hash.bytes(view, start, length);
    const id = this.#lookUp(hash, view, start, length);
    // What is met for the second time is likely to be met again; most others are not.
    if (id === NO_SYMBOL) return this.#add(hash, bytes, start, length);
    this.#recent.put(key, id);
    return id;
  }

  /** The id, or NO_SYMBOL. */
  find(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0) return EMPTY_SYMBOL;
    const view = this.#viewOf(bytes);
    return this.#lookUp(this.#hash.bytes(view, start, length), view, start, length);
  }

  /** Is symbol `id` these bytes? */
  equals(id: number, bytes: Uint8Array, start: number, length: number): boolean {
    return this.#isThese(id, this.#viewOf(bytes), start, length);
  }

  /** Order by bytes: below, above or (only for the same id) equal to 0. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const lengthA = this.lengthOf(a);
    const lengthB = this.lengthOf(b);
    const addressA = this.#addressOf(a);
    const addressB = this.#addressOf(b);
    const bytesA = this.#arena.bytes(addressA);
    const bytesB = this.#arena.bytes(addressB);
    const startA = this.#arena.offset(addressA);
    const startB = this.#arena.offset(addressB);
    const shared = Math.min(lengthA, lengthB);
    for (let i = 0; i < shared; i++) {
      const difference = bytesA[startA + i]! - bytesB[startB + i]!;
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** A copy of the symbol's bytes. */
  bytesOf(id: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.lengthOf(id));
    if (copy.length === 0) return copy;
    const address = this.#addressOf(id);
    const start = this.#arena.offset(address);
    copy.set(this.#arena.bytes(address).subarray(start, start + copy.length));
    return copy;
  }

  /** The symbol as text; for status pages and messages. */
  textOf(id: number): string {
    return new TextDecoder().decode(this.bytesOf(id));
  }

  lengthOf(id: number): number {
    return this.records.view(id).getUint32(this.records.offset(id) + SYMBOL_LENGTH, true);
  }

  /** One holder more. */
  hold(id: number): void {
    const view = this.records.view(id);
    const at = this.records.offset(id) + SYMBOL_HOLDERS;
    view.setUint32(at, view.getUint32(at, true) + 1, true);
  }

  /** One holder less; the last one's leaving forgets the symbol. */
  release(id: number): void {
    const view = this.records.view(id);
    const at = this.records.offset(id) + SYMBOL_HOLDERS;
    const holders = view.getUint32(at, true);
    assert(holders !== 0 && holders !== FRESH, 'who releases a symbol holds it');
    view.setUint32(at, holders - 1, true);
    if (holders === 1) this.#remove(id);
  }

  /**
   * Forgets the symbols that were new since the last sweep and that nobody holds. Call it when
   * nobody has an id in hand that was interned but not held.
   */
  sweep(): void {
    for (let i = 0; i < this.#fresh.length; i++) {
      const id = this.#fresh.at(i);
      const view = this.records.view(id);
      const at = this.records.offset(id) + SYMBOL_HOLDERS;
      const holders = view.getUint32(at, true) & ~FRESH;
      view.setUint32(at, holders, true);
      if (holders === 0) this.#remove(id);
    }
    this.#fresh.clear();
  }

  #addressOf(id: number): number {
    return this.records.view(id).getUint32(this.records.offset(id) + SYMBOL_ADDRESS, true);
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#asked) {
      this.#asked = bytes;
      this.#askedView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#askedView;
  }

  #lookUp(hash: number, view: DataView, start: number, length: number): number {
    let id = this.#index.first(hash);
    while (id !== NO_ENTRY && !this.#isThese(id, view, start, length)) id = this.#index.next();
    return id;
  }

  #isThese(id: number, view: DataView, start: number, length: number): boolean {
    const record = this.records.view(id);
    const offset = this.records.offset(id);
    if (record.getUint32(offset + SYMBOL_LENGTH, true) !== length) return false;
    if (length === 0) return true;
    const address = record.getUint32(offset + SYMBOL_ADDRESS, true);
    const block = this.#arena.view(address);
    const base = this.#arena.offset(address);
    const words = length & ~3;
    for (let i = 0; i < words; i += 4)
      if (block.getInt32(base + i, true) !== view.getInt32(start + i, true)) return false;
    for (let i = words; i < length; i++)
      if (block.getUint8(base + i) !== view.getUint8(start + i)) return false;
    return true;
  }

  #add(hash: number, bytes: Uint8Array, start: number, length: number): number {
    const id = this.records.allocate();
    const address = this.#arena.allocate(length);
    this.#copy(address, bytes, start, length);
    const record = this.records.view(id);
    const offset = this.records.offset(id);
    record.setUint32(offset + SYMBOL_ADDRESS, address, true);
    record.setUint32(offset + SYMBOL_LENGTH, length, true);
    record.setUint32(offset + SYMBOL_HASH, hash, true);
    record.setUint32(offset + SYMBOL_HOLDERS, FRESH, true);
    this.#index.add(hash, id);
    this.#fresh.push(id);
    this.#byteCount += length;
    return id;
  }

  #copy(address: number, bytes: Uint8Array, start: number, length: number): void {
    const target = this.#arena.bytes(address);
    const base = this.#arena.offset(address);
    // Most strings are short; a loop is faster than a view and a copy for those.
    if (length > 64) target.set(bytes.subarray(start, start + length), base);
    else for (let i = 0; i < length; i++) target[base + i] = bytes[start + i]!;
  }

  #remove(id: number): void {
    this.#recent.forget();
    const record = this.records.view(id);
    const offset = this.records.offset(id);
    const length = record.getUint32(offset + SYMBOL_LENGTH, true);
    this.#index.remove(record.getUint32(offset + SYMBOL_HASH, true), id);
    this.#arena.free(record.getUint32(offset + SYMBOL_ADDRESS, true));
    this.records.free(id);
    this.#byteCount -= length;
  }
}
