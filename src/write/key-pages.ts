// The keys of the series cache, one behind the other in pages that never move.
//
// Keys begin at multiples of four bytes, so that an address (page and word) fits 32 bits and they
// compare several bytes at a time. Nothing is ever freed: the cache drops all pages at once.

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

  /**
   * Is the key at `address`, which has the same length, these bytes? Eight at a time, as doubles:
   * equal doubles that are not zero are equal bytes (two zeros may differ in their sign), a NaN is
   * equal to nothing. So bytes that are no such double are compared once more, as integers.
   */
  equals(address: number, view: DataView, start: number, length: number): boolean {
    const page = this.#pages[address >>> (PAGE_BITS - 2)] as DataView;
    let at = (address & WORD_MASK) << 2;
    const stop = start + length - 8;
    for (; start <= stop; start += 8, at += 8) {
      const word = page.getFloat64(at, true);
      if (word === view.getFloat64(start, true) && word !== 0) continue;
      if (page.getInt32(at, true) !== view.getInt32(start, true)) return false;
      if (page.getInt32(at + 4, true) !== view.getInt32(start + 4, true)) return false;
    }
    for (const end = stop + 8; start < end; start++, at++) {
      if (page.getUint8(at) !== view.getUint8(start)) return false;
    }
    return true;
  }
}
