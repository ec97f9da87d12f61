// The keys of the series cache, one behind the other in pages that never move.
//
// Keys begin at multiples of four bytes, so that an address (page and word) fits 32 bits and they
// compare four bytes at a time. Nothing is ever freed: the cache drops all pages at once.

const PAGE_BITS = 18;
const PAGE_BYTES = 1 << PAGE_BITS;
const WORD_MASK = (PAGE_BYTES >>> 2) - 1;

export class KeyPages {
  readonly #pages: DataView[] = [];
  #used = PAGE_BYTES;

  /** Bytes of all pages. */
  get sizeBytes(): number {
    return this.#pages.length * PAGE_BYTES;
  }

  /** Copies a key of at most a page's size in; its address. */
  add(view: DataView, start: number, length: number): number {
    if (this.#used + length > PAGE_BYTES) {
      this.#pages.push(new DataView(new ArrayBuffer(PAGE_BYTES)));
      this.#used = 0;
    }
    const index = this.#pages.length - 1;
    const offset = this.#used;
    const page = this.#pages[index] as DataView;
    for (let i = 0; i < length; i++) page.setUint8(offset + i, view.getUint8(start + i));
    this.#used += (length + 3) & ~3;
    return index * (WORD_MASK + 1) + (offset >>> 2);
  }

  /** Is the key at `address`, which has the same length, these bytes? */
  equals(address: number, view: DataView, start: number, length: number): boolean {
    const page = this.#pages[address >>> (PAGE_BITS - 2)] as DataView;
    let at = (address & WORD_MASK) << 2;
    const words = start + (length & ~3);
    for (; start < words; start += 4, at += 4) {
      if (page.getInt32(at, true) !== view.getInt32(start, true)) return false;
    }
    for (let i = 0; i < (length & 3); i++) {
      if (page.getUint8(at + i) !== view.getUint8(start + i)) return false;
    }
    return true;
  }
}
