// WAL reference → slot, while a log is replayed. References count up, so pages of an array are both
// smaller and faster than a Map; a page is made when the first of its references comes. In a
// damaged log references may be any numbers: where pages would stay nearly empty, a Map is used.

const PAGE_BITS = 14;
const PAGE_CELLS = 1 << PAGE_BITS;

/** So many pages are made whatever the references are; beyond, a page must be worth it. */
const FREE_PAGES = 64;
/** Cells for each reference that was set. */
const CELLS_PER_REF_MAX = 64;

/** What `get` says when the reference is not known. */
export const NO_SLOT = 0xffffffff;

export class RefMap {
  readonly #pages = new Map<number, Uint32Array>();
  readonly #sparse = new Map<number, number>();
  #setCount = 0;
  #lastNumber = -1;
  #lastPage: Uint32Array = new Uint32Array(0);

  set(ref: number, slot: number): void {
    const number = Math.floor(ref / PAGE_CELLS);
    let page = this.#pages.get(number);
    this.#setCount++;
    if (page === undefined) {
      const pages = this.#pages.size;
      if (pages >= FREE_PAGES && pages * PAGE_CELLS > this.#setCount * CELLS_PER_REF_MAX) {
        this.#sparse.set(ref, slot);
        return;
      }
      page = new Uint32Array(PAGE_CELLS).fill(NO_SLOT);
      this.#pages.set(number, page);
    }
    if (this.#sparse.size > 0) this.#sparse.delete(ref);
    page[ref % PAGE_CELLS] = slot;
  }

  get(ref: number): number {
    const number = Math.floor(ref / PAGE_CELLS);
    if (number !== this.#lastNumber) {
      const page = this.#pages.get(number);
      if (page === undefined) return this.#sparse.get(ref) ?? NO_SLOT;
      this.#lastNumber = number;
      this.#lastPage = page;
    }
    const slot = this.#lastPage[ref % PAGE_CELLS]!;
    // Its page may have been made after it.
    return slot === NO_SLOT && this.#sparse.size > 0 ? (this.#sparse.get(ref) ?? NO_SLOT) : slot;
  }
}
