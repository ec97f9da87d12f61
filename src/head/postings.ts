// Postings of one stream: which series carry a label, and which values a name has.
// Records and blocks are drawn in pair-record.ts.
//
// A pair that one series carries (an id, a pod) costs its record and nothing else: the slot stands
// in it. Longer lists are chains of blocks that grow with the list, so nothing is ever copied.
// Slots stand in the order they came; `slotsOf` sorts when slots were used again in between.

import { U32Column } from '../base/bytes/columns.ts';
import { HashIndex, NO_ENTRY } from '../base/bytes/hash-index.ts';
import { NO_RECORD } from '../base/bytes/paged-records.ts';
import { keyOfPair, RecentIds } from '../base/bytes/recent-ids.ts';
import { NO_SYMBOL } from '../base/bytes/symbol-table.ts';
import { assert } from '../base/errors/assert.ts';
import type { EngineMemory } from './engine-memory.ts';
import {
  BLOCK_OLDER,
  BLOCK_ROOM,
  BLOCK_SLOTS,
  BLOCK_USED,
  PAIR_COUNT,
  PAIR_LIST,
  PAIR_NAME,
  PAIR_NEXT,
  PAIR_PREVIOUS,
  PAIR_VALUE,
} from './pair-record.ts';

const BLOCK_BYTES_MIN = 32;
const BLOCK_BYTES_MAX = 4096;

export class Postings {
  readonly #memory: EngineMemory;
  /** Hash of (name, value) → pair; of (name, NO_SYMBOL) → record of the name. */
  readonly #index = new HashIndex();
  readonly #recent = new RecentIds();
  #firstName = NO_RECORD;
  #nameCount = 0;

  constructor(memory: EngineMemory) {
    this.#memory = memory;
  }

  get nameCount(): number {
    return this.#nameCount;
  }

  /** Distinct (name, value) pairs. */
  get pairCount(): number {
    return this.#index.count - this.#nameCount;
  }

  get indexBytes(): number {
    return this.#index.sizeBytes;
  }

