// Blocks of memory that other threads can read: chunk bytes, label lists, symbols, postings.
//
// Slabs are SharedArrayBuffers that never move; the first ones are smaller, so that an idle engine
// is small. A slab is cut into runs of 16 KiB; a run serves one size class, and a run whose blocks
// are all free again can serve another. (Chunks of all series grow through the classes together;
// without that each class would keep its peak.) Bigger blocks are spans of whole runs.
// An address is one u32 in units of 16 bytes: slab number and place in it; 0 is no block.
// Invariant: a block is all zeros when allocated; a freed block is used again only after the epoch.

import { assert } from '../errors/assert.ts';
import { ABSENT_RUN, type ArenaRuns, FREE_RUN, openRuns, SPAN_RUN } from './arena-runs.ts';
import type { Epochs, Limbo } from './epochs.ts';
import { CLASS_BYTES_MAX, classOf, UNIT_BYTES, UNITS_OF_CLASS } from './size-classes.ts';

/** A slab's numbers of units: addresses of slab n are n << SLAB_BITS and up. */
const SLAB_BITS = 18;
const SLAB_MASK = (1 << SLAB_BITS) - 1;
/** Units of a run, and runs of a full slab, as powers of two. */
const RUN_BITS = 10;
const RUN_UNITS = 1 << RUN_BITS;
const RUN_BYTES = RUN_UNITS * UNIT_BYTES;
const SLAB_RUNS = 1 << (SLAB_BITS - RUN_BITS);
const SLAB_COUNT_MAX = 1 << (32 - SLAB_BITS);
/** Runs of the first slabs. */
const FIRST_SLAB_RUNS = [16, 64];
const NO_RUN = -1;

/** Bytes of the biggest block there can be. */
export const BLOCK_BYTES_MAX = RUN_BYTES * SLAB_RUNS;

