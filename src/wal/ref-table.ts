// A number per series reference. References are given out one after another, so that pages of them
// are full: four bytes a series, where a Map would take fifty. In a damaged log they may be any
// numbers: where pages would stay nearly empty, a Map is used after all.

const PAGE_REFS = 4096;
/** So many pages are made whatever the references are; beyond, a page must be worth it. */
const FREE_PAGES = 256;
/** Cells for each reference that was set. */
const CELLS_PER_REF_MAX = 64;

/** Whole numbers below 2^32 by reference; 0 where none was set. */
export class RefTable {
  readonly #pages = new Map<number, DataView>();
  readonly #sparse = new Map<number, number>();
  #setCount = 0;

  get(ref: number): number {
    const page = this.#pages.get(Math.floor(ref / PAGE_REFS));
    const value = page === undefined ? 0 : page.getUint32((ref % PAGE_REFS) * 4, true);
    // Its page may have been made after it.
    return value === 0 && this.#sparse.size > 0 ? (this.#sparse.get(ref) ?? 0) : value;
  }

  set(ref: number, value: number): void {
    const index = Math.floor(ref / PAGE_REFS);
    let page = this.#pages.get(index);
    this.#setCount++;
    if (page === undefined) {
      const pages = this.#pages.size;
      if (pages >= FREE_PAGES && pages * PAGE_REFS > this.#setCount * CELLS_PER_REF_MAX) {
        this.#sparse.set(ref, value);
        return;
      }
      page = new DataView(new ArrayBuffer(PAGE_REFS * 4));
      this.#pages.set(index, page);
    }
    if (this.#sparse.size > 0) this.#sparse.delete(ref);
    page.setUint32((ref % PAGE_REFS) * 4, value, true);
  }
}
