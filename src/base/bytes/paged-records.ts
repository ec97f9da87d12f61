// Records of one fixed size in pages that never move: series, chunk, symbol and postings records.
//
// A record is known by its number; `view` and `offset` turn that into a DataView and a place in it.
// Growing adds a page, so there is never a copy and never twice the memory. Pages are
// SharedArrayBuffers: a reader in another thread attaches to them. Fields are little-endian.
// Invariant: a record is all zeros when allocated; a freed record's number is used again only after
// the epoch has passed. Untouched pages cost address space, not memory.

import { assert } from '../errors/assert.ts';
import type { Epochs, Limbo } from './epochs.ts';

/** No record; also the end of lists of records. */
export const NO_RECORD = 0xffffffff;

/** The size of records and of pages. */
export interface RecordShape {
  /** Bytes of a record, a multiple of 4. */
  readonly recordBytes: number;
  /** A page holds 2^pageBits records. */
  readonly pageBits: number;
}

/** What a reader in another thread needs to see the records. */
export interface RecordPages extends RecordShape {
  readonly pages: readonly SharedArrayBuffer[];
}

export class PagedRecords {
  readonly recordBytes: number;
  readonly pageBits: number;
  readonly #mask: number;
  readonly #pages: SharedArrayBuffer[] = [];
  readonly #views: DataView[] = [];
  readonly #epochs: Epochs;
  readonly #limbo: Limbo;
  #highWater = 0;
  #freeHead = NO_RECORD;
  #count = 0;

  constructor(shape: RecordShape, epochs: Epochs) {
    this.recordBytes = shape.recordBytes;
    this.pageBits = shape.pageBits;
    this.#mask = (1 << shape.pageBits) - 1;
    this.#epochs = epochs;
    this.#limbo = epochs.limbo((index) => this.#release(index));
  }

  /** Every record ever allocated has a number below this. */
  get highWater(): number {
    return this.#highWater;
  }

  /** Records in use. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all pages. */
  get sizeBytes(): number {
    return this.#pages.length * (this.#mask + 1) * this.recordBytes;
  }

  /** The page that record `index` lives in. */
  view(index: number): DataView {
    return this.#views[index >>> this.pageBits]!;
  }

  /** Where in `view(index)` the record begins. */
  offset(index: number): number {
    return (index & this.#mask) * this.recordBytes;
  }

  /** A record, all zeros. */
  allocate(): number {
    this.#count++;
    const index = this.#freeHead;
    if (index === NO_RECORD) return this.#append();
    const view = this.view(index);
    const offset = this.offset(index);
    this.#freeHead = view.getUint32(offset, true);
    for (let i = 0; i < this.recordBytes; i += 4) view.setUint32(offset + i, 0, true);
    return index;
  }

  /** Gives a record back; its bytes stay as they are until no open snapshot can know it. */
  free(index: number): void {
    this.#count--;
    if (this.#epochs.anyOpen) this.#limbo.add(index);
    else this.#release(index);
  }

  /** Nobody uses these records any more: lets go of what would keep their pages in memory. */
  abandon(): void {
    this.#epochs.leave(this.#limbo);
  }

  /** For readers in other threads: the pages so far (later ones are not needed by a snapshot). */
  share(): RecordPages {
    return { recordBytes: this.recordBytes, pageBits: this.pageBits, pages: [...this.#pages] };
  }

  #append(): number {
    const index = this.#highWater++;
    assert(index < NO_RECORD, 'record numbers fit 32 bits');
    if (index >>> this.pageBits === this.#pages.length) {
      const page = new SharedArrayBuffer((this.#mask + 1) * this.recordBytes);
      this.#pages.push(page);
      this.#views.push(new DataView(page));
    }
    return index;
  }

  #release(index: number): void {
    this.view(index).setUint32(this.offset(index), this.#freeHead, true);
    this.#freeHead = index;
  }
}

/** The records as a reader in another thread sees them. */
export class RecordReader {
  readonly #views: DataView[];
  readonly #bits: number;
  readonly #mask: number;
  readonly #recordBytes: number;

  constructor(shared: RecordPages) {
    this.#views = shared.pages.map((page) => new DataView(page));
    this.#bits = shared.pageBits;
    this.#mask = (1 << shared.pageBits) - 1;
    this.#recordBytes = shared.recordBytes;
  }

  /** All numbers are below this. */
  get limit(): number {
    return this.#views.length << this.#bits;
  }

  view(index: number): DataView {
    const view = this.#views[index >>> this.#bits];
    assert(view !== undefined, 'a snapshot names records of its own pages only');
    return view;
  }

  offset(index: number): number {
    return (index & this.#mask) * this.#recordBytes;
  }
}