  /** The record of a pair (value NO_SYMBOL: of a name), or NO_RECORD. */
  find(name: number, value: number): number {
    const key = keyOfPair(name, value);
    const guess = this.#recent.guess(key);
    if (guess >= 0 && this.#isThis(guess, name, value)) return guess;
    let pair = this.#index.first(this.#memory.hash.pair(name, value));
    while (pair !== NO_ENTRY && !this.#isThis(pair, name, value)) pair = this.#index.next();
    if (pair !== NO_ENTRY) this.#recent.put(key, pair);
    return pair;
  }

  /** Adds a series to the list of a pair, which is made if need be; returns the pair. */
  add(name: number, value: number, slot: number): number {
    const pair = this.find(name, value);
    if (pair === NO_RECORD) return this.#addPair(name, value, slot);
    const view = this.#memory.pairs.view(pair);
    const at = this.#memory.pairs.offset(pair);
    const count = view.getUint32(at + PAIR_COUNT, true);
    const list = view.getUint32(at + PAIR_LIST, true);
    view.setUint32(at + PAIR_COUNT, count + 1, true);
    if (count === 1) {
      const block = this.#openBlock(0, BLOCK_BYTES_MIN);
      this.#push(block, list);
      this.#push(block, slot);
      view.setUint32(at + PAIR_LIST, block, true);
    } else if (!this.#push(list, slot)) {
      // Half as much again: a sixth of the list is unused on average.
      const block = this.#openBlock(list, Math.min(BLOCK_BYTES_MAX, count * 2 + BLOCK_SLOTS));
      this.#push(block, slot);
      view.setUint32(at + PAIR_LIST, block, true);
    }
    return pair;
  }

  /** Takes a series off the list of a pair; it must be the last one that was added. */
  pop(pair: number, slot: number): void {
    const view = this.#memory.pairs.view(pair);
    const at = this.#memory.pairs.offset(pair);
    const count = view.getUint32(at + PAIR_COUNT, true);
    const list = view.getUint32(at + PAIR_LIST, true);
    if (count === 1) {
      assert(list === slot, 'series are popped off postings in reverse order');
      this.removePair(pair);
      return;
    }
    const arena = this.#memory.arena;
    const block = arena.view(list);
    const base = arena.offset(list);
    const used = block.getUint16(base + BLOCK_USED, true) - 1;
    const last = block.getUint32(base + BLOCK_SLOTS + used * 4, true);
    assert(last === slot, 'series are popped off postings in reverse order');
    block.setUint16(base + BLOCK_USED, used, true);
    view.setUint32(at + PAIR_COUNT, count - 1, true);
    if (used === 0) {
      view.setUint32(at + PAIR_LIST, block.getUint32(base + BLOCK_OLDER, true), true);
      arena.free(list);
    }
    if (count === 2) this.inlineLast(pair);
  }

  /** After removals left one series: puts its slot into the record and frees the block. */
  inlineLast(pair: number): void {
    const view = this.#memory.pairs.view(pair);
    const at = this.#memory.pairs.offset(pair) + PAIR_LIST;
    const list = view.getUint32(at, true);
    const arena = this.#memory.arena;
    const slot = arena.view(list).getUint32(arena.offset(list) + BLOCK_SLOTS, true);
    view.setUint32(at, slot, true);
    arena.free(list);
  }

  /** Forgets a pair whose list is empty or inline; the name too when it was its last one. */
  removePair(pair: number): void {
    const { pairs, symbols } = this.#memory;
    const view = pairs.view(pair);
    const at = pairs.offset(pair);
    const name = view.getUint32(at + PAIR_NAME, true);
    const value = view.getUint32(at + PAIR_VALUE, true);
    const head = this.find(name, NO_SYMBOL);
    // Only now: `find` remembers the name, which may go too.
    this.#recent.forget();
    const headView = pairs.view(head);
    const headAt = pairs.offset(head);
    const first = headView.getUint32(headAt + PAIR_LIST, true);
    headView.setUint32(headAt + PAIR_LIST, this.#unlink(pair, first), true);
    this.#index.remove(this.#memory.hash.pair(name, value), pair);
    pairs.free(pair);
    symbols.release(value);
    const values = headView.getUint32(headAt + PAIR_COUNT, true) - 1;
    headView.setUint32(headAt + PAIR_COUNT, values, true);
    if (values > 0) return;
    this.#firstName = this.#unlink(head, this.#firstName);
    this.#index.remove(this.#memory.hash.pair(name, NO_SYMBOL), head);
    this.#nameCount--;
    pairs.free(head);
    symbols.release(name);
  }

  /** The series of a pair, sorted by slot; a copy. */
  slotsOf(pair: number): Uint32Array {
    const view = this.#memory.pairs.view(pair);
    const at = this.#memory.pairs.offset(pair);
    const count = view.getUint32(at + PAIR_COUNT, true);
    const slots = new U32Column(Math.max(1, count));
    if (count === 1) slots.push(view.getUint32(at + PAIR_LIST, true));
    else this.#collect(view.getUint32(at + PAIR_LIST, true), slots);
    return slots.view().sort();
  }

  /** Some series that carries a pair, or NO_RECORD. */
  anySlot(name: number, value: number): number {
    const pair = this.find(name, value);
    if (pair === NO_RECORD) return NO_RECORD;
    const view = this.#memory.pairs.view(pair);
    const at = this.#memory.pairs.offset(pair);
    const list = view.getUint32(at + PAIR_LIST, true);
    if (view.getUint32(at + PAIR_COUNT, true) === 1) return list;
    const { arena } = this.#memory;
    return arena.view(list).getUint32(arena.offset(list) + BLOCK_SLOTS, true);
  }

  /** The records of all names. */
  *names(): Generator<number> {
    yield* this.#list(this.#firstName);
  }

  /** The pairs of a name, given its record. */
  *pairsOf(nameRecord: number): Generator<number> {
    const { pairs } = this.#memory;
    const first = pairs.view(nameRecord).getUint32(pairs.offset(nameRecord) + PAIR_LIST, true);
    yield* this.#list(first);
  }

  /** Appends the symbol ids of a pair. */
  idsOf(pair: number, into: U32Column): void {
    const view = this.#memory.pairs.view(pair);
    const at = this.#memory.pairs.offset(pair);
    into.push(view.getUint32(at + PAIR_NAME, true));
    into.push(view.getUint32(at + PAIR_VALUE, true));
  }

  #isThis(pair: number, name: number, value: number): boolean {
    const { pairs } = this.#memory;
    const view = pairs.view(pair);
    const at = pairs.offset(pair);
    return (
      view.getUint32(at + PAIR_VALUE, true) === value &&
      view.getUint32(at + PAIR_NAME, true) === name
    );
  }

  /** Appends the slots of a chain of blocks, oldest first. */
  #collect(newest: number, into: U32Column): void {
    const { arena } = this.#memory;
    const blocks: number[] = [];
    for (let block = newest; block !== 0; ) {
      blocks.push(block);
      block = arena.view(block).getUint32(arena.offset(block) + BLOCK_OLDER, true);
    }
    for (const block of blocks.reverse()) {
      const view = arena.view(block);
      const base = arena.offset(block);
      const used = view.getUint16(base + BLOCK_USED, true);
      for (let i = 0; i < used; i++) into.push(view.getUint32(base + BLOCK_SLOTS + i * 4, true));
    }
  }

  *#list(first: number): Generator<number> {
    const { pairs } = this.#memory;
    for (let pair = first; pair !== NO_RECORD; ) {
      const next = pairs.view(pair).getUint32(pairs.offset(pair) + PAIR_NEXT, true);
      yield pair;
      pair = next;
    }
  }