export class SlabArena {
  readonly #slabs: SharedArrayBuffer[] = [];
  readonly #views: DataView[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #runs: ArenaRuns = openRuns();
  /** Per class: the run to allocate from, head of a list of runs that are not full. */
  readonly #partial = new Int32Array(UNITS_OF_CLASS.length).fill(NO_RUN);
  readonly #epochs: Epochs;
  readonly #limbo: Limbo;
  /** No run below this one is free. */
  #freeHint = 0;
  #usedBytes = 0;

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
    this.#limbo = epochs.limbo((address) => this.#release(address));
  }

  /** Bytes in blocks that are allocated or wait to be released. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes of all slabs. */
  get sizeBytes(): number {
    return this.#slabs.reduce((sum, slab) => sum + slab.byteLength, 0);
  }

  /** The slab in which the block lies. */
  view(address: number): DataView {
    return this.#views[address >>> SLAB_BITS]!;
  }

  /** The same slab as bytes, for copies. */
  bytes(address: number): Uint8Array {
    return this.#bytes[address >>> SLAB_BITS]!;
  }

  /** Where in its slab the block begins. */
  offset(address: number): number {
    return (address & SLAB_MASK) << 4;
  }

  /** Bytes that belong to the block at `address`: what was asked for, rounded up. */
  capacity(address: number): number {
    const run = address >>> RUN_BITS;
    const index = this.#runs.classes[run]!;
    if (index === SPAN_RUN) return this.#runs.used[run]! * RUN_BYTES;
    return UNITS_OF_CLASS[index]! * UNIT_BYTES;
  }

  /** A block of at least `sizeBytes` (1 to BLOCK_BYTES_MAX), all zeros. */
  allocate(sizeBytes: number): number {
    if (sizeBytes > CLASS_BYTES_MAX) return this.#allocateSpan(sizeBytes);
    const index = classOf(sizeBytes);
    let run = this.#partial[index]!;
    if (run === NO_RUN) run = this.#openRun(index);
    const runs = this.#runs;
    const units = UNITS_OF_CLASS[index]!;
    let address = runs.freeHeads[run]!;
    if (address !== 0) {
      runs.freeHeads[run] = this.view(address).getUint32(this.offset(address), true);
      this.#clear(address, units);
    } else {
      const at = runs.bumps[run]!;
      address = run * RUN_UNITS + at;
      runs.bumps[run] = at + units;
      if (runs.dirty[run] === 1) this.#clear(address, units);
    }
    runs.used[run]!++;
    if (runs.freeHeads[run] === 0 && runs.bumps[run]! + units > RUN_UNITS) this.#unlink(run, index);
    this.#usedBytes += units * UNIT_BYTES;
    return address;
  }

  /** Gives a block back; its bytes stay as they are until no open snapshot can know it. */
  free(address: number): void {
    if (this.#epochs.anyOpen) this.#limbo.add(address);
    else this.#release(address);
  }

  /** For readers in other threads: the slabs so far (later ones are not needed by a snapshot). */
  share(): SharedArrayBuffer[] {
    return [...this.#slabs];
  }

  #release(address: number): void {
    const runs = this.#runs;
    const run = address >>> RUN_BITS;
    const index = runs.classes[run]!;
    this.#usedBytes -= this.capacity(address);
    if (index === SPAN_RUN) {
      this.#freeRuns(run, runs.used[run]!);
      return;
    }
    assert(index < UNITS_OF_CLASS.length, 'a freed address is one of a block');
    const units = UNITS_OF_CLASS[index]!;
    if (runs.freeHeads[run] === 0 && runs.bumps[run]! + units > RUN_UNITS) this.#link(run, index);
    this.view(address).setUint32(this.offset(address), runs.freeHeads[run]!, true);
    runs.freeHeads[run] = address;
    runs.used[run]!--;
    // One empty run stays with its class, so that a lone block does not open and close it again.
    if (runs.used[run] === 0 && (this.#partial[index] !== run || runs.nexts[run] !== NO_RUN)) {
      this.#unlink(run, index);
      this.#freeRuns(run, 1);
    }
  }

  #clear(address: number, units: number): void {
    const view = this.view(address);
    const start = this.offset(address);
    const end = start + units * UNIT_BYTES;
    for (let at = start; at < end; at += 8) view.setFloat64(at, 0);
  }

  #openRun(index: number): number {
    const run = this.#takeRuns(1);
    const runs = this.#runs;
    runs.classes[run] = index;
    runs.used[run] = 0;
    runs.freeHeads[run] = 0;
    runs.bumps[run] = 0;
    this.#link(run, index);
    return run;
  }

  #allocateSpan(sizeBytes: number): number {
    const count = Math.ceil(sizeBytes / RUN_BYTES);
    const run = this.#takeRuns(count);
    const runs = this.#runs;
    runs.classes.fill(SPAN_RUN, run, run + count);
    runs.used[run] = count;
    const address = run * RUN_UNITS;
    const start = this.offset(address);
    const dirty = runs.dirty.indexOf(1, run);
    if (dirty >= 0 && dirty < run + count)
      this.bytes(address).fill(0, start, start + count * RUN_BYTES);
    this.#usedBytes += count * RUN_BYTES;
    return address;
  }

  /** The first of `count` free runs side by side in one slab; makes a slab if there are none. */
  #takeRuns(count: number): number {
    assert(count <= SLAB_RUNS, 'a block is smaller than a slab');
    const classes = this.#runs.classes;
    let run = classes.indexOf(FREE_RUN, this.#freeHint);
    if (count === 1 || run < 0) this.#freeHint = run < 0 ? this.#runs.count : run;
    while (run >= 0) {
      let end = run + 1;
      while (end < run + count && end % SLAB_RUNS !== 0 && classes[end] === FREE_RUN) end++;
      if (end === run + count) return run;
      run = classes.indexOf(FREE_RUN, end);
    }
    return this.#addSlab(count);
  }

  #freeRuns(run: number, count: number): void {
    this.#runs.classes.fill(FREE_RUN, run, run + count);
    this.#runs.dirty.fill(1, run, run + count);
    if (run < this.#freeHint) this.#freeHint = run;
  }

  #addSlab(runsAtLeast: number): number {
    const slab = this.#slabs.length;
    assert(slab < SLAB_COUNT_MAX, 'an arena is smaller than 64 GiB');
    let count = FIRST_SLAB_RUNS[slab] ?? SLAB_RUNS;
    if (count <= runsAtLeast) count = SLAB_RUNS;
    const buffer = new SharedArrayBuffer(count * RUN_BYTES);
    this.#slabs.push(buffer);
    this.#views.push(new DataView(buffer));
    this.#bytes.push(new Uint8Array(buffer));
    const first = slab * SLAB_RUNS;
    this.#runs.grow(first + SLAB_RUNS);
    this.#runs.classes.fill(FREE_RUN, first, first + count);
    if (slab > 0) return first;
    // Run 0 stays unused, so that no block has the address 0.
    this.#runs.classes[0] = ABSENT_RUN;
    return runsAtLeast < count ? 1 : this.#addSlab(runsAtLeast);
  }

  #link(run: number, index: number): void {
    const runs = this.#runs;
    const head = this.#partial[index]!;
    runs.nexts[run] = head;
    runs.previous[run] = NO_RUN;
    if (head !== NO_RUN) runs.previous[head] = run;
    this.#partial[index] = run;
  }

  #unlink(run: number, index: number): void {
    const runs = this.#runs;
    const next = runs.nexts[run]!;
    const before = runs.previous[run]!;
    if (before === NO_RUN) this.#partial[index] = next;
    else runs.nexts[before] = next;
    if (next !== NO_RUN) runs.previous[next] = before;
    runs.nexts[run] = NO_RUN;
    runs.previous[run] = NO_RUN;
  }
}

/** The blocks as a reader in another thread sees them. */
export class ArenaReader {
  readonly #views: DataView[];
  readonly #bytes: Uint8Array[];

  constructor(slabs: readonly SharedArrayBuffer[]) {
    this.#views = slabs.map((slab) => new DataView(slab));
    this.#bytes = slabs.map((slab) => new Uint8Array(slab));
  }

  view(address: number): DataView {
    const view = this.#views[address >>> SLAB_BITS];
    assert(view !== undefined, 'a snapshot names blocks of its own slabs only');
    return view;
  }

  bytes(address: number): Uint8Array {
    const bytes = this.#bytes[address >>> SLAB_BITS];
    assert(bytes !== undefined, 'a snapshot names blocks of its own slabs only');
    return bytes;
  }

  offset(address: number): number {
    return (address & SLAB_MASK) << 4;
  }
}
