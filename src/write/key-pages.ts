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

  /**
   * Whether these bytes can be a key: no eight of them (from a multiple of eight on) are a zero as
   * a double, of which there are two that are equal. No usual label has seven NUL bytes in a row.
   */
  static canHold(view: DataView, start: number, length: number): boolean {
    for (let i = 0; i + 8 <= length; i += 8) {
      if (view.getFloat64(start + i, true) === 0) return false;
    }
    return true;
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
    let i = 0;
    for (; i + 8 <= length; i += 8) {
      page.setInt32(offset + i, view.getInt32(start + i, true), true);
      page.setInt32(offset + i + 4, view.getInt32(start + i + 4, true), true);
    }
    for (; i < length; i++) page.setUint8(offset + i, view.getUint8(start + i));
    this.#used += (length + 3) & ~3;
    return index * (WORD_MASK + 1) + (offset >>> 2);
  }

  /** The page of the key at `address`. */
  view(address: number): DataView {
    return this.#pages[address >>> (PAGE_BITS - 2)] as DataView;
  }

  /** Where in its page the key at `address` begins. */
  static offset(address: number): number {
    return (address & WORD_MASK) << 2;
  }

  /**
   * Is the key at `address`, which has the same length, these bytes? As doubles, 32 bytes a turn:
   * equal doubles that are not zero are equal bytes, and there is no zero in a key. A NaN is equal
   * to nothing; what differs as doubles is compared once more, as integers.
   */
  equals(address: number, view: DataView, start: number, length: number): boolean {
    const page = this.#pages[address >>> (PAGE_BITS - 2)] as DataView;
    let at = (address & WORD_MASK) << 2;
    const end = start + length;
    for (; start + 32 <= end; start += 32, at += 32) {
      const isSame =
        page.getFloat64(at, true) === view.getFloat64(start, true) &&
        page.getFloat64(at + 8, true) === view.getFloat64(start + 8, true) &&
        page.getFloat64(at + 16, true) === view.getFloat64(start + 16, true) &&
        page.getFloat64(at + 24, true) === view.getFloat64(start + 24, true);
      if (!isSame && !isSameWords(page, at, view, start, 32)) return false;
    }
    for (; start + 8 <= end; start += 8, at += 8) {
      const isSame = page.getFloat64(at, true) === view.getFloat64(start, true);
      if (!isSame && !isSameWords(page, at, view, start, 8)) return false;
    }
    for (; start < end; start++, at++) {
      if (page.getUint8(at) !== view.getUint8(start)) return false;
    }
    return true;
  }
}

function isSameWords(a: DataView, aAt: number, b: DataView, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i += 4) {
    if (a.getInt32(aAt + i, true) !== b.getInt32(bAt + i, true)) return false;
  }
  return true;
}