  #addPair(name: number, value: number, slot: number): number {
    let head = this.find(name, NO_SYMBOL);
    if (head === NO_RECORD) {
      head = this.#addRecord(name, NO_SYMBOL, this.#firstName);
      this.#firstName = head;
      this.#nameCount++;
      this.#memory.symbols.hold(name);
      this.#memory.pairs
        .view(head)
        .setUint32(this.#memory.pairs.offset(head) + PAIR_LIST, NO_RECORD, true);
    }
    const headView = this.#memory.pairs.view(head);
    const headAt = this.#memory.pairs.offset(head);
    const pair = this.#addRecord(name, value, headView.getUint32(headAt + PAIR_LIST, true));
    this.#memory.symbols.hold(value);
    headView.setUint32(headAt + PAIR_LIST, pair, true);
    headView.setUint32(
      headAt + PAIR_COUNT,
      headView.getUint32(headAt + PAIR_COUNT, true) + 1,
      true,
    );
    const view = this.#memory.pairs.view(pair);
    const at = this.#memory.pairs.offset(pair);
    view.setUint32(at + PAIR_COUNT, 1, true);
    view.setUint32(at + PAIR_LIST, slot, true);
    return pair;
  }

  #addRecord(name: number, value: number, next: number): number {
    const { pairs } = this.#memory;
    const record = pairs.allocate();
    const view = pairs.view(record);
    const at = pairs.offset(record);
    view.setUint32(at + PAIR_NAME, name, true);
    view.setUint32(at + PAIR_VALUE, value, true);
    view.setUint32(at + PAIR_NEXT, next, true);
    view.setUint32(at + PAIR_PREVIOUS, NO_RECORD, true);
    if (next !== NO_RECORD)
      pairs.view(next).setUint32(pairs.offset(next) + PAIR_PREVIOUS, record, true);
    this.#index.add(this.#memory.hash.pair(name, value), record);
    return record;
  }

  /** Takes a record out of the list that begins with `first`; returns the first one then. */
  #unlink(record: number, first: number): number {
    const { pairs } = this.#memory;
    const view = pairs.view(record);
    const at = pairs.offset(record);
    const next = view.getUint32(at + PAIR_NEXT, true);
    const previous = view.getUint32(at + PAIR_PREVIOUS, true);
    if (next !== NO_RECORD)
      pairs.view(next).setUint32(pairs.offset(next) + PAIR_PREVIOUS, previous, true);
    if (previous === NO_RECORD) return next;
    pairs.view(previous).setUint32(pairs.offset(previous) + PAIR_NEXT, next, true);
    return first;
  }

  #openBlock(older: number, sizeBytes: number): number {
    const { arena } = this.#memory;
    const block = arena.allocate(Math.max(sizeBytes, BLOCK_BYTES_MIN));
    const view = arena.view(block);
    const base = arena.offset(block);
    view.setUint32(base + BLOCK_OLDER, older, true);
    view.setUint16(base + BLOCK_ROOM, (arena.capacity(block) - BLOCK_SLOTS) >>> 2, true);
    return block;
  }

  /** False when the block is full. */
  #push(block: number, slot: number): boolean {
    const { arena } = this.#memory;
    const view = arena.view(block);
    const base = arena.offset(block);
    const used = view.getUint16(base + BLOCK_USED, true);
    if (used === view.getUint16(base + BLOCK_ROOM, true)) return false;
    view.setUint32(base + BLOCK_SLOTS + used * 4, slot, true);
    view.setUint16(base + BLOCK_USED, used + 1, true);
    return true;
  }
}
