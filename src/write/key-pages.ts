// The keys of the series cache, one behind the other in pages that never move.
//
// Keys of 1.0 are the bytes of labels, 300 or so, of which a series shares all but a label or two
// with its neighbours. So a key is stored as its middle alone where that is much less: beginning
// and end are those of another key of the page, the anchor. Layout, little-endian:
//   whole:  0 prefix u16 = 0 · 2 suffix u16 = 0 · 4 the bytes
//   shared: 0 prefix u16 · 2 suffix u16 · 4 place of the prefix u32 · 8 place of the suffix u32 ·
//           12 the middle
// Keys begin at multiples of four bytes, so that an address (page and word) fits 32 bits and they
// compare several bytes at a time. Nothing is ever freed: the cache drops all pages at once.
// Invariant: the parts of a shared key begin at multiples of eight of it, as `canHold` counts.

const PAGE_BITS = 18;
const PAGE_BYTES = 1 << PAGE_BITS;
const WORD_MASK = (PAGE_BYTES >>> 2) - 1;
const WHOLE_HEADER_BYTES = 4;
const SHARED_HEADER_BYTES = 12;
/** Prefix and suffix of longer keys would not fit their fields. */
const SHARED_KEY_BYTES_MAX = 0xffff;

export class KeyPages {
  readonly #pages: DataView[] = [];
  #used = PAGE_BYTES;
  /** The last key of `add` that was stored whole: its place in the last page. Length 0: none. */
  #anchor = 0;
  #anchorLength = 0;

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

  /** Copies a key (at most a page without header) in; its address. Its bytes are side by side. */
  addWhole(view: DataView, start: number, length: number): number {
    const offset = this.#room(WHOLE_HEADER_BYTES + length);
    const page = this.#last;
    page.setUint32(offset, 0, true);
    copyBytes(page, offset + WHOLE_HEADER_BYTES, view, start, length);
    return this.#address(offset);
  }

  /** Copies in what the key does not share with the anchor; its address. */
  add(view: DataView, start: number, length: number): number {
    const prefix = this.#prefixOf(view, start, length) & ~7;
    const suffixStart = Math.max(prefix, length - this.#suffixOf(view, start, length));
    const middle = Math.min((suffixStart + 7) & ~7, length) - prefix;
    const isMuchLess = 2 * middle <= length && SHARED_HEADER_BYTES + middle < length;
    const fits = this.#used + SHARED_HEADER_BYTES + middle <= PAGE_BYTES;
    if (!isMuchLess || !fits || length > SHARED_KEY_BYTES_MAX) {
      const address = this.addWhole(view, start, length);
      this.#anchor = KeyPages.offset(address);
      this.#anchorLength = length;
      return address;
    }
    const suffix = length - prefix - middle;
    const offset = this.#room(SHARED_HEADER_BYTES + middle);
    const page = this.#last;
    page.setUint16(offset, prefix, true);
    page.setUint16(offset + 2, suffix, true);
    page.setUint32(offset + 4, this.#anchor, true);
    page.setUint32(offset + 8, this.#anchor + this.#anchorLength - suffix, true);
    copyBytes(page, offset + SHARED_HEADER_BYTES, view, start + prefix, middle);
    return this.#address(offset);
  }

  /** The page of the key at `address`. */
  view(address: number): DataView {
    return this.#pages[address >>> (PAGE_BITS - 2)] as DataView;
  }

  /** Where in its page the key at `address`, which was added whole, begins. */
  static offset(address: number): number {
    return ((address & WORD_MASK) << 2) + WHOLE_HEADER_BYTES;
  }

  /** Is the key at `address`, which has the same length, these bytes? */
  equals(address: number, view: DataView, start: number, length: number): boolean {
    const page = this.view(address);
    const at = (address & WORD_MASK) << 2;
    const prefix = page.getUint16(at, true);
    const suffix = page.getUint16(at + 2, true);
    if (prefix + suffix === 0) {
      return isSame(page, at + WHOLE_HEADER_BYTES, view, start, length);
    }
    const middle = length - prefix - suffix;
    const prefixAt = page.getUint32(at + 4, true);
    const suffixAt = page.getUint32(at + 8, true);
    return (
      isSame(page, at + SHARED_HEADER_BYTES, view, start + prefix, middle) &&
      isSame(page, prefixAt, view, start, prefix) &&
      isSame(page, suffixAt, view, start + prefix + middle, suffix)
    );
  }

  get #last(): DataView {
    return this.#pages[this.#pages.length - 1] as DataView;
  }

  #address(offset: number): number {
    return (this.#pages.length - 1) * (WORD_MASK + 1) + (offset >>> 2);
  }

  /** Takes room from the last page, or from a new one, in which there is no anchor yet. */
  #room(sizeBytes: number): number {
    if (this.#used + sizeBytes > PAGE_BYTES) {
      this.#pages.push(new DataView(new ArrayBuffer(PAGE_BYTES)));
      this.#used = 0;
      this.#anchorLength = 0;
    }
    const offset = this.#used;
    this.#used += (sizeBytes + 3) & ~3;
    return offset;
  }

  /** Bytes that the key's beginning has in common with the anchor's. */
  #prefixOf(view: DataView, start: number, length: number): number {
    const most = Math.min(length, this.#anchorLength);
    const page = this.#last;
    let same = 0;
    while (same < most && page.getUint8(this.#anchor + same) === view.getUint8(start + same)) {
      same++;
    }
    return same;
  }

  /** Bytes that the key's end has in common with the anchor's. */
  #suffixOf(view: DataView, start: number, length: number): number {
    const most = Math.min(length, this.#anchorLength);
    const page = this.#last;
    let at = this.#anchor + this.#anchorLength - 1;
    let from = start + length - 1;
    const stop = from - most;
    while (from > stop && page.getUint8(at) === view.getUint8(from)) {
      at--;
      from--;
    }
    return start + length - 1 - from;
  }
}

function copyBytes(to: DataView, at: number, from: DataView, start: number, length: number): void {
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    to.setInt32(at + i, from.getInt32(start + i, true), true);
    to.setInt32(at + i + 4, from.getInt32(start + i + 4, true), true);
  }
  for (; i < length; i++) to.setUint8(at + i, from.getUint8(start + i));
}

/**
 * As doubles, 32 bytes a turn: equal doubles that are not zero are equal bytes, and there is no
 * zero in a key. A NaN is equal to nothing; what differs as doubles is compared once more, as
 * integers.
 */
function isSame(page: DataView, at: number, view: DataView, start: number, length: number) {
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

function isSameWords(a: DataView, aAt: number, b: DataView, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i += 4) {
    if (a.getInt32(aAt + i, true) !== b.getInt32(bAt + i, true)) return false;
  }
  return true;
}
